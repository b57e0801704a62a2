"""How the dongle is: its state, its last lines, figures for Prometheus, the next telegram as it comes. Entered for one request."""

import asyncio
import gc
import json
import time

import esp32
import machine
from micropython import const

from firmware import VERSION, let_go, line, sentence
from firmware.web_request import HttpError

# Meters speak every 10 s or faster.
_TELEGRAM_MS = const(12000)
_STATES = ("waiting", "silent", "noise", "damaged", "good")


async def answer(door, request, word, asked):
    if word == "status":
        return 200, "", status(door), ""
    if word == "log":
        text = bytes(door.log.ring[door.log.end:] + door.log.ring[:door.log.end]).strip(b"\0")
        # The oldest line may have lost its beginning, and that a part of a character.
        lines = text.split(b"\n")[1 if door.log.ring[door.log.end] else 0:-1]
        return 200, "", json.dumps({"lines": [each.decode() for each in lines]}), ""
    if word == "metrics":
        return 200, "text/plain; version=0.0.4", _metrics(door), ""
    return 200, "text/plain; charset=utf-8", await _telegram(door), ""


def status(door):
    """The state as JSON."""
    stats = door.reader.stats
    uplink = door.uplink
    link = door.link
    state = door.port.state
    wired = door.board.ethernet is not None
    gc.collect()
    return json.dumps({
        "port": {"state": _STATES[max(state, 0)], "line": line.describe(door.port.line) if door.port.line else "",
                 "telegrams": stats.frames + stats.telegrams, "checksum_errors": stats.checksum_errors,
                 "sentence": "good telegrams" if state == line.GOOD else
                 sentence("METER", state) if state > line.WAITING else "waiting for the meter's first bytes"},
        "link": {"kind": "ethernet" if wired else "wifi", "connected": link.connected, "address": link.address,
                 "rssi_dbm": _strength(link), "losses": link.losses},
        "broker": {"connected": uplink.connected, "sentence": _broker(door), "sent": uplink.sent, "dropped": uplink.dropped},
        "memory": {"free_b": gc.mem_free(), "largest_b": _largest()},
        "uptime_s": door.log.uptime(), "version": VERSION, "board": door.board.name,
        "chip": machine.unique_id().hex()})


def _broker(door):
    if door.uplink.connected:
        return "connected to the broker"
    if not door.settings["mqtt_host"]:
        return sentence("CONNECTION", "unset")
    return door.uplink.trouble or "connecting"


def _strength(link):
    try:
        return link.nic.status("rssi") if link.profile.ethernet is None else None
    except (OSError, ValueError, AttributeError):
        return None


def _largest():
    """The largest free block of the C heap, in bytes."""
    return max(region[2] for region in esp32.idf_heap_info(esp32.HEAP_DATA))


def _metrics(door):
    """Pieces of Prometheus' text format: numbers by their customary names, with the unit in the name."""
    live = door.live
    if live.latest is not None:
        for key, text in live.latest.customary():
            if text[-1:].isdigit() and not key.startswith("meter_") and key != "list_version":
                kind = "counter" if "energy" in key else "gauge"
                yield "# TYPE hamn_%s %s\nhamn_%s %s\n" % (key, kind, key, text)
        yield "# TYPE hamn_reading_age_s gauge\nhamn_reading_age_s %d\n" % (door.log.uptime() - live.heard)
    for key, value in door.reader.stats.items():
        yield "# TYPE hamn_parser_%s_total counter\nhamn_parser_%s_total %d\n" % (key, key, value)
    gc.collect()
    for key, value in (("readings_total", live.count), ("messages_sent_total", door.uplink.sent),
                       ("messages_dropped_total", door.uplink.dropped), ("network_losses_total", door.link.losses),
                       ("task_restarts_total", door.supervisor.restarts), ("broker_connected", int(door.uplink.connected)),
                       ("memory_free_bytes", gc.mem_free()), ("uptime_s", door.log.uptime())):
        yield "# TYPE hamn_%s %s\nhamn_%s %d\n" % (key, "counter" if key.endswith("total") else "gauge", key, value)


async def _telegram(door):
    """The next good telegram as text: P1 as it is, what is binary in hex; nobody can tell from it whose meter it is."""
    reader = door.reader
    if reader.tap is not None:
        raise HttpError(503, "somebody else is waiting for it", "Retry-After: 12\r\n")
    taken = []
    reader.tap = taken
    try:
        end = time.ticks_add(time.ticks_ms(), _TELEGRAM_MS)
        while not taken:
            if time.ticks_diff(end, time.ticks_ms()) <= 0:
                raise HttpError(504, "no good telegram came within %d s" % (_TELEGRAM_MS // 1000))
            await asyncio.sleep_ms(100)
    finally:
        reader.tap = None
    from firmware import masking

    try:
        return masking.text(taken[0], door.live.latest)
    finally:
        del masking
        let_go("masking")
