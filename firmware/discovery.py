"""What Home Assistant is told: retained messages of its device-based MQTT discovery, from which it makes one device.

Entered when there is something to tell. Each message describes a few quantities, always the same that come together:
a whole meter at once would be 8 KB in one piece, and a message without the hourly registers, sent after a start, would
take the place of one with them. Home Assistant joins the messages by the device's identifier. Topics are written out:
it does not hand the base topic `~` of a device down to the components.
"""

import json
import time

from han.quantities import METER_TIME, UNITS, customary_name, find

VERSION = "0.1"

# Which quantities share a message: the first one of each.
_FIRST = bytes((0, 4, 8, 12, 16, 19, 22, 26, 28, 30, 32, 36, 40, 44, METER_TIME))
# Announcer's `seen`, of the lists 1, 2, 3 and p1: six octets each, one bit a quantity that it carries; then for each how
# rare it is, 0 where unknown; then its own. Its `times`: when they came last, before, and before that.
_LISTS = 4
_OCTETS = 6
_STEPS = 24
# Until a list has come three times: as rare as the registers of Norwegian meters.
_HOURLY = 5
# By then the lists that come every few seconds have come three times.
_SETTLE_MS = 30000
# When a list did not, everything is told once more.
_LATER_MS = 3600000

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

_HEAD = '{"dev":{"ids":["%s"],"name":%s,"mf":"Hamn","mdl":%s,"sw":"%s"},"o":{"name":"Hamn","sw":"%s"},"avty_t":%s,"stat_t":%s,"cmps":{'
_COMPONENT = '"%s":{"p":"sensor","name":"%s","uniq_id":"%s_%s","val_tpl":"{{ value_json.%s | is_defined }}",%s,"exp_aft":%d}'


def look(announcer, reading, at):
    """Mark what a reading of list `at` carries; if any of it is new, it is told when things have settled."""
    seen = announcer.seen
    for name, _ in reading.items():
        quantity = find(name)
        octet = _OCTETS * at + (quantity >> 3)
        mark = 1 << (quantity & 7)
        if quantity < METER_TIME and not seen[octet] & mark:
            seen[octet] |= mark
            announcer.at = time.ticks_add(time.ticks_ms(), _SETTLE_MS)
    announcer.vendor = reading.vendor or announcer.vendor


async def tell(announcer, client, beat):
    """Publish what was seen, and once a session listen for Home Assistant's birth. Raises MqttError."""
    if not announcer.greeted:
        await client.subscribe((announcer.about[0] + "/status").encode(), announcer.heard)
        if not announcer.told:
            return
    announcer.told = True
    announcer.at = None if learn(announcer.seen, announcer.times) else time.ticks_add(time.ticks_ms(), _LATER_MS)
    for topic, payload in messages(announcer.about, announcer.vendor, announcer.seen):
        await client.publish(topic, payload, True)
        beat()


def learn(seen, times):
    """Set how rare each list is. Return whether that is known of all that came.

    The longer of the first two intervals; then only if both are longer: one was lost, or the meter was away. Never
    less, so that a poor line does not make values flicker.
    """
    known = True
    for at in range(_LISTS):
        if times[2 * _LISTS + at]:
            steps = [_step(time.ticks_diff(times[n + at], times[n + _LISTS + at])) for n in (0, _LISTS)]
            before = seen[_STEPS + at]
            seen[_STEPS + at] = max(before, min(steps)) if before else max(steps)
        elif times[at]:
            known = False
    return known


def _step(interval):
    """How rare that is: n for up to 25 s * 4 ** (n - 1). Ten seconds with some jitter are 1, hours are 5."""
    step = 1
    while interval > 25000 << 2 * (step - 1):
        step += 1
    return step


def messages(about, vendor, seen):
    """(topic, payload) pairs, bytes, to be published retained.

    about: Home Assistant's prefix, the identity of the device ([a-zA-Z0-9_-]), T of the readings, the device's name.
    vendor: of the meter, "" where unknown.
    """
    prefix, identity, topic, name = about
    head = _HEAD % (identity, json.dumps(name), json.dumps((vendor + " electricity meter").strip()), VERSION, VERSION,
                    json.dumps(topic + "/status"), json.dumps(topic + "/reading"))
    for n in range(len(_FIRST) - 1):
        parts = []
        for quantity in range(_FIRST[n], _FIRST[n + 1]):
            step = _rarity(quantity, seen)
            if step:
                key, base = _words(quantity)
                parts.append(_COMPONENT % (base, _plain(base), identity, base, key, _KINDS[UNITS[quantity]],
                                           75 << 2 * (step - 1)))
        if parts:
            yield ("%s/device/%s/%s/config" % (prefix, identity, _words(_FIRST[n])[1])).encode(), \
                (head + ",".join(parts) + "}}").encode()


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
    words = base.replace("_l", " L").replace("_t", " tariff ").replace("_", " ")
    return words[0].upper() + words[1:]
