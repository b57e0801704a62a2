// Energy of a day's hours or a month's days as bars: above the line what was drawn, below it what was fed in.

import {ask} from "./api.js";
import {$, choice, el, say} from "./dom.js";
import {day, month, number, t} from "./words.js";

const AGAIN_MS = 300000;
let span = "day";
let slots = [];
let fetched = 0;
let at = -1;
// The day or a day of the month that is shown, "" for the present; and what the dongle said of it.
let date = "";
let shown = {};

export function startBars() {
  choice($("#energy-span"), span, chosen => {
    span = chosen;
    refreshBars(true);
  });
  for (const [id, step] of [["earlier", -1], ["later", 1]]) {
    $("#" + id).addEventListener("click", () => {
      date = moved(step);
      refreshBars(true);
    });
  }
  const bars = $("#bars");
  bars.addEventListener("keydown", event => {
    const step = {ArrowLeft: -1, ArrowRight: 1, Home: -99, End: 99}[event.key];
    if (!step || !slots.length) return;
    event.preventDefault();
    choose(Math.min(Math.max((at < 0 ? slots.length : at) + step, 0), slots.length - 1));
  });
  bars.addEventListener("pointermove", event => choose([...bars.querySelectorAll("li")].indexOf(event.target.closest("li"))));
  bars.addEventListener("click", event => choose([...bars.querySelectorAll("li")].indexOf(event.target.closest("li"))));
  bars.addEventListener("pointerleave", () => choose(-1));
  bars.addEventListener("blur", () => choose(-1));
}

export async function refreshBars(anew) {
  if (!anew && Date.now() - fetched < AGAIN_MS) return;
  fetched = Date.now();
  shown = await ask("GET", `energy?span=${span}${date && "&date=" + date}`);
  slots = shown.slots;
  if (slots.some(slot => slot.running)) date = "";
  drawBars();
}

// Days as they are called, without a clock that could change.
function moved(step) {
  const there = new Date(shown.date || 0);
  if (span === "day") there.setUTCDate(there.getUTCDate() + step); else there.setUTCMonth(there.getUTCMonth() + step);
  return there.toISOString().slice(0, 10);
}

export const kwh = value => number(value, value < 10 ? 2 : 1) + "\u00a0kWh";
const imported = slot => slot.import_kwh || 0;
const exported = slot => slot.export_kwh || 0;

export function drawBars() {
  const host = $("#bars");
  at = -1;
  $("#energy-span").setAttribute("aria-label", t("energy.span"));
  const now = new Date(shown.date || Date.now());
  const said = !date ? t("energy." + span) : span === "day" ? day(now) : month(now);
  host.setAttribute("aria-label", said);
  say($("#leaf"), said);
  for (const id of ["earlier", "later"]) $("#" + id).setAttribute("aria-label", t("energy." + id));
  $("#earlier").disabled = !slots.length;
  $("#later").disabled = !date;
  host.replaceChildren();
  if (!slots.length) {
    host.append(el("p", {className: "none"}, t("energy.empty_" + span)));
  } else {
    const most = Math.max(...slots.map(imported), 0.1), least = Math.max(...slots.map(exported), 0);
    // In per cent of the height, from the top.
    const zero = 100 * most / (most + least);
    host.style.setProperty("--zero", `calc((100% - 1.5rem) * ${zero / 100})`);
    const list = el("ol");
    for (let n = 0; n < shown.places; n++) list.append(bar(n, slots[n], most + least, zero));
    host.append(list, el("hr"));
  }
  legend();
  label();
}

function bar(n, slot, whole, zero) {
  const made = el("li", {className: !slot ? "coming" : of(slot) + (slot.running ? " running" : ""), "aria-hidden": !slot && "true"});
  made.style.setProperty("--zero", zero + "%");
  const part = (value, out) => {
    const piece = el("i", {className: out ? "out" : ""});
    // Thin as it may be, what is there is seen.
    piece.style.height = `max(2px, ${100 * value / whole}%)`;
    piece.style[out ? "top" : "bottom"] = (out ? zero : 100 - zero) + "%";
    return piece;
  };
  if (slot) {
    if (imported(slot)) made.append(part(imported(slot), false));
    if (exported(slot)) made.append(part(exported(slot), true));
    made.append(el("span", {className: "unseen"}, sentence(slot)));
  }
  const hour = slot ? new Date(slot.time).getHours() : n;
  if (span === "day" ? hour % 6 === 0 : n % 5 === 4 || n === 0) made.append(el("small", {"aria-hidden": "true"}, span === "day" ? String(hour).padStart(2, "0") : n + 1));
  return made;
}

function when(slot) {
  const date = new Date(slot.time);
  if (span === "month") return day(date);
  return hours(date);
}

// "14–15".
export const hours = date => [0, 1].map(n => String((date.getHours() + n) % 24).padStart(2, "0")).join("–");

export function amounts(slot) {
  if (slot.import_kwh === null) return t("energy.missing");
  const mark = [slot.quality !== "measured" && t("energy." + of(slot)), slot.running && t("energy.running")].filter(Boolean).join(", ");
  return kwh(imported(slot)) + (exported(slot) ? `, ${t("energy.out", {energy: kwh(exported(slot))})}` : "") + (mark && ` (${mark})`);
}

// What there is of an hour that was seen in part is shown.
const of = slot => slot.quality === "missing" && slot.import_kwh !== null ? "part" : slot.quality;

const sentence = slot => `${when(slot)}: ${amounts(slot)}`;

function choose(place) {
  at = place < slots.length ? place : -1;
  for (const [n, each] of [...$("#bars").querySelectorAll("li")].entries()) each.classList.toggle("at", n === at);
  label();
}

function label() {
  const line = $("#energy-said");
  if (at >= 0) return line.replaceChildren(when(slots[at]) + "\u2002", el("b", {}, amounts(slots[at])));
  const [drawn, fed] = [imported, exported].map(each => slots.reduce((sum, slot) => sum + each(slot), 0));
  line.replaceChildren(...slots.length ? [el("b", {}, kwh(drawn)), " " + t("energy.in") + (fed ? `, ${t("energy.out", {energy: kwh(fed)})}` : "")] : []);
}

function legend() {
  const marks = [];
  const add = (name, text) => marks.push(el("span", {}, el("i", {className: "mark " + name, "aria-hidden": "true"}), text));
  if (slots.some(exported)) {
    add("", t("energy.in"));
    add("out", t("energy.fed"));
  }
  for (const quality of ["split", "estimated", "part", "missing"]) if (slots.some(slot => of(slot) === quality)) add(quality, t("energy." + quality));
  $("#energy-marks").replaceChildren(...marks);
}
