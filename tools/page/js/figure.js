// The power now: the big figure, which way it flows, how old it is.

import {$, say} from "./dom.js";
import {duration, power, powerText, t} from "./words.js";

// Readings come every 2 to 10 s.
const STALE_S = 35;
const SPOKEN_MS = 20000;

let net = null;
let since = 0;
let answers = true;
let spoken = 0;

// Import above 0, export below; undefined when the meter has not said.
export function netPower(now) {
  if (now.power_import_w === undefined && now.power_export_w === undefined) return undefined;
  return (now.power_import_w || 0) - (now.power_export_w || 0);
}

export function showPower(reading) {
  const found = netPower(reading.now);
  since = Date.now() - (reading.age_s || 0) * 1000;
  if (found === undefined) return draw();
  net = found;
  draw();
  speak();
}

export function showLine(there) {
  answers = there;
  age();
}

export function draw() {
  const way = net === null ? "none" : net > 0 ? "import" : net < 0 ? "export" : "none";
  document.body.dataset.way = way;
  say($("#way"), net === null ? t("now.waiting") : t("now." + way));
  const [size, unit] = net === null ? ["–", ""] : power(net);
  say($("#figure"), size);
  say($("#unit"), unit);
  document.title = net === null ? "Hamn" : `${net < 0 ? "−" : ""}${size} ${unit} · Hamn`;
  age();
}

function age() {
  const old = (Date.now() - since) / 1000;
  const stale = !answers || net !== null && old > STALE_S;
  $("#now").classList.toggle("stale", stale);
  const how = {age: duration(Math.max(0, Math.round(old)))};
  say($("#fresh span"), !answers ? (net === null ? t("now.lost") : t("now.lost_since", how)) : net === null ? t("now.none_yet") :
    stale ? t("now.stale", how) : old < 2 ? t("now.fresh") : t("now.ago", how));
}

// For those who listen: not every reading, but every now and then.
function speak() {
  if (Date.now() - spoken < SPOKEN_MS) return;
  spoken = Date.now();
  say($("#said"), `${t(net < 0 ? "now.export" : net > 0 ? "now.import" : "now.none")}: ${powerText(net)}`);
}

setInterval(() => $("#now").hidden || age(), 1000);
