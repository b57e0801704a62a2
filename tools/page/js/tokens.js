// Keys for machines that read along: shown once, read-only, taken back at will.

import {ask} from "./api.js";
import {confirmed, el} from "./dom.js";
import {why} from "./login.js";
import {t} from "./words.js";

export function tokens() {
  const list = el("ul", {className: "nets"});
  const name = el("input", {type: "text", id: "token-name", autocomplete: "off", spellcheck: false, maxLength: 32, required: true, "aria-describedby": "token-problem"});
  const problem = el("p", {className: "problem", id: "token-problem", role: "alert"});
  const made = el("p", {role: "status"});
  const form = el("form", {}, el("div", {className: "field"}, el("label", {htmlFor: "token-name"}, t("tokens.name")), name, problem), el("button", {}, t("tokens.make")), made);
  form.addEventListener("submit", async event => {
    event.preventDefault();
    problem.textContent = "";
    try {
      const {token} = await ask("POST", "tokens", {name: name.value});
      made.replaceChildren(t("tokens.made") + " ", el("code", {}, token));
      name.value = "";
      await fill(list);
    } catch (error) {
      problem.textContent = error.problems ? t("tokens.wrong") : why(error);
    }
  });
  const section = el("details", {className: "group"}, el("summary", {}, t("tokens.title")), el("p", {className: "hint"}, t("tokens.hint")), list, form);
  section.addEventListener("toggle", () => section.open && fill(list));
  return section;
}

async function fill(list) {
  const names = (await ask("GET", "tokens")).tokens;
  list.replaceChildren(...names.map(name => {
    const button = el("button", {type: "button"}, name + " ", el("small", {}, t("tokens.remove_short")));
    button.addEventListener("click", async () => {
      if (!await confirmed(t("tokens.remove", {name}), t("tokens.remove_text"), t("tokens.remove_short"), true)) return;
      await ask("DELETE", "tokens/" + name);
      await fill(list);
    });
    return el("li", {}, button);
  }));
}
