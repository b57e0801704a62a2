// What there is to do with the dongle itself.

import {ask} from "./api.js";
import {$, confirmed, download, el} from "./dom.js";
import {journal} from "./journal.js";
import {backup, restoration} from "./keeping.js";
import {why} from "./login.js";
import {restart} from "./restart.js";
import {tokens} from "./tokens.js";
import {duration, look, number, t} from "./words.js";

export async function showDongle(session) {
  const view = $("#dongle");
  const facts = el("dl", {className: "facts"});
  view.replaceChildren(el("h1", {}, t("dongle.title")), facts, log(), telegram(session.name), backup(session.name), restoration(), journal(session.name), tokens(), ends());
  const rows = {name: session.name, version: session.version};
  try {
    const status = await ask("GET", "status");
    Object.assign(rows, {
      address: status.link.address, board: look("options.board." + status.board) || status.board, chip: status.chip, memory: t("dongle.free", {free: number(Math.round(status.memory.free_b / 1000))}),
      uptime: duration(status.uptime_s),
    });
  } catch { /* the rest of the page is of use without */ }
  facts.replaceChildren(...Object.entries(rows).filter(([, value]) => value).map(([key, value]) => el("div", {}, el("dt", {}, t("dongle." + key)), el("dd", {}, value))));
}

function log() {
  const lines = el("pre", {tabIndex: 0, role: "region", "aria-label": t("log.title"), hidden: true});
  const button = el("button", {type: "button"}, t("log.show"));
  button.addEventListener("click", async () => {
    lines.hidden = false;
    try {
      lines.textContent = (await ask("GET", "log")).lines.join("\n") || t("log.empty");
      lines.scrollTop = lines.scrollHeight;
      button.textContent = t("log.again");
    } catch (error) {
      lines.textContent = why(error);
    }
  });
  return el("section", {className: "group"}, el("h2", {className: "head"}, t("log.title")), el("p", {className: "hint"}, t("log.hint")), el("div", {className: "row"}, button), lines);
}

function telegram(name) {
  const text = el("pre", {tabIndex: 0, role: "region", "aria-label": t("telegram.title"), hidden: true});
  const said = el("p", {className: "hint", role: "status"});
  const take = el("button", {type: "button"}, t("telegram.take"));
  const copy = el("button", {type: "button", hidden: true}, t("telegram.copy"));
  const save = el("button", {type: "button", hidden: true}, t("telegram.save"));
  take.addEventListener("click", async () => {
    said.textContent = t("telegram.waiting");
    take.disabled = true;
    try {
      text.textContent = await ask("GET", "telegram");
      text.hidden = copy.hidden = save.hidden = false;
      said.textContent = "";
    } catch (error) {
      said.textContent = error.status === 504 ? t("telegram.none") : why(error);
    }
    take.disabled = false;
  });
  copy.addEventListener("click", async () => {
    said.textContent = await copied(text) ? t("telegram.copied") : t("telegram.selected");
  });
  save.addEventListener("click", () => download(name + "-telegram.txt", text.textContent, "text/plain"));
  return el("section", {className: "group"}, el("h2", {className: "head"}, t("telegram.title")), el("p", {className: "hint"}, t("telegram.hint")),
    el("div", {className: "row"}, take, copy, save), said, text);
}

// Without TLS a browser has no clipboard for scripts; what is selected can still be copied.
async function copied(node) {
  getSelection().selectAllChildren(node);
  try {
    await navigator.clipboard.writeText(node.textContent);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

function ends() {
  const problem = el("p", {className: "problem", role: "alert"});
  const button = (text, className, act) => {
    const made = el("button", {type: "button", className}, text);
    made.addEventListener("click", async () => {
      problem.textContent = "";
      try {
        await act();
      } catch (error) {
        problem.textContent = why(error);
      }
    });
    return made;
  };
  return el("section", {className: "group"}, el("h2", {className: "head"}, t("dongle.ends")), el("div", {className: "row"},
    button(t("logout"), "", logOut), button(t("restart.button"), "", () => restart(false)), button(t("forget.button"), "danger", forget)), problem);
}

async function logOut() {
  await ask("POST", "logout");
  dispatchEvent(new Event("logged-out"));
}

async function forget() {
  if (!await confirmed(t("forget.title"), t("forget.text"), t("forget.yes"), true)) return;
  await ask("POST", "factory-reset", {confirm: true});
  $("#dongle").replaceChildren(el("h1", {}, t("forget.done")), el("p", {className: "lead"}, t("forget.next")));
  dispatchEvent(new Event("forgotten"));
}
