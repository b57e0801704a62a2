// The hours as a file, and back out of one: a dongle can be replaced.

import {ask} from "./api.js";
import {download, el, pause} from "./dom.js";
import {why} from "./login.js";
import {number, t} from "./words.js";

const DAY_MS = 86400000;
// Days, and lines, of one question; days back, a little more than are kept.
const DAYS = 10;
const LINES = 16;
const PAST = {hour: 400, quarter: 50};

export function journal(name) {
  const said = el("p", {role: "status"});
  const file = el("input", {type: "file", id: "journal-file", accept: ".csv,text/csv"});
  const press = (key, act) => {
    const button = el("button", {type: "button"}, t("journal." + key));
    button.addEventListener("click", async () => {
      button.disabled = true;
      said.className = "done";
      try {
        said.textContent = await act(share => said.textContent = number(100 * share) + "\u00a0%");
      } catch (error) {
        said.className = "problem";
        said.textContent = error.line ? t("journal.wrong", error) : why(error);
      }
      button.disabled = false;
    });
    return el("div", {className: "row"}, button);
  };
  return el("section", {className: "group"}, el("h2", {className: "head"}, t("journal.title")), el("p", {className: "hint"}, t("journal.hint")),
    press("save", async progress => {
      download(name + "-energy.csv", await collect(progress), "text/csv");
      return "";
    }),
    el("div", {className: "field"}, el("label", {htmlFor: file.id}, t("journal.file")), file),
    press("go", async progress => file.files[0] ? t("journal.done", await bring(await file.files[0].text(), progress)) : ""), said);
}

// The same question twice does no harm, and of hundreds one may meet a dongle that is short of memory.
async function patient(...question) {
  for (let n = 1; ; n++) {
    try {
      return await ask(...question);
    } catch (error) {
      if (error.status && error.status !== 503 || n > 5) throw error;
      await pause(2000);
    }
  }
}

async function collect(progress) {
  const lines = new Set();
  for (const span in PAST) {
    // A day more, since it is tomorrow somewhere.
    const date = past => new Date(Date.now() + DAY_MS * (1 - past)).toISOString().slice(0, 10);
    for (let past = PAST[span]; past > 0; past -= DAYS) {
      for (const line of (await patient("GET", `journal?span=${span}&since=${date(past)}&until=${date(past - DAYS)}`)).split("\r\n")) lines.add(line);
      progress(1 - past / PAST[span]);
    }
  }
  return [...lines].filter(Boolean).join("\r\n") + "\r\n";
}

async function bring(text, progress) {
  const lines = text.split(/\r?\n/), sum = {taken: 0, kept: 0};
  for (let at = 0; at < lines.length; at += LINES) {
    try {
      const {taken, kept} = await patient("POST", "journal/lines", {lines: lines.slice(at, at + LINES).join("\n")});
      sum.taken += taken;
      sum.kept += kept;
    } catch (error) {
      for (const line in error.problems) Object.assign(error, {line: at + +line, text: error.problems[line]});
      throw error;
    }
    progress(at / lines.length);
  }
  await patient("POST", "journal/end", {});
  return {taken: number(sum.taken), kept: number(sum.kept)};
}
