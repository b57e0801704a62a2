// How the dongle is, in plain sentences.

import {ask} from "./api.js";
import {$, el} from "./dom.js";
import {duration, number, t, told} from "./words.js";

const ENOUGH_B = 14000;
const AGAIN_MS = 60000;
let latest = null;
let fetched = 0;

export async function refreshStates(anew) {
  if (!anew && Date.now() - fetched < AGAIN_MS) return;
  fetched = Date.now();
  showStates(await ask("GET", "status"));
}

export function showStates(status = latest) {
  latest = status;
  if (!status) return;
  fetched = Date.now();
  $("#states").replaceChildren(...sentences(status).map(([state, text]) => el("li", {className: state}, el("i", {className: "dot", "aria-hidden": "true"}), el("span", {}, text))));
}

function sentences({port, link, broker, memory, ...rest}) {
  const kilobytes = number(Math.round(memory.free_b / 1000));
  return [
    [{good: "", waiting: "off", silent: "bad", noise: "bad", damaged: "odd"}[port.state],
      t("port." + port.state, {telegrams: number(port.telegrams), errors: number(port.checksum_errors), line: port.line.replace("inverted", t("port.inverted"))})],
    link.kind === "ethernet" ? [link.connected ? "" : "bad", t(link.connected ? "link.ethernet" : "link.no_ethernet", {address: link.address})] :
      [link.connected ? strength(link.rssi_dbm) === "weak" ? "odd" : "" : "off", link.connected ?
        t("link." + strength(link.rssi_dbm), {address: link.address, rssi: number(link.rssi_dbm ?? 0)}) : t("link.no_wifi")],
    brokerState(broker),
    [memory.free_b < ENOUGH_B ? "odd" : "", t(memory.free_b < ENOUGH_B ? "memory.low" : "memory.enough", {free: kilobytes})],
    ["", t("runs", {time: duration(rest.uptime_s)})],
  ];
}

function brokerState({connected, sentence, sent, dropped}) {
  if (connected) return ["", t("broker.connected", {sent: number(sent)}) + (dropped ? " " + t("broker.lost", {dropped: number(dropped)}) : "")];
  return sentence.startsWith("no broker") ? ["off", t("broker.unset")] : ["odd", t("broker.away", {sentence: told(sentence)})];
}

const strength = rssi => rssi === null || rssi === undefined ? "joined" : rssi > -62 ? "strong" : rssi > -75 ? "fair" : "weak";
