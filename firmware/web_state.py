"""How the dongle is: its state, its last lines, figures for Prometheus, the next telegram as it comes. Entered for one request."""

import asyncio
import gc
import json
import time

import esp32
import machine
from micropython import const

from firmware import VERSION, HttpError, let_go, sentence

# Meters speak every 10 s or faster.
_TELEGRAM_MS = const(12000)
# In the order of firmware/line.py.
_STATES = const("waiting silent noise damaged good")


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
    from firmware import line

    stats = door.reader.stats
    uplink = door.uplink
    link = door.link
    state = max(door.port.state, 0)
    port = line.describe(door.port.line) if door.port.line else ""
    if state == line.GOOD:
        told = "good telegrams"
    else:
        told = sentence("METER", state) if state else "waiting for the meter's first bytes"
    del line
    let_go("line")
    gc.collect()
    # In one text: names would stay in memory for good.
    return ('{"port":{"state":"%s","line":"%s","telegrams":%d,"checksum_errors":%d,"sentence":%s},'
            '"link":{"kind":"%s","connected":%s,"address":"%s","rssi_dbm":%s,"losses":%d},'
            '"broker":{"connected":%s,"sentence":%s,"sent":%d,"dropped":%d,"waiting":%d},'
            '"memory":{"free_b":%d,"largest_b":%d},"uptime_s":%d,"version":"%s","board":"%s","chip":"%s"}') % (
        _STATES.split()[state], port, stats.frames + stats.telegrams, stats.checksum_errors, json.dumps(told),
        "ethernet" if door.board.ethernet else "wifi", json.dumps(link.connected), link.address, json.dumps(link.strength()), link.losses,
        json.dumps(uplink.connected), json.dumps(_broker(door)), uplink.sent, uplink.dropped, uplink.waiting,
        gc.mem_free(), max(region[2] for region in esp32.idf_heap_info(esp32.HEAP_DATA)),
        door.log.uptime(), VERSION, door.board.name, machine.unique_id().hex())


def _broker(door):
    if door.uplink.connected:
        return "connected to the broker"
    if not door.settings["mqtt_host"]:
        return sentence("CONNECTION", "unset")
    return door.uplink.trouble or "connecting"


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
    values = (live.count, door.uplink.sent, door.uplink.dropped, door.link.losses, door.supervisor.restarts, door.uplink.connected,
              gc.mem_free(), door.log.uptime())
    words = "readings_total messages_sent_total messages_dropped_total network_losses_total task_restarts_total broker_connected " \
        "memory_free_bytes uptime_s"
    for at, key in enumerate(words.split()):
        yield "# TYPE hamn_%s %s\nhamn_%s %d\n" % (key, "counter" if key[-5:] == "total" else "gauge", key, values[at])


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
