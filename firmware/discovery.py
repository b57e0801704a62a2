"""What Home Assistant is told: retained messages of its device-based MQTT discovery, from which it makes one device.

Entered when there is something to tell. Each message describes a few quantities, always the same that come together:
a whole meter at once would be 8 KB in one piece. Home Assistant joins the messages by the device's identifier. Topics are
written out: it does not hand the base topic `~` of a device down to the components.

What was told is kept in a file: so the first message after a start lacks nothing, least of all what comes once an hour, and
what is no longer true can be taken back.
"""

import json
import os
import time

from han.quantities import METER_TIME, UNITS, customary_name, find
from micropython import const

from firmware import VERSION

FILE = "announced.json"

# Which quantities share a message: the first one of each. Power up to 16; phases up to 22, and from 40 on; else registers.
_FIRST = bytes((0, 4, 8, 12, 16, 19, 22, 26, 28, 30, 32, 36, 40, 44, METER_TIME))
_PHASES = const(16)
_ENERGY = const(22)
_FACTORS = const(40)
# Announcer's `known`, of the lists 1, 2, 3 and p1: six octets each, one bit a quantity that it carries; then for each how
# rare it is, 0 where unknown. Its `fresh`: what came lately, the same bits; then for each how many quantities came last.
# Its `times`: when lists came last, before, and before that.
_LISTS = const(4)
_OCTETS = const(6)
_STEPS = const(24)
# Until a list has come three times: as rare as the registers of Norwegian meters.
_HOURLY = const(5)
# By then the lists that come every few seconds have come three times.
_SETTLE_MS = const(30000)
# When a list did not, everything is told once more.
_LATER_MS = const(3600000)
# T/device comes every minute.
_DEVICE_S = const(195)

# By unit (DLMS): device class, state class, unit and decimals as Home Assistant wants them together.
_KINDS = {
    27: '"dev_cla":"power","stat_cla":"measurement","unit_of_meas":"W","sug_dsp_prc":0',
    29: '"dev_cla":"reactive_power","stat_cla":"measurement","unit_of_meas":"var","sug_dsp_prc":0',
    30: '"dev_cla":"energy","stat_cla":"total_increasing","unit_of_meas":"kWh","sug_dsp_prc":2',
    32: '"dev_cla":"reactive_energy","stat_cla":"total_increasing","unit_of_meas":"kvarh","sug_dsp_prc":2',
    33: '"dev_cla":"current","stat_cla":"measurement","unit_of_meas":"A","sug_dsp_prc":1',
    35: '"dev_cla":"voltage","stat_cla":"measurement","unit_of_meas":"V","sug_dsp_prc":1',
    44: '"dev_cla":"frequency","stat_cla":"measurement","unit_of_meas":"Hz","sug_dsp_prc":2',
    255: '"dev_cla":"power_factor","stat_cla":"measurement","sug_dsp_prc":2',
}

# Of the device itself: the key in T/device, the same without unit, what kind of value. Four share a message.
_COUNT = const('"stat_cla":"total_increasing",')
_BYTES = const('"dev_cla":"data_size","stat_cla":"measurement","unit_of_meas":"B","sug_dsp_prc":0,')
_DEVICE = const((
    ("uptime_s", "uptime", '"dev_cla":"duration","stat_cla":"measurement","unit_of_meas":"s","sug_dsp_prc":0,'),
    ("free_memory_b", "free_memory", _BYTES),
    ("largest_block_b", "largest_block", _BYTES),
    ("reset_cause", "reset_cause", ""),
    ("telegrams", "telegrams", _COUNT),
    ("checksum_errors", "checksum_errors", _COUNT),
    ("network_losses", "network_losses", _COUNT),
    ("task_restarts", "task_restarts", _COUNT),
    ("sent", "sent", _COUNT),
    ("waiting", "waiting", '"stat_cla":"measurement",'),
    ("dropped", "dropped", _COUNT),
    ("rssi_dbm", "signal_strength", '"dev_cla":"signal_strength","stat_cla":"measurement","unit_of_meas":"dBm","sug_dsp_prc":0,'),
))

_HEAD = const('{"dev":{"ids":["%s"],"name":%s,"mf":"Hamn","mdl":%s,"sw":"%s"},"o":{"name":"Hamn","sw":"%s"},"avty_t":%s,"stat_t":%s,"cmps":{')
_COMPONENT = const('"%s":{"p":"sensor","name":"%s","uniq_id":"%s_%s","val_tpl":"{{ value_json.%s | is_defined }}",%s"exp_aft":%d}')
# A component that is only this is removed.
_REMOVAL = const('"%s":{"p":"sensor"}')


def look(announcer, reading, at):
    """Mark what a reading of list `at` carries; if any of it is new, it is told when things have settled."""
    restore(announcer)
    known, fresh = announcer.known, announcer.fresh
    for name, _ in reading.items():
        quantity = find(name)
        octet = _OCTETS * at + (quantity >> 3)
        mark = 1 << (quantity & 7)
        if quantity < METER_TIME:
            fresh[octet] |= mark
            if not known[octet] & mark:
                known[octet] |= mark
                announcer.at = time.ticks_add(time.ticks_ms(), _SETTLE_MS)
    announcer.vendor = reading.vendor or announcer.vendor


async def tell(announcer, client, beat):
    """Publish what is known, take back what is not so any longer, and once a session listen for Home Assistant's birth.
    Raises MqttError."""
    restore(announcer)
    prefix, identity = announcer.about[:2]
    if announcer.before and announcer.before != prefix:
        for topic in topics(announcer.before, identity):
            await client.publish(topic, b"", True, 1)
            beat()
        announcer.before = ""
    announcer.at = None
    if prefix:
        if not announcer.greeted:
            await client.subscribe((prefix + "/status").encode(), announcer.heard)
        present = announcer.known
        if announcer.stale:
            present = still(present, announcer.fresh)
        if not learn(present, announcer.times):
            announcer.at = time.ticks_add(time.ticks_ms(), _LATER_MS)
        for topic, payload in messages(announcer.about, announcer.vendor, present, announcer.known):
            await client.publish(topic, payload, True, 1)
            beat()
        announcer.known = present
        if announcer.stale:
            announcer.fresh = bytearray(len(present))
            announcer.stale = False
        announcer.before = prefix
    keep(announcer)


def restore(announcer):
    """Take from the file, once, what was told before the start. A file that is not as it should be counts as none."""
    if announcer.before is not None:
        return
    announcer.before = ""
    try:
        with open(FILE, "rb") as f:
            before, vendor, known = json.loads(f.read(512).decode())
        known = bytes.fromhex(known)
        if len(known) == len(announcer.known) and max(known[_STEPS:]) <= 2 * _HOURLY and "#" not in before + vendor:
            announcer.before, announcer.vendor = before, vendor
            announcer.known[:] = known
    except (OSError, ValueError, TypeError):
        pass


def keep(announcer):
    """Keep in the file what was told; written only where that differs. The flash may be full: then it is tried next time."""
    text = json.dumps([announcer.before, announcer.vendor, announcer.known.hex()]).encode()
    try:
        try:
            with open(FILE, "rb") as f:
                if f.read() == text:
                    return
        except OSError:
            pass
        if announcer.before:
            with open(FILE + ".tmp", "wb") as f:
                f.write(text)
            os.rename(FILE + ".tmp", FILE)
        else:
            os.remove(FILE)
    except OSError:
        pass


def still(known, fresh):
    """What is known and came lately. How rare it is has to be learnt anew: it may have been learnt on a bad day."""
    return bytearray(known[n] & fresh[n] if n < _STEPS else 0 for n in range(len(known)))


def learn(known, times):
    """Set how rare each list is. Return whether that is known of all that came.

    The longer of the first two intervals; then only if both are longer: one was lost, or the meter was away. Never
    less, so that a poor line does not make values flicker.
    """
    complete = True
    for at in range(_LISTS):
        before = known[_STEPS + at]
        if times[2 * _LISTS + at]:
            steps = [_step(time.ticks_diff(times[n + at], times[n + _LISTS + at])) for n in (0, _LISTS)]
            known[_STEPS + at] = max(before, min(steps)) if before else max(steps)
        elif times[at] and not before:
            complete = False
    return complete


def _step(interval):
    """How rare that is: n for up to 25 s * 4 ** (n - 1). Ten seconds with some jitter are 1, hours are 5."""
    step = 1
    while interval > 25000 << 2 * (step - 1):
        step += 1
    return step


def topics(prefix, identity):
    """All topics on which anything may have been told, bytes."""
    for base in [_words(first)[1] for first in _FIRST[:-1]] + [_DEVICE[n][1] for n in range(0, len(_DEVICE), 4)]:
        yield ("%s/device/%s/%s/config" % (prefix, identity, base)).encode()


def messages(about, vendor, present, known):
    """(topic, payload) pairs, bytes, to be published retained.

    about: Home Assistant's prefix, the identity of the device ([a-zA-Z0-9_-]), T of the readings, the device's name, how far
    apart messages of power and of phases may be (s), whether the device is on Wi-Fi. vendor: of the meter, "" where unknown.
    present: what the meter sends, as Announcer's `known`; what only `known` has is taken back.
    """
    prefix, identity, _, _, pauses, wireless = about[:6]
    places = topics(prefix, identity)
    for n in range(len(_FIRST) - 1):
        first = _FIRST[n]
        group = 0 if first < _PHASES else 2 if _ENERGY <= first < _FACTORS else 1
        pause = 0 if group == 2 else pauses[group]
        parts = []
        live = False
        for quantity in range(first, _FIRST[n + 1]):
            step = _rarity(quantity, present)
            if step:
                live = True
                key, base = _words(quantity)
                parts.append(_COMPONENT % (base, _plain(base), identity, base, key, _KINDS[UNITS[quantity]] + ",",
                                           (75 << 2 * (step - 1)) + 3 * pause))
            elif _rarity(quantity, known):
                parts.append(_REMOVAL % _words(quantity)[1])
        place = next(places)
        if parts:
            yield place, (_head(about, vendor, group) + ",".join(parts) + "}}").encode() if live else b""
    for n in range(0, len(_DEVICE), 4):
        parts = [_COMPONENT % (base, _plain(base), identity, base, key, kind + '"ent_cat":"diagnostic",', _DEVICE_S)
                 for key, base, kind in _DEVICE[n:n + 4] if wireless or key != "rssi_dbm"]
        yield next(places), (_head(about, vendor, 3) + ",".join(parts) + "}}").encode()


def _head(about, vendor, group):
    topic = about[2]
    return _HEAD % (about[1], json.dumps(about[3]), json.dumps((vendor + " electricity meter").strip()), VERSION, VERSION,
                    json.dumps(topic + "/status"), json.dumps(topic + ("/power", "/phases", "/energy", "/device")[group]))


def _rarity(quantity, seen):
    """How rare the quantity is: as the list that brings it most often; 0 where none does."""
    best = 0
    for at in range(_LISTS):
        if seen[_OCTETS * at + (quantity >> 3)] >> (quantity & 7) & 1:
            step = seen[_STEPS + at] or _HOURLY
            best = min(best, step) if best else step
    return best


def _words(quantity):
    """(its key in a reading, the same without unit)."""
    key = customary_name(quantity)[0]
    return key, key if UNITS[quantity] == 255 else key[:key.rfind("_")]


def _plain(base):
    """Power import L1, Energy import tariff 1."""
    words = base.replace("_l", " L") if base[-1] in "123" else base
    words = words.replace("_t", " tariff ") if base[-1] in "1234" else words
    words = words.replace("_", " ")
    return words[0].upper() + words[1:]
