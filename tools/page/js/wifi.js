// The step of the set-up that finds and tries a Wi-Fi.

import {ask} from "./api.js";
import {el, pause, revealable} from "./dom.js";
import {why} from "./login.js";
import {t, told} from "./words.js";

const ASK_MS = 2000;
// The dongle tries for 15 s.
const TRIES = 15;

// The step's content; joined(address) when the dongle is in.
export function wifiStep(joined) {
  const list = el("ul", {className: "nets", "aria-label": t("wizard.networks")});
  const ssid = el("input", {type: "text", id: "w-ssid", autocomplete: "off", autocapitalize: "off", spellcheck: false, required: true, maxLength: 32});
  const password = el("input", {type: "password", id: "w-psk", autocomplete: "off", "aria-describedby": "w-psk-hint w-wifi-problem"});
  const problem = el("p", {className: "problem", id: "w-wifi-problem", role: "alert"});
  const said = el("p", {className: "hint", role: "status"});
  const again = el("button", {type: "button"}, t("wizard.scan"));
  const go = el("button", {className: "primary"}, t("wizard.join"));
  const form = el("form", {}, said, list, el("div", {className: "field"}, el("label", {htmlFor: "w-ssid"}, t("wizard.ssid")), ssid),
    el("div", {className: "field"}, el("label", {htmlFor: "w-psk"}, t("wizard.psk")), el("p", {className: "hint", id: "w-psk-hint"}, t("wizard.psk_hint")), revealable(password, [t("secret.show"), t("secret.hide")]), problem),
    el("div", {className: "row"}, go, again));

  const complain = text => {
    problem.textContent = text;
    password.setAttribute("aria-invalid", text !== "");
  };
  const scan = async () => {
    again.disabled = true;
    said.textContent = t("wizard.scanning");
    try {
      const {networks} = await ask("GET", "scan");
      said.textContent = networks.length ? "" : t("wizard.no_networks");
      list.replaceChildren(...networks.map(each => el("li", {}, network(each))));
    } catch (error) {
      said.textContent = why(error);
    }
    again.disabled = false;
  };
  const network = each => {
    const bars = el("span", {className: "wave", "aria-hidden": "true"}, ...[-85, -75, -65, -55].map(least => el("i", {className: each.rssi_dbm > least ? "on" : ""})));
    const button = el("button", {type: "button", "aria-pressed": "false"}, bars, each.ssid, el("small", {}, each.secure ? "" : t("wizard.open")));
    button.addEventListener("click", () => {
      for (const other of list.querySelectorAll("button")) other.setAttribute("aria-pressed", other === button);
      ssid.value = each.ssid;
      (each.secure ? password : go).focus();
    });
    return button;
  };
  again.addEventListener("click", scan);
  form.addEventListener("submit", async event => {
    event.preventDefault();
    complain("");
    said.textContent = t("wizard.trying", {ssid: ssid.value});
    go.disabled = again.disabled = true;
    try {
      await joined(await attempt(ssid.value, password.value), ssid.value);
    } catch (error) {
      said.textContent = "";
      complain(error.problems ? Object.entries(error.problems).map(reason).join(" ") : why(error));
      password.focus();
    }
    go.disabled = again.disabled = false;
  });
  scan();
  return form;
}

// What was entered breaks a rule, or the network did not let the dongle in.
function reason([key, sentence]) {
  return !sentence.startsWith(key) ? told(sentence) : key === "wifi_ssid" ? t("rules.text", {high: 32}) : t("rules.psk", {low: 8, high: 63});
}

// The address there. The phone may lose the dongle meanwhile, since both change the channel: then the outcome is asked for.
async function attempt(ssid, password) {
  try {
    return (await ask("POST", "wifi", {ssid, password})).address;
  } catch (error) {
    if (error.status) throw error;
  }
  for (let n = 0; n < TRIES; n++) {
    await pause(ASK_MS);
    try {
      const tried = await ask("GET", "wifi");
      if (tried.state === "joined") return tried.address;
      if (tried.state === "failed") throw {problems: {wifi: tried.sentence}};
    } catch (error) {
      if (error.problems || error.status) throw error;
    }
  }
  throw {status: 0};
}
