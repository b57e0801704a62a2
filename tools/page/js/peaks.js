// What the month's highest intervals cost, and what may be said against them; what the energy costs, and when it costs least.

import {ask} from "./api.js";
import {hours, kwh} from "./bars.js";
import {$, el} from "./dom.js";
import {sums} from "./energy.js";
import {why} from "./login.js";
import {clock, day, money, month, powerText, t} from "./words.js";

const AGAIN_MS = 60000;
let fetched = 0;
let peaks = {};
let cost = {};

export async function refreshPeaks(anew) {
  if (!anew && Date.now() - fetched < AGAIN_MS) return;
  fetched = Date.now();
  peaks = await ask("GET", "peaks");
  cost = await ask("GET", "cost");
  drawPeaks();
}

export function drawPeaks(problem = "") {
  const {tariff, currency, limit_w: limit, last_month_power_w: last} = peaks;
  $("#peaks").hidden = !tariff;
  if (tariff) {
    const button = (action, peak) => {
      const made = el("button", {type: "button"}, t("peaks." + action));
      made.addEventListener("click", () => correct(action, peak));
      return made;
    };
    const lines = [["fee", peaks.power_w && peaks.fee], ["next", peaks.next_fee, peaks.next_step_w], ["room", limit !== undefined && 0, limit]].filter(each => typeof each[1] === "number");
    $("#peaks").replaceChildren(
      el("h2", {id: "peaks-title"}, t("peaks.title", {month: month(new Date(peaks.month))})),
      el("p", {className: "middle"}, powerText(peaks.power_w)),
      el("p", {}, lines.map(([key, fee, power]) => t("peaks." + key, {fee: money(fee, currency), power: powerText(power || 0)})).join(" ")),
      el("ul", {}, ...peaks.peaks.map(peak => {
        const begin = new Date(peak.start);
        const counts = peak.state === "counted" || peak.state === "confirmed";
        return el("li", {className: peak.state}, el("b", {}, powerText(peak.power_w)), el("span", {}, `${day(begin)}, ${peaks.span_s < 3600 ? clock(begin / 1000) : hours(begin)}`,
          el("small", {}, [peak.counted_w !== peak.power_w && t("peaks.weighed", {power: powerText(peak.counted_w)}), peak.quality !== "measured" && t("energy." + peak.quality),
            peak.state !== "counted" && t("peaks." + peak.state)].filter(Boolean).join(", "))), button(counts ? "drop" : "confirm", peak));
      })),
      el("p", {className: "problem", role: "alert"}, problem),
      el("p", {className: "hint"}, tariff, last === undefined ? "" : ". " + t("peaks.last", {power: powerText(last), fee: money(peaks.last_month_fee, currency)})),
      ...peaks.corrections ? [button("undo", {})] : []);
  }
  drawCost();
}

async function correct(action, {start}) {
  try {
    peaks = await ask("POST", "peaks/" + action, {start});
    drawPeaks();
  } catch (error) {
    drawPeaks(why(error));
  }
  // What was pressed may be gone.
  $("#peaks").querySelector("button")?.focus();
}

function drawCost() {
  const {currency, price} = cost;
  $("#cost").hidden = !currency;
  if (!currency) return;
  if (!currency) return;
  const paid = amount => money(amount, currency);
  const ahead = [1, 3, 6].filter(n => cost[`cheapest_${n}h`]);
  $("#cost").replaceChildren(
    el("h2", {id: "cost-title"}, t("cost.title")),
    el("p", {className: "middle"}, price === undefined ? "–" : paid(price) + "/kWh"),
    sums(el("dl", {className: "sums"}), key => cost[key + "_cost"], paid, key => cost[key + "_income"], income => t("cost.earned", {money: paid(income)})),
    ...ahead.length ? [el("h3", {}, t("cost.cheapest")), el("ul", {}, ...ahead.map(n => {
      const begin = new Date(cost[`cheapest_${n}h`]);
      return el("li", {}, el("b", {}, n + "\u00a0h"), `${day(begin)}, ${clock(begin / 1000)}–${clock(begin / 1000 + 3600 * n)}`);
    }))] : [],
    el("p", {className: "hint"}, cost.unpriced_kwh ? t("cost.unpriced", {energy: kwh(cost.unpriced_kwh)}) : ""));
}
