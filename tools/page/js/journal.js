// The hours as a file, and back out of one: a dongle can be replaced.

import {ask} from "./api.js";
import {download, el} from "./dom.js";
import {why} from "./login.js";
import {number, t} from "./words.js";

const DAY_MS = 86400000;
// What one question asks for, and how far back: 13 months of hours, 40 days of quarter hours.
const DAYS = 10;
const PAST = [["hour", 400], ["quarter", 50]];
const LINES = 16;

export function journal(name) {
  const said = el("p", {role: "status"});
  const file = el("input", {type: "file", id: "journal-file", accept: ".csv,text/csv", required: true});
  const save = el("button", {type: "button"}, t("journal.save"));
  const form = el("form", {className: "group"}, el("h2", {className: "head"}, t("journal.title")), el("p", {className: "hint"}, t("journal.hint")), el("div", {className: "row"}, save),
    el("div", {className: "field"}, el("label", {htmlFor: file.id}, t("journal.file")), file), el("button", {}, t("journal.go")), said);
  const tell = (text, className = "") => {
    said.textContent = text;
    said.className = className;
  };
  const busy = async work => {
    const buttons = form.querySelectorAll("button");
    buttons.forEach(each => each.disabled = true);
    try {
      await work(share => tell(number(100 * share) + "\u00a0%"));
    } catch (error) {
      tell(error instanceof Wrong ? error.message : why(error), "problem");
    }
    buttons.forEach(each => each.disabled = false);
  };
  save.addEventListener("click", () => busy(async progress => {
    download(name + "-energy.csv", await collect(progress), "text/csv");
    tell("");
  }));
  form.addEventListener("submit", event => {
    event.preventDefault();
    busy(async progress => tell(t("journal.done", await bring(await file.files[0].text(), progress)), "done"));
  });
  return form;
}

class Wrong extends Error {}

async function collect(progress) {
  // A day more, since it is tomorrow somewhere.
  const end = Date.now() + DAY_MS, date = days => new Date(end - days * DAY_MS).toISOString().slice(0, 10);
  const lines = [];
  for (const [span, days] of PAST) {
    for (let past = days; past > 0; past -= DAYS) {
      const [head, ...more] = (await ask("GET", `journal?span=${span}&since=${date(past)}&until=${date(past - DAYS)}`)).split("\r\n");
      if (!lines.length) lines.push(head);
      lines.push(...more.filter(Boolean));
      progress(1 - past / days);
    }
  }
  return lines.join("\r\n") + "\r\n";
}

async function bring(text, progress) {
  const lines = text.split(/\r?\n/), sum = {taken: 0, kept: 0};
  for (let at = 0; at < lines.length; at += LINES) {
    try {
      const {taken, kept} = await ask("POST", "journal/lines", {lines: lines.slice(at, at + LINES).join("\n")});
      sum.taken += taken;
      sum.kept += kept;
    } catch (error) {
      const [line] = Object.keys(error.problems || {});
      throw line ? new Wrong(t("journal.wrong", {line: at + +line, text: error.problems[line]})) : error;
    }
    progress(at / lines.length);
  }
  await ask("POST", "journal/end", {});
  return {taken: number(sum.taken), kept: number(sum.kept)};
}
