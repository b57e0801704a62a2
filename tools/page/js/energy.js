// This hour as it grows, the hour before, the sums of days and months.

import {ask} from "./api.js";
import {amounts, hours, kwh} from "./bars.js";
import {$, el, say} from "./dom.js";
import {number, t} from "./words.js";

const AGAIN_MS = 60000;
// Below the limit by less than this share.
const NEAR = 0.9;
let usage = null;
let fetched = 0;
let heard = 0;
let grown = 0;

// Returns whether an hour has ended since the last time.
export async function refreshUsage(anew) {
  if (!anew && Date.now() - fetched < AGAIN_MS && left() > 0) return false;
  const old = usage;
  usage = await ask("GET", "usage");
  fetched = heard = Date.now();
  grown = 0;
  drawUsage();
  return Boolean(old) && old.last_hour !== usage.last_hour;
}

// Seconds that the running interval still has.
function left() {
  if (!usage || !usage.time) return 0;
  const length = usage.interval_s;
  return length - Date.parse(usage.time) / 1000 % length - (Date.now() - fetched) / 1000;
}

// Between two answers it grows by what is drawn.
export function growUsage(watts) {
  const now = Date.now();
  grown += Math.max(watts || 0, 0) * (now - heard) / 3.6e9;
  heard = now;
  drawUsage();
}

export function drawUsage() {
  const there = Boolean(usage && usage.time);
  $("#usage").hidden = !there;
  if (!there) return;
  const now = usage.interval_import_kwh + grown;
  const end = Math.max(usage.interval_expected_kwh, now);
  const limit = usage.limit_w === null ? 0 : usage.limit_w * usage.interval_s / 3.6e6;
  say($("#usage-title"), t(usage.interval_s < 3600 ? "usage.quarter" : "usage.hour"));
  say($("#usage-now"), number(now, 3) + "\u00a0kWh");
  const whole = Math.max(limit * 1.15, end * 1.05, 0.1);
  const [fill, rest, mark] = $(".lock").children;
  fill.style.width = 100 * now / whole + "%";
  rest.style.width = 100 * (end - now) / whole + "%";
  mark.hidden = !limit;
  mark.style.left = 100 * limit / whole + "%";
  $("#usage").className = !limit ? "" : end > limit ? "over" : end > NEAR * limit ? "near" : "";
  say($("#usage-end"), [usage.hour_export_kwh && t("energy.out", {energy: kwh(usage.hour_export_kwh)}) + ".", t("usage.end", {energy: kwh(end), minutes: Math.max(1, Math.round(left() / 60))}),
    limit && t(end > limit ? "usage.over" : "usage.under", {energy: kwh(Math.abs(limit - end)), limit: kwh(limit)})].filter(Boolean).join(" "));
  const {last_hour: last, last_hour_quality: quality} = usage;
  say($("#usage-last"), last ? `${hours(new Date(last))}: ` + amounts({import_kwh: usage.last_hour_import_kwh, export_kwh: usage.last_hour_export_kwh, quality}) +
    (quality === "measured" ? ` (${t("energy.measured")})` : "") : "");
  sums($("#sums"), key => usage[key + "_import_kwh"], kwh, key => usage[key + "_export_kwh"], fed => t("energy.out", {energy: kwh(fed)}));
}

// Of the days and months that there are: what was taken, and below it what was given, if anything.
export function sums(host, taken, say, given, add) {
  host.replaceChildren(...["today", "yesterday", "month", "last_month"].filter(key => taken(key) !== undefined).map(key =>
    el("div", {}, el("dt", {}, t("usage." + key)), el("dd", {}, el("b", {}, say(taken(key))), given(key) ? el("small", {}, add(given(key))) : null))));
  return host;
}
