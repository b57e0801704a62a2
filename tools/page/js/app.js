// What is shown when: log-in, set-up, or the house, the settings and the dongle.

import {Refused, ask} from "./api.js";
import {drawBars, refreshBars, startBars} from "./bars.js";
import {addToCurve, refreshCurve, relabelCurve, startCurve} from "./curve.js";
import {$} from "./dom.js";
import {showDongle} from "./dongle.js";
import {drawUsage, growUsage, refreshUsage} from "./energy.js";
import {draw, netPower, showLine, showPower} from "./figure.js";
import {showHouse} from "./house.js";
import {unwatch, watch} from "./live.js";
import {clearPassword, showLogin, startLogin} from "./login.js";
import {drawPeaks, refreshPeaks} from "./peaks.js";
import {back} from "./restart.js";
import {showSettings} from "./settings.js";
import {refreshStates, showStates} from "./states.js";
import {begin, choose, language} from "./words.js";
import {drawWizard, startWizard} from "./wizard.js";

const VIEWS = ["login", "wizard", "now", "settings", "dongle", "away"];
const TIDY_MS = 20000;
let session = null;
let shown = "";
let latest = null;
let settled = false;

function show(name) {
  shown = name;
  for (const each of VIEWS) $("#" + each).hidden = each !== name;
  const inside = ["now", "settings", "dongle"].includes(name) || name === "login" && session?.open_readings;
  $("#nav").hidden = !inside;
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.hash === (location.hash || "#now")) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  // Elsewhere nobody keeps the power in it up to date.
  if (name !== "now") document.title = "Hamn";
  scrollTo(0, 0);
}

async function start() {
  try {
    session = await ask("GET", "session");
  } catch {
    show("away");
    session = await back();
  }
  begin(session.set_up ? session.language : "");
  $("#tongue").value = language();
  if (session.authorised && (!session.set_up || session.portal && !settled)) {
    show("wizard");
    unwatch();
    return startWizard(session, () => {
      settled = true;
      start();
    });
  }
  return route();
}

function route() {
  const wanted = location.hash.slice(1) || "now";
  const view = ["now", "settings", "dongle"].includes(wanted) ? wanted : "now";
  if (!session.authorised && !(session.open_readings && view === "now")) {
    unwatch();
    show("login");
    showLogin(session);
    return $("#password").focus();
  }
  show(view);
  if (view !== "now") {
    unwatch();
    return view === "settings" ? showSettings() : showDongle(session);
  }
  draw();
  watch(hear);
  return refresh(true);
}

function hear(kind, object) {
  if (kind === "line") return showLine(object);
  if (kind === "status") return showStates(object);
  latest = object;
  showPower(object);
  addToCurve(object);
  showHouse(object);
  growUsage(netPower(object.now));
}

async function refresh(anew) {
  try {
    await refreshCurve(anew);
    await refreshBars(await refreshUsage(anew) || anew);
    await refreshStates(anew);
    await refreshPeaks(anew);
  } catch { /* nobody answers, or not now: the figure's age says so, and it is asked again */ }
}

setInterval(() => shown === "now" && !document.hidden && refresh(false), TIDY_MS);
document.addEventListener("visibilitychange", () => document.hidden || shown !== "now" || refresh(true));
addEventListener("hashchange", () => session && !["wizard", "away"].includes(shown) && route());
addEventListener("logged-out", () => {
  if (shown === "login") return;
  clearPassword();
  start();
});
addEventListener("gone", () => {
  unwatch();
  show("away");
});
addEventListener("forgotten", () => {
  unwatch();
  $("#nav").hidden = true;
});
addEventListener("back", start);
// What is asked for by itself and is not to be had now is asked for again; the figure's age says that nobody answers.
addEventListener("unhandledrejection", event => event.reason instanceof Refused && event.preventDefault());
$("#tongue").addEventListener("change", event => {
  choose(event.target.value);
  if (!session || shown === "away") return;
  if (shown === "wizard") return drawWizard();
  if (shown === "login") return showLogin(session);
  if (shown !== "now") return route();
  draw();
  if (latest) showHouse(latest);
  relabelCurve();
  drawBars();
  drawUsage();
  drawPeaks();
  showStates();
});
// The page's own anchor would be taken for a view.
$(".skip").addEventListener("click", event => {
  event.preventDefault();
  $("#content").focus();
});

startCurve();
startBars();
begin("");
startLogin(start);
start();
