// The settings as a file to keep, and back out of one.

import {ask} from "./api.js";
import {download, el} from "./dom.js";
import {why} from "./login.js";
import {restart} from "./restart.js";
import {look, t} from "./words.js";

// What the dongle's memory holds beside its work. Of an amsreader's file the long lines are plots and peaks.
const LARGEST = 5000;
const LONGEST = 160;

export function backup(name) {
  const password = el("input", {type: "password", id: "backup-password", autocomplete: "new-password", "aria-describedby": "backup-hint backup-problem"});
  const problem = el("p", {className: "problem", id: "backup-problem", role: "alert"});
  const form = el("form", {className: "group"}, el("h2", {className: "head"}, t("backup.title")),
    el("div", {className: "field"}, el("label", {htmlFor: "backup-password"}, t("backup.password")),
      el("p", {className: "hint", id: "backup-hint"}, t("backup.hint")), password, problem),
    el("button", {}, t("backup.go")));
  form.addEventListener("submit", async event => {
    event.preventDefault();
    problem.textContent = "";
    try {
      const made = password.value ? await ask("POST", "backup", {password: password.value}) : await ask("GET", "backup");
      download(name + ".json", JSON.stringify(made, null, 1), "application/json");
      password.value = "";
    } catch (error) {
      problem.textContent = error.problems ? t("rules.password", {low: 8, high: 64}) : why(error);
    }
  });
  return form;
}

export function restoration() {
  const file = el("input", {type: "file", id: "restore-file", accept: ".json,.cfg,.txt,application/json,text/plain", required: true, "aria-describedby": "restore-hint"});
  const password = el("input", {type: "password", id: "restore-password", autocomplete: "off"});
  const outcome = el("p", {role: "status"});
  const form = el("form", {className: "group"}, el("h2", {className: "head"}, t("restore.title")),
    el("div", {className: "field"}, el("label", {htmlFor: "restore-file"}, t("restore.file")), el("p", {className: "hint", id: "restore-hint"}, t("restore.hint")), file),
    el("div", {className: "field"}, el("label", {htmlFor: "restore-password"}, t("restore.password")), password),
    el("button", {}, t("restore.go")), outcome);
  form.addEventListener("submit", async event => {
    event.preventDefault();
    outcome.className = "problem";
    outcome.textContent = "";
    try {
      const answer = await put(await file.files[0].text(), password.value);
      outcome.className = "done";
      outcome.textContent = t("restore.done", {count: answer.taken.length}) + (answer.ignored.length ? " " + t("restore.ignored", {keys: named(answer.ignored)}) : "");
      const button = el("button", {type: "button"}, t("restart.now"));
      button.addEventListener("click", () => restart());
      outcome.after(button);
      form.querySelector("button").hidden = true;
      button.focus();
    } catch (error) {
      outcome.textContent = !error.problems ? why(error) : error.problems.password ? t("restore.wrong_password") : error.problems.file ? t("restore.wrong_file") :
        t("restore.wrong", {keys: named(Object.keys(error.problems))});
    }
  });
  return form;
}

const named = keys => keys.map(key => look("fields." + key)?.[0] || key).sort().join(", ");

// An amsreader's configuration is plain text; a backup of ours is an object.
async function put(text, password) {
  let file = text.split("\n").filter(line => line.length < LONGEST).join("\n");
  try {
    const made = JSON.parse(text);
    if (made && typeof made === "object") file = made;
  } catch { /* then it is text */ }
  if (JSON.stringify(file).length > LARGEST) throw {problems: {file: "large"}};
  return ask("POST", "restore", {file, password});
}
