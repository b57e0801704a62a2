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

from micropython import const

_ENERGY = const(2)
_METER = const(3)


class Layout:
    """The hamn layout under `topic`, T without a slash behind it. pace: a firmware.pace.Pace, or None: every reading is sent."""

    def __init__(self, topic, pace=None):
        self._topic = topic
        self._pace = pace
        self._meter = None

    def again(self):
        """Everything is due again: at a new session."""
        self._meter = None
        if self._pace:
            self._pace.again()

    def messages(self, reading, number, when):
        """(topic, payload, retained) of what is due, bytes. number: of the reading; when: UTC such as 2026-01-31T23:59:59Z, or ''."""
        tail = ',"list":"%s","n":%d' % (reading.list, number)
        groups = [], [], [], ['"protocol":"%s"' % reading.protocol]
        for key in ("vendor", "rule"):
            if getattr(reading, key):
                groups[_METER].append('"%s":%s' % (key, json.dumps(getattr(reading, key))))
        for key, text in reading.customary():
            unit = key[key.rfind("_") + 1:]
            group = 1
            if unit in ("w", "var"):
                group = 0
            elif unit in ("kwh", "kvarh"):
                group = _ENERGY
            elif key[:5] in ("meter", "list_"):
                text = json.dumps(text)
                group = _METER
                if unit == "time":
                    tail += ',"meter_time":' + text
                    continue
            groups[group].append('"%s":%s' % (key, text))
        tail += ',"time":"%s"}' % when if when else "}"
        for group, name in enumerate(("power", "phases", "energy", "meter")):
            body = ",".join(groups[group])
            if group == _METER:
                # The bare power, and what is no list of values, say nothing of the meter.
                if body == self._meter or reading.list in ("1", "other"):
                    break
                self._meter = body
            elif not body or group != _ENERGY and self._pace and not self._pace.due(group, reading):
                continue
            yield ("%s/%s" % (self._topic, name)).encode(), ("{" + body + tail).encode(), group >= _ENERGY
