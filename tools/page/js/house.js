// What the meter says of the house beside its power: phases, surplus, registers.

import {meanSurplus} from "./curve.js";
import {$, el, say} from "./dom.js";
import {netPower} from "./figure.js";
import {asGiven, duration, number, power, powerText, t} from "./words.js";

const TOTALS = ["energy_import_kwh", "energy_export_kwh", "energy_import_t1_kwh", "energy_import_t2_kwh", "energy_import_t3_kwh", "energy_import_t4_kwh",
  "energy_export_t1_kwh", "energy_export_t2_kwh", "reactive_energy_import_kvarh", "reactive_energy_export_kvarh"];
const NEAR = 0.8;
// Without a known fuse the staffs still need a height: the usual fuse of a house.
const USUAL_A = 25;
const SURPLUS_S = 300;
const drawn = {};

export function showHouse(reading) {
  showPhases(reading.now, reading.fuse_a);
  showSurplus(netPower(reading.now));
  showTotals(reading.now, reading.registers_age_s);
}

function showPhases(now, fuse) {
  const list = $("#phases");
  for (const n of [1, 2, 3]) {
    const [volts, amperes] = [now[`voltage_l${n}_v`], now[`current_l${n}_a`]];
    if (volts === undefined && amperes === undefined) continue;
    if (!drawn[n]) {
      const parts = drawn[n] = {fill: el("i"), current: el("b"), share: el("span"), volts: el("span"), watts: el("span")};
      parts.staff = el("div", {className: "staff", "aria-hidden": "true"}, parts.fill);
      list.append(el("li", {}, parts.staff, el("h3", {}, "L" + n), parts.current, parts.share, parts.volts, parts.watts));
    }
    fillPhase(drawn[n], volts, amperes, fuse, watts(now, n));
  }
  say($("#phases-hint"), !list.children.length ? t("phases.none") : fuse ? t("phases.fuse", {fuse: number(fuse)}) : t("phases.no_fuse"));
}

function watts(now, n) {
  const [taken, fed] = [now[`power_import_l${n}_w`], now[`power_export_l${n}_w`]];
  return taken === undefined && fed === undefined ? undefined : (taken || 0) - (fed || 0);
}

function fillPhase(parts, volts, amperes, fuse, load) {
  const out = amperes < 0 || load < 0;
  const share = amperes === undefined ? 0 : Math.abs(amperes) / (fuse || USUAL_A);
  parts.fill.style.transform = `scaleY(${Math.min(share, 1)})`;
  parts.staff.className = "staff" + (fuse && share > 1 ? " over" : fuse && share > NEAR ? " near" : out ? " out" : "");
  say(parts.current, amperes === undefined ? "–" : number(Math.abs(amperes), 1) + "\u00a0A");
  say(parts.share, fuse && amperes !== undefined ? t("phases.share", {share: number(share * 100)}) : "");
  say(parts.volts, volts === undefined ? "" : number(volts, 1) + "\u00a0V");
  say(parts.watts, load === undefined ? out ? t("phases.out") : "" : (load < 0 ? "−" : "") + powerText(load));
}

function showSurplus(net) {
  if (net === undefined) return;
  const mean = meanSurplus(SURPLUS_S);
  say($("#surplus"), net < 0 ? power(net).join("\u00a0") : t("surplus.none"));
  say($("#surplus-mean"), t("surplus.mean", {power: powerText(mean)}));
}

function showTotals(now, age) {
  const found = TOTALS.filter(key => now[key] !== undefined);
  $("#totals").replaceChildren(...found.map((key, at) =>
    el("div", {className: at < 2 ? "main" : ""}, el("dt", {}, t("totals." + key)), el("dd", {}, asGiven(now[key]) + "\u00a0" + (key.endsWith("kvarh") ? "kvarh" : "kWh")))));
  const meter = [now.vendor, now.meter_type].filter(Boolean).join(" ");
  say($("#totals-age"), !found.length ? t("totals.none") : [meter, age > 90 ? t("totals.age", {age: duration(age)}) : ""].filter(Boolean).join(" · "));
}
