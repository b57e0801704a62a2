// The page's languages, and numbers and times as people there write them.

import {TEXTS} from "./languages.js";

const KEPT = "hamn-language";
let tongue = "en";

// English is a table; the others are lines, in the order of its words.
function table(shape, lines) {
  return typeof shape === "string" ? lines.shift() : Array.isArray(shape) ? shape.map(each => table(each, lines)) :
    Object.fromEntries(Object.entries(shape).map(([key, each]) => [key, table(each, lines)]));
}
for (const code in TEXTS) if (code !== "en") TEXTS[code] = table(TEXTS.en, TEXTS[code].split("\n"));

function remembered() {
  try {
    const kept = localStorage.getItem(KEPT);
    return kept in TEXTS ? kept : "";
  } catch {
    return "";
  }
}

// What this browser chose before, else the dongle's setting, else what the browser asks for.
export function begin(setting) {
  const wanted = navigator.languages.map(each => each.slice(0, 2).toLowerCase()).map(each => each === "nb" || each === "nn" ? "no" : each);
  tongue = remembered() || setting || wanted.find(each => each in TEXTS) || "en";
  translate();
}

export function choose(code) {
  tongue = code;
  try {
    localStorage.setItem(KEPT, code);
  } catch { /* private browsing: it holds for this visit */ }
  translate();
}

function translate() {
  document.documentElement.lang = tongue === "no" ? "nb" : tongue;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
}

export const language = () => tongue;

// The words of a key such as "nav.now"; {name} in them stands for values.name.
export function t(key, values = {}) {
  const text = look(key);
  return text === undefined ? key : text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// The same, undefined when there is none: for keys that come from the dongle.
export function look(key) {
  let found = TEXTS[tongue];
  for (const part of key.split(".")) found = found && found[part];
  return found;
}

// What the dongle says of a trouble, in English with names of settings: in the reader's words.
export function told(sentence) {
  const [, text] = Object.entries(TEXTS[tongue].told).find(([part]) => new RegExp(part).test(sentence)) || [];
  return text || sentence.replace(/\b[a-z]+_\w+\b/g, key => look("fields." + key)?.[0] ?? key);
}

const locale = () => ({en: "en-GB", sv: "sv-SE", no: "nb-NO"})[tongue];

export const number = (value, decimals = 0) =>
  value.toLocaleString(locale(), {minimumFractionDigits: decimals, maximumFractionDigits: decimals}).replace("-", "−");

// As many decimals as the meter gave.
export const asGiven = value => number(value, (String(value).split(".")[1] || "").length);

// [number, unit] of a power in W without its sign.
export function power(watts) {
  const size = Math.abs(watts);
  return Math.round(size) < 1000 ? [number(size), "W"] : [number(size / 1000, 2), "kW"];
}

export const powerText = watts => power(watts).join("\u00a0");

export const clock = seconds => new Date(seconds * 1000).toLocaleTimeString(locale(), {hour: "2-digit", minute: "2-digit", hourCycle: "h23"});

export const day = date => date.toLocaleDateString(locale(), {weekday: "short", day: "numeric", month: "short"});

export const money = (value, currency) => currency ? value.toLocaleString(locale(), {style: "currency", currency}) : number(value, 2);

export const month = date => date.toLocaleDateString(locale(), {month: "long", year: "numeric"});

// "12 s", "5 min", "3 h", "2 d".
export function duration(seconds) {
  const [size, unit] = seconds < 90 ? [1, "s"] : seconds < 5400 ? [60, "min"] : seconds < 172800 ? [3600, "h"] : [86400, t("days")];
  return number(Math.round(seconds / size)) + "\u00a0" + unit;
}
