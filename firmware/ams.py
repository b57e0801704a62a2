"""A reading as an amsreader publishes it, for those who change over: its JSON on one topic, or its Home Assistant layout.

Loaded when it is switched on. Keys, units and whole numbers are the amsreader's; what Hamn does not know (prices, the running
hour, supply voltage, temperature) is left out. Everything is sent, as often as the meter sends it.
"""

import json
import time

from han.quantities import find
from han.reading import decimal
from micropython import const

from firmware import VERSION, let_go

_STATE_MS = const(60000)
# The key of each quantity, five octets each; blank where the amsreader has none. A meter's time is not sent as it is.
_KEYS = ("P    PO   Q    QO   P1   PO1            P2   PO2            P3   PO3            U1   U2   U3   I1   I2   I3   "
         "tPI  tPO  tQI  tQO  tPI1 tPO1 tPI2 tPO2 tPI3 tPO3 tPIT1tPIT2          tPOT1tPOT2          PF   PF1  PF2  PF3  "
         "               type lv   ")
# As far as a clock may be from UTC, in s.
_ZONES_S = const(54000)
_ENERGY = const(22)
_PHASE = const(26)
_TARIFF = const(32)
_FACTOR = const(40)
_METER_ID = const(46)
# For discovery, beyond the quantities.
_TIME = const(49)
_RTC = const(45)
_RSSI = const(50)
_UP = const(51)


class Ams:
    """The amsreader's layout `form`, "json" or "ha", under `topic`.

    chip: its number in hex; name: the amsreader's host name, "" for none; prefix: where Home Assistant looks for devices, ""
    for nowhere; link: whose signal strength is told.
    """

    def __init__(self, form, topic, chip, name, prefix, link):
        self._form = form
        self._topic = topic
        self._id = ":".join(chip[n:n + 2] for n in range(0, len(chip), 2)).upper()
        self._name = name or "hamn-" + chip
        self._prefix = prefix if form == "ha" and name else ""
        self._link = link
        self._seen = 0  # bits: what came
        self._now = time.ticks_ms()
        self._up_ms = 0
        self.again()

    def again(self):
        """Everything is due again: at a new session."""
        self._told = 0  # bits: what Home Assistant has been told of
        self._state = None

    def messages(self, reading, number, when):
        """(topic, payload, retained) for a reading, bytes. number: not used; when: UTC such as 2026-01-31T23:59:59Z, or ''."""
        self._count()
        power, energy, quantities = self._values(reading)
        known = bool(when)
        rtc = _near(reading.get("meter_time"), known) if energy else None
        if self._form == "json":
            yield from self._json(power + energy, rtc, known)
            return
        stamp = ',"t":"%s"}' % when if known else "}"
        if power:
            yield self._message("/power", "{" + ",".join(power) + stamp)
        if energy:
            if rtc is not None:
                energy.append('"rtc":"%04d-%02d-%02dT%02d:%02d:%02dZ"' % time.gmtime(rtc)[:6])
                quantities |= 1 << _RTC
            yield self._message("/energy", "{" + ",".join(energy) + stamp)
        quantities |= 1 << _UP | known << _TIME
        state = self._system()
        if state:
            yield self._message("/state", "{" + state + stamp)
        if self._prefix:
            if self._link.strength() is not None:
                quantities |= 1 << _RSSI
            yield from self._discovery(quantities)

    def _json(self, data, rtc, known):
        epoch = time.time() + _since_1970() if known else None
        stamp = '"t":%d' % epoch if known else None
        if rtc is not None:
            data.append('"rtc":%d' % (rtc + _since_1970()))
        if data:
            yield self._message("", self._joined(self._head(), stamp, '"data":{' + ",".join(data) + "}"))
        state = self._system()
        if state:
            yield self._message("", self._joined(state, stamp))

    def _values(self, reading):
        """(what goes with the power, what goes with the registers, which quantities these are)."""
        ha = self._form == "ha"
        power, energy = [], []
        quantities = 0
        for (name, value), (_, text) in zip(reading.items(), reading.customary()):
            quantity = find(name)
            key = _KEYS[5 * quantity:5 * quantity + 5].rstrip()
            parts = power
            if quantity == _METER_ID:
                key = "id" if ha else "meterId"
            elif not key:
                continue
            if quantity > _METER_ID - 1:
                text = json.dumps(value)
            elif quantity >= _FACTOR:
                if ha:
                    text = "%d" % ((value + 5) // 10)
            elif quantity >= _ENERGY:
                text = decimal(value, 3, 3)
                if ha and quantity >= _TARIFF:
                    continue
                if not ha or quantity < _PHASE:
                    parts = energy
            parts.append('"%s":%s' % (key, text))
            if quantity < _METER_ID - 1:
                quantities |= 1 << quantity
        return power, energy, quantities

    def _head(self):
        return '"id":"%s","name":"%s","up":%d' % (self._id, self._name, self._up_ms // 1000)

    def _system(self):
        """What is said of the reader itself once a minute; None in between."""
        if self._state is not None and 0 <= time.ticks_diff(self._now, self._state) < _STATE_MS:
            return None
        self._state = self._now
        rssi = self._link.strength()
        return self._joined(self._head(), None if rssi is None else '"rssi":%d' % rssi, '"version":"%s"' % VERSION)[1:-1]

    def _discovery(self, quantities):
        """One message of Home Assistant's discovery at a time, until all are told: they are retained, so there is no hurry."""
        self._seen |= quantities
        missing = self._seen & ~self._told
        if missing:
            first = 0
            while not missing >> first & 1:
                first += 1
            from firmware import ams_discovery

            key = {_TIME: "t", _RTC: "rtc", _RSSI: "rssi", _UP: "up"}.get(first) or _KEYS[5 * first:5 * first + 5].rstrip()
            message = ams_discovery.message(self._prefix, self._name, self._topic, key)
            ams_discovery = None
            let_go("ams_discovery")
            self._told |= 1 << first
            yield message

    def _message(self, end, text):
        return (self._topic + end).encode(), text.encode(), False

    def _joined(self, *parts):
        return "{" + ",".join([part for part in parts if part]) + "}"

    def _count(self):
        now = time.ticks_ms()
        self._up_ms += max(0, time.ticks_diff(now, self._now))
        self._now = now


def _since_1970():
    """Seconds from 1970 to this port's first moment: 1970 or 2000."""
    return 946684800 if time.gmtime(0)[0] == 2000 else 0


def _near(meter_time, known):
    """The meter's time in seconds of this port, UTC; None where it has none, ours is unknown, or theirs is not of this day.

    The meter's clock has no zone, but a zone is whole hours, and the meter's clock goes right to half of one.
    """
    if not meter_time or not known:
        return None
    now = time.time()
    date = [int(meter_time[n:n + 2]) for n in (5, 8, 11, 14, 17)]
    ahead = time.mktime((int(meter_time[:4]),) + tuple(date) + (0, 0)) - now
    return now + (ahead + 1800) % 3600 - 1800 if abs(ahead) <= _ZONES_S else None
