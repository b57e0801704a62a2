// Everything that can be set, in groups; made from what the dongle says there is.

import {ask} from "./api.js";
import {$, el, pause} from "./dom.js";
import {makeField} from "./fields.js";
import {why} from "./login.js";
import {own} from "./own.js";
import {restart} from "./restart.js";
import {t} from "./words.js";

const GROUPS = [
  ["page", /^(page_password|open_readings|language|homewizard|api_)/],
  ["network", /^(hostname|wifi_|ntp_)/],
  ["meter", /^(board|meter_|fuse_)/],
  ["energy", /^(zone|tariff|limit_|guard_|price_)/],
  ["broker", /^mqtt_(?!topic|layout)/],
  ["messages", /^(mqtt_|power_|phases_|ams_|ha_)/],
  ["other", /./],
];
// Fields that mean something only with a certain choice in another.
const ONLY = {
  mqtt_pin: ["mqtt_tls", "pin"], mqtt_psk_id: ["mqtt_tls", "psk"], mqtt_psk_key: ["mqtt_tls", "psk"], mqtt_clear_login: ["mqtt_tls", "off"],
};
let fields = [];

export async function showSettings() {
  const view = $("#settings");
  view.replaceChildren(el("h1", {}, t("settings.title")), el("p", {className: "lead", role: "status"}, t("loading")));
  let made;
  try {
    made = await ask("GET", "settings");
  } catch (error) {
    view.lastChild.textContent = why(error);
    return;
  }
  const open = new Set();
  draw(made, open);
}

function draw({fields: described, values}, open) {
  fields = described.map(each => makeField(each, values[each.key], "s-" + each.key));
  const left = new Set(fields);
  const groups = GROUPS.map(([name, keys]) => {
    const mine = [...left].filter(each => keys.test(each.key));
    mine.forEach(each => left.delete(each));
    return mine.length ? el("details", {className: "group", open: open.has(name) || name === "page"}, el("summary", {}, t("groups." + name)), ...mine.map(each => each.node)) : null;
  });
  const outcome = el("p", {role: "status"});
  const save = el("button", {className: "primary"}, t("settings.save"));
  const form = el("form", {noValidate: true, autocomplete: "off"}, ...groups.filter(Boolean), el("div", {className: "bar"}, el("div", {className: "row"}, save, outcome)));
  form.addEventListener("input", () => {
    relevant();
    outcome.replaceChildren();
    save.disabled = !fields.some(each => each.changed());
  });
  form.addEventListener("submit", async event => {
    event.preventDefault();
    save.disabled = true;
    await store(outcome);
    save.disabled = !fields.some(each => each.changed());
  });
  save.disabled = true;
  relevant();
  $("#settings").replaceChildren(el("h1", {}, t("settings.title")), el("p", {className: "lead"}, t("settings.lead")), form, own("tariff"), own("contract"));
}

function relevant() {
  const value = key => fields.find(each => each.key === key)?.value();
  for (const each of fields) {
    const only = ONLY[each.key];
    if (only) each.node.hidden = value(only[0]) !== only[1];
    // The one board with a cable.
    else if (each.key.startsWith("wifi_")) each.node.hidden = value("board") === "wt32-eth01";
  }
}

async function store(outcome) {
  const changed = fields.filter(each => each.changed());
  fields.forEach(each => each.complain(""));
  outcome.className = "";
  outcome.textContent = t("settings.saving");
  try {
    const answer = await ask("PUT", "settings", Object.fromEntries(changed.map(each => [each.key, each.value()])));
    await showSettings();
    const line = $("#settings [role=status]");
    line.className = "done";
    line.append(t(answer.restart ? "settings.saved_restart" : "settings.saved"));
    if (answer.restart) {
      const button = el("button", {type: "button"}, t("restart.now"));
      button.addEventListener("click", () => restart());
      line.after(button);
      button.focus();
    }
  } catch (error) {
    outcome.className = "problem";
    outcome.textContent = error.problems ? t("settings.wrong") : why(error);
    if (error.problems) complain(error.problems);
  }
}

async function complain(problems) {
  const wrong = fields.filter(each => problems[each.key]);
  for (const each of wrong) {
    each.complain(problems[each.key]);
    each.node.hidden = false;
    const group = each.node.closest("details");
    if (group) group.open = true;
  }
  await pause(0);
  $("#settings [aria-invalid=true]")?.focus();
}
