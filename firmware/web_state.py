"""How the dongle is: the state of its parts as JSON. Entered for one request, and to tell who looks on."""

import gc
import json

import esp32
import machine
from micropython import const

from firmware import VERSION, let_go, sentence

# In the order of firmware/line.py.
_STATES = const("waiting silent noise damaged good")


async def answer(door, request, word, asked):
    return 200, "", status(door), ""


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
