"""What is published of a reading: one JSON object for each group of its quantities, in the units that people use.

T/power   powers and reactive powers
T/phases  voltages, currents, power factors, frequency
T/energy  the registers, retained
T/meter   whose meter it is, retained; when that changes, and once a session

Numbers have the decimals that the meter sent; what it did not send is absent. Besides, each message has `list`, `n` (the
number of the reading since the dongle started: the same again means that the message came twice), the meter's own
`meter_time`, and `time`, UTC, when the dongle had it, each as far as known.
"""

import json
import time

from han.quantities import find
from micropython import const

# So long at most does a dead band keep a group back, in s: silence must not look like a dead meter.
_HEARTBEAT_S = const(300)
# Meters do not keep exact time: a reading that comes so much early counts, in ms.
_EARLY_MS = const(1000)
_GROUPS = ("power", "phases", "energy")
_ENERGY = const(2)
_PHASES_FIRST = const(16)
_ENERGY_FIRST = const(22)
_FACTORS_FIRST = const(40)


class Layout:
    """The hamn layout under `topic`, T without a slash behind it.

    settings: power_interval and phases_interval in s, power_band in W, phases_band in tenths of V and A.
    Attributes: pauses, how far apart messages of power and of phases may be when nothing happens, in s.
    """

    def __init__(self, topic, settings):
        self._topic = topic
        self._intervals = settings["power_interval"], settings["phases_interval"]
        # In the integers of a reading: W, and thousandths of V and A.
        self._bands = settings["power_band"], settings["phases_band"] * 100
        self.pauses = tuple(max(self._intervals[n], _HEARTBEAT_S if self._bands[n] else 0) for n in range(2))
        self._values = [None] * 45 if any(self._bands) else None
        self.again()

    def again(self):
        """Everything is due again: at a new session."""
        self._sent = [None] * 8  # by group and list, in ticks
        self._meter = None

    def messages(self, reading, number, when):
        """(topic, payload, retained) of what is due, bytes. number: of the reading; when: UTC such as 2026-01-31T23:59:59Z, or ''."""
        at = "123p".find(reading.list[:1])
        if at < 0:
            return
        tail = ',"list":"%s","n":%d' % (reading.list, number)
        clock = reading.get("meter_time")
        if clock:
            tail += ',"meter_time":"%s"' % clock
        tail += ',"time":"%s"}' % when if when else "}"
        groups = [], [], []
        for key, text in reading.customary():
            unit = key[key.rfind("_") + 1:]
            if unit in ("w", "var"):
                parts = groups[0]
            elif unit in ("kwh", "kvarh"):
                parts = groups[_ENERGY]
            elif key[:6] in ("meter_", "list_v"):
                continue
            else:
                parts = groups[1]
            parts.append('"%s":%s' % (key, text))
        for group in range(3):
            if groups[group] and (group == _ENERGY or self._due(group, at, reading)):
                yield self._message(_GROUPS[group], ",".join(groups[group]), tail, group == _ENERGY)
        if at:  # the bare power says nothing of the meter
            meter = _meter(reading)
            if meter != self._meter:
                self._meter = meter
                yield self._message("meter", meter, tail, True)

    def _message(self, name, body, tail, retain):
        return ("%s/%s" % (self._topic, name)).encode(), ("{" + body + tail).encode(), retain

    def _due(self, group, at, reading):
        """Whether to send the group now; then that is kept in mind."""
        now = time.ticks_ms()
        sent = self._sent[4 * group + at]
        band = self._bands[group]
        if sent is not None:
            # Below 0: days ago.
            elapsed = time.ticks_diff(now, sent) + _EARLY_MS
            if 0 <= elapsed < 1000 * self.pauses[group]:
                if elapsed < 1000 * self._intervals[group] or not self._moved(group, band, reading):
                    return False
        # A longer list brings what the shorter ones do, not the other way round.
        for n in range(at + 1):
            self._sent[4 * group + n] = now
        if band:
            for quantity, value in _integers(group, reading):
                self._values[quantity] = value
        return True

    def _moved(self, group, band, reading):
        """Whether a value is further than the dead band from what was sent of it."""
        for quantity, value in _integers(group, reading):
            last = self._values[quantity]
            if last is None or abs(value - last) > band:
                return True
        return False


def _integers(group, reading):
    """(quantity, integer) of the values in the group."""
    for name, value in reading.items():
        quantity = find(name)
        if quantity < _PHASES_FIRST if group == 0 else _PHASES_FIRST <= quantity < _ENERGY_FIRST or _FACTORS_FIRST <= quantity < 45:
            yield quantity, value


def _meter(reading):
    """What the reading says of the meter itself."""
    text = '"protocol":"%s"' % reading.protocol
    for key in ("vendor", "rule"):
        value = getattr(reading, key)
        if value:
            text += ',"%s":%s' % (key, json.dumps(value))
    for key in ("list_version", "meter_id", "meter_type"):
        value = reading.get(key)
        if value:
            text += ',"%s":%s' % (key, json.dumps(value))
    return text
