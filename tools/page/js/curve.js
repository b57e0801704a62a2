// The curve of the last hour or day: above the waterline what was drawn, below it what was fed in.

import {ask} from "./api.js";
import {$, choice, el} from "./dom.js";
import {netPower} from "./figure.js";
import {clock, number, powerText, t} from "./words.js";

const LENGTH = {hour: 3600, day: 86400};
const DAY_AGAIN_MS = 300000;
// So long without a reading, and the dongle may know what was missed here.
const GAP_S = 60;
// Nearer to the edge a time would be cut off.
const EDGE = 18;
const data = {hour: [[], []], day: [[], []]};
const fetched = {hour: 0, day: 0};
let span = "hour";
let plot = null;
let buoy = null;
let pointed = null;

export function startCurve() {
  choice($("#span"), span, chosen => {
    span = chosen;
    pointed = null;
    refreshCurve();
  });
  new ResizeObserver(() => plot && plot.setSize(size())).observe($("#curve"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
  $("#curve").addEventListener("keydown", walk);
  $("#curve").addEventListener("blur", () => point(null));
}

// Ask for what is shown, unless it is fresh.
export async function refreshCurve(anew) {
  const which = span;
  if (!anew && fetched[which] && (which === "hour" || Date.now() - fetched[which] < DAY_AGAIN_MS)) return build();
  const history = await ask("GET", "history?span=" + which);
  const n = history.import_w.length;
  const start = history.start ? Date.parse(history.start) / 1000 : Date.now() / 1000 - n * history.step_s;
  const live = which === "hour" ? data.hour : [[], []];
  data[which] = [[], []];
  for (let i = 0; i < n; i++) {
    const out = history.export_w[i] || 0;
    data[which][0].push(start + (i + 0.5) * history.step_s);
    data[which][1].push(history.import_w[i] === null ? null : history.import_w[i] - out);
  }
  // What came since the last step was over.
  for (const [i, at] of live[0].entries()) {
    if (at > start + n * history.step_s) {
      data[which][0].push(at);
      data[which][1].push(live[1][i]);
    }
  }
  fetched[which] = Date.now();
  // Something else may have been chosen meanwhile.
  if (which === span) build();
}

export function addToCurve(reading) {
  const net = netPower(reading.now);
  if (net === undefined) return;
  const at = reading.time ? Date.parse(reading.time) / 1000 : Date.now() / 1000;
  const [times, values] = data.hour;
  if (fetched.hour && at - times.at(-1) > GAP_S) {
    fetched.hour = 0;
    if (span === "hour") refreshCurve();
  }
  if (at > (times.at(-1) ?? 0)) {
    times.push(at);
    values.push(net);
    while (times[0] < at - LENGTH.hour) {
      times.shift();
      values.shift();
    }
  }
  if (fetched.day && Date.now() - fetched.day > DAY_AGAIN_MS && span === "day") refreshCurve();
  if (plot && span === "hour") {
    plot.setData(data.hour);
    label();
  }
}

const size = () => ({width: $("#curve").clientWidth, height: $("#curve").clientHeight});
const colour = name => getComputedStyle(document.body).getPropertyValue("--" + name).trim();

// One colour above the waterline, another below it, and fading towards it where it fills.
function shade(u, alphas) {
  const box = u.bbox;
  const zero = Math.min(Math.max((u.valToPos(0, "y", true) - box.top) / box.height, 0), 1);
  const made = u.ctx.createLinearGradient(0, box.top, 0, box.top + box.height);
  const tint = (name, alpha) => `color-mix(in srgb, ${colour(name)} ${alpha}%, transparent)`;
  made.addColorStop(0, tint("import", alphas[0]));
  made.addColorStop(zero, tint("import", alphas[1]));
  made.addColorStop(zero, tint("export", alphas[1]));
  made.addColorStop(1, tint("export", alphas[0]));
  return made;
}

function build() {
  const host = $("#curve");
  if (!host.clientWidth) return;
  if (plot) plot.destroy();
  const quiet = {stroke: colour("slate"), font: "12px system-ui, sans-serif", ticks: {show: false}};
  plot = new uPlot({
    ...size(),
    padding: [12, 0, 0, 0],
    legend: {show: false},
    cursor: {y: false, drag: {x: false, y: false}, points: {size: 9, fill: () => colour("ink"), stroke: () => colour("fog"), width: 2}},
    scales: {
      x: {range: (u, low, high) => [(high ?? Date.now() / 1000) - LENGTH[span], (high ?? Date.now() / 1000) + LENGTH[span] / 50]},
      y: {range: (u, low, high) => [Math.min(0, low ?? 0) * 1.15, Math.max(low < -300 ? 100 : 500, high ?? 0) * 1.12]},
    },
    axes: [
      {...quiet, size: 30, gap: 8, space: 52, grid: {show: false}, values: (u, marks) => marks.map(each => u.valToPos(each, "x") < EDGE ? "" : clock(each))},
      {...quiet, side: 1, size: 52, gap: 6, space: 46, grid: {stroke: colour("line"), width: 1}, values: (u, marks) => marks.map(mark)},
    ],
    series: [{}, {width: 2, stroke: u => shade(u, [100, 100]), fill: u => shade(u, [38, 6]), fillTo: 0, points: {show: false}, spanGaps: false}],
    hooks: {drawAxes: [waterline], draw: [float], setCursor: [u => point(u.cursor.idx)]},
  }, data[span], host);
  buoy = el("i", {className: "buoy"});
  plot.over.append(buoy);
  float(plot);
  label();
}

const mark = watts => watts === 0 ? "0" : Math.abs(watts) < 1000 ? number(watts) + " W" : number(watts / 1000, watts % 1000 ? 1 : 0) + " kW";

function waterline(u) {
  const y = Math.round(u.valToPos(0, "y", true)) + 0.5;
  u.ctx.strokeStyle = colour("slate");
  u.ctx.lineWidth = devicePixelRatio;
  u.ctx.beginPath();
  u.ctx.moveTo(u.bbox.left, y);
  u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
  u.ctx.stroke();
}

// The newest value, on the water.
function float(u) {
  const [times, values] = data[span];
  const value = values.at(-1);
  if (!buoy) return;
  buoy.hidden = value === null || value === undefined;
  if (buoy.hidden) return;
  buoy.style.left = u.valToPos(times.at(-1), "x") + "px";
  buoy.style.top = u.valToPos(value, "y") + "px";
}

function point(at) {
  const value = at === null || at === undefined ? null : data[span][1][at];
  pointed = value === null || value === undefined ? null : [data[span][0][at], value];
  label();
}

function walk(event) {
  const step = {ArrowLeft: -1, ArrowRight: 1, Home: -1e6, End: 1e6}[event.key];
  if (!step || !plot) return;
  event.preventDefault();
  const [times, values] = data[span];
  const wanted = Math.min(Math.max((plot.cursor.idx ?? times.length) + step * (event.shiftKey ? 10 : 1), 0), times.length - 1);
  // Over what is missing; back, where all the rest is.
  const seek = by => {
    let at = wanted;
    while (values[at] === null) at += by;
    return values[at] === undefined ? -1 : at;
  };
  const ahead = seek(Math.sign(step));
  const at = ahead < 0 ? seek(-Math.sign(step)) : ahead;
  if (at >= 0) plot.setCursor({left: plot.valToPos(times[at], "x"), top: 0});
}

function label() {
  const values = data[span][1].filter(each => each !== null);
  const line = $("#curve-said");
  const name = t("curve." + span);
  $("#span").setAttribute("aria-label", t("curve.span"));
  if (!values.length) {
    line.replaceChildren(t("curve.empty"));
    $("#curve").setAttribute("aria-label", `${name}: ${t("curve.empty")}`);
    return;
  }
  const most = Math.max(...values), least = Math.min(...values), mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const text = signed(least) === signed(most) ? signed(most) : t("curve.range", {least: signed(least), most: signed(most), mean: signed(mean)});
  $("#curve").setAttribute("aria-label", `${name}: ${text}`);
  line.replaceChildren(...pointed ? [clock(pointed[0]) + "\u2002", el("b", {}, signed(pointed[1]))] : [text]);
}

const signed = watts => (Math.round(watts) < 0 ? "−" : "") + powerText(watts);

// Mean of what was fed in over the last `seconds`, in W.
export function meanSurplus(seconds) {
  const [times, values] = data.hour;
  const from = (times.at(-1) ?? 0) - seconds;
  const recent = values.filter((each, at) => each !== null && times[at] > from);
  return recent.length ? recent.reduce((sum, each) => sum + Math.max(0, -each), 0) / recent.length : 0;
}

export const relabelCurve = () => plot && build();
