// Data of the user's own as text: a tariff, a contract.

import {ask} from "./api.js";
import {el} from "./dom.js";
import {why} from "./login.js";
import {t} from "./words.js";

export function own(word) {
  const id = "own-" + word;
  const text = el("textarea", {id, rows: 12, spellcheck: false, autocapitalize: "off", "aria-describedby": id + "-problem"});
  const problem = el("p", {className: "problem", id: id + "-problem", role: "alert"});
  const done = el("p", {className: "done", role: "status"});
  const button = el("button", {type: "button"}, t("settings.save"));
  const from = el("div", {className: "field"});
  const box = el("details", {className: "group"}, el("summary", {}, t("own." + word)), el("p", {className: "hint"}, t(`own.${word}_hint`)), from,
    el("div", {className: "field"}, el("label", {htmlFor: id}, "JSON"), text, problem), el("div", {className: "row"}, button, done));
  // Pairs, of which a tariff has many, in a line each.
  const show = data => text.value = JSON.stringify(data || {}, null, 1).replace(/\[\s+(-?\d+),\s+(-?\d+)\s+\]/g, "[$1, $2]");
  box.addEventListener("toggle", async () => {
    if (!box.open || text.value) return;
    try {
      const {[word]: mine, presets} = await ask("GET", word);
      show(mine);
      if (!presets) return;
      const choice = el("select", {id: id + "-from"}, el("option"), ...Object.keys(presets).map(key => el("option", {value: key}, presets[key].name)));
      choice.addEventListener("change", () => show(presets[choice.value] || mine));
      from.replaceChildren(el("label", {htmlFor: choice.id}, t("own.from")), choice);
    } catch (error) {
      problem.textContent = why(error);
    }
  });
  text.addEventListener("input", () => complain(""));
  button.addEventListener("click", async () => {
    complain("");
    try {
      const answer = await ask("PUT", word, {[word]: JSON.parse(text.value)});
      done.textContent = t(answer.restart ? "settings.saved_restart" : "settings.saved");
    } catch (error) {
      complain(error.problems ? error.problems[word] : error.status === undefined ? error.message : why(error));
      text.focus();
    }
  });
  function complain(sentence) {
    problem.textContent = sentence;
    done.textContent = "";
    text.setAttribute("aria-invalid", Boolean(sentence));
  }
  return box;
}
