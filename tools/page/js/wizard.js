// Set-up, one question at a time: Wi-Fi, broker, meter, page; then the dongle starts with what was said.

import {ask} from "./api.js";
import {$, el} from "./dom.js";
import {makeField} from "./fields.js";
import {why} from "./login.js";
import {back} from "./restart.js";
import {wifiStep} from "./wifi.js";
import {language, t} from "./words.js";

const STEPS = {
  broker: ["mqtt_host", "mqtt_port", "mqtt_user", "mqtt_password", "mqtt_clear_login"],
  meter: ["board", "fuse_a", "meter_key", "meter_auth_key"],
  page: ["page_password", "open_readings"],
};
let described = {};
let values = {};
let steps = [];
let at = 0;
let entered = {};
let address = "";
let session = {};
let finished = () => {};

export async function startWizard(begun, done) {
  session = begun;
  finished = done;
  const view = $("#wizard");
  view.replaceChildren(el("p", {className: "lead", role: "status"}, t("loading")));
  try {
    const made = await ask("GET", "settings");
    described = Object.fromEntries(made.fields.map(each => [each.key, each]));
    values = made.values;
    const {link} = await ask("GET", "status");
    // Who is set up already and comes through the dongle's own Wi-Fi wants another one for it.
    steps = session.set_up ? ["wifi"] : [...link.kind === "ethernet" ? [] : ["wifi"], ...Object.keys(STEPS)];
    address = link.address;
  } catch (error) {
    view.replaceChildren(el("p", {className: "lead", role: "alert"}, why(error)));
    return;
  }
  at = 0;
  entered = {};
  drawWizard();
}

// Also after a change of language.
export function drawWizard(problems = {}) {
  const name = steps[at];
  if (!name) return;
  const head = el("h1", {tabIndex: -1}, t(`wizard.${name}`));
  const progress = el("div", {className: "steps", role: "img", "aria-label": t("wizard.step", {at: at + 1, of: steps.length})}, ...steps.map((_, n) => el("i", {className: n <= at ? "on" : ""})));
  progress.hidden = steps.length < 2;
  const body = name === "wifi" ? wifiStep(found => {
    address = found;
    return session.set_up ? leave() : next();
  }) : questions(name, problems);
  $("#wizard").replaceChildren(progress, head, el("p", {className: "lead"}, t(session.set_up ? "wizard.again_lead" : `wizard.${name}_lead`)), body);
  if (name === "wifi" && (values.wifi_ssid || address)) {
    const skip = el("button", {type: "button"}, t("wizard.keep_wifi"));
    skip.addEventListener("click", session.set_up ? finished : next);
    body.querySelector(".row").append(skip);
  }
  if (!Object.keys(problems).length) head.focus();
}

function next() {
  at++;
  drawWizard();
}

function questions(name, problems) {
  const fields = STEPS[name].filter(key => described[key]).map(key => {
    const made = makeField(described[key], values[key], "w-" + key);
    if (key in entered) made.input.type === "checkbox" ? made.input.checked = ["on", "yes"].includes(entered[key]) : made.input.value = entered[key];
    made.complain(problems[key]);
    return made;
  });
  const last = at === steps.length - 1;
  const outcome = el("p", {className: "problem", role: "alert"});
  const before = el("button", {type: "button"}, t("wizard.back"));
  before.hidden = at === 0;
  before.addEventListener("click", () => {
    keep();
    at--;
    drawWizard();
  });
  const keep = () => fields.forEach(each => entered[each.key] = each.value());
  const go = el("button", {className: "primary"}, t(last ? "wizard.finish" : "wizard.next"));
  const form = el("form", {noValidate: true, autocomplete: "off"}, ...fields.map(each => each.node), el("div", {className: "row"}, go, before), outcome);
  if (name === "broker") relevant(fields);
  form.addEventListener("input", () => name === "broker" && relevant(fields));
  form.addEventListener("submit", async event => {
    event.preventDefault();
    keep();
    if (!last) return next();
    if (!entered.page_password) return complainAbout(fields[0], t("wizard.password_needed"));
    go.disabled = true;
    try {
      await finish();
    } catch (error) {
      go.disabled = false;
      const step = Math.min(...Object.keys(error.problems || {}).map(key => steps.findIndex(each => STEPS[each]?.includes(key))).filter(n => n >= 0));
      if (!Number.isFinite(step)) return outcome.textContent = error.problems ? Object.values(error.problems).join("; ") : why(error);
      at = step;
      drawWizard(error.problems);
      $("#wizard [aria-invalid=true]")?.focus();
    }
  });
  queueMicrotask(() => Object.keys(problems).length && form.querySelector("[aria-invalid=true]")?.focus());
  return form;
}

function complainAbout(field, sentence) {
  field.complain(sentence);
  field.input.focus();
}

// A user name crosses the network in the clear only if one says so; without one there is nothing to ask.
function relevant(fields) {
  const field = key => fields.find(each => each.key === key);
  const host = field("mqtt_host").value() !== "";
  for (const each of fields.slice(1)) each.node.hidden = !host || each.key === "mqtt_clear_login" && field("mqtt_user").value() === "";
}

async function finish() {
  const changed = Object.fromEntries(Object.entries(entered).filter(([key, value]) => described[key].secret ? value !== "" : value !== values[key]));
  await ask("PUT", "settings", {...changed, language: language()});
  await leave();
}

// The dongle starts with what was said; here it may not be seen again.
async function leave() {
  await ask("POST", "restart", {confirm: true});
  const links = [...new Set([address, session.name + ".local"])].filter(Boolean).map(host => `${location.protocol}//${host}/`).map(link => el("li", {}, el("a", {href: link}, link)));
  $("#wizard").replaceChildren(el("h1", {tabIndex: -1}, t("wizard.done")), el("p", {className: "lead", role: "status"}, t("wizard.done_lead")), el("ul", {className: "nets"}, ...links));
  $("#wizard h1").focus();
  steps = [];
  // Where the dongle answers here too, nobody has to type again what was just chosen.
  await back();
  try {
    if (entered.page_password) await ask("POST", "login", {password: entered.page_password});
  } catch { /* then the form asks */ }
  entered = {};
  finished();
}
