"""A reading: what one verified message of the meter said."""

import json

from .quantities import A, HZ, METER_TIME, NAMES, NO_UNIT, SHIFTS, UNITS, V, VARH, WH

_POWERS = (1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000)

# Unit to the ending of the name inside, the ending that people see, decimals between the two.
_ENDINGS = {WH: ("_wh", "_kwh", 3), VARH: ("_varh", "_kvarh", 3), V: ("_mv", "_v", 3), A: ("_ma", "_a", 3),
            HZ: ("_mhz", "_hz", 3), NO_UNIT: ("_milli", "", 3)}


def scale(mantissa, exponent):
    """mantissa x 10**exponent as an integer, rounded half away from zero; exponent within -9..9."""
    if exponent >= 0:
        return mantissa * _POWERS[exponent]
    divisor = _POWERS[-exponent]
    half = divisor >> 1
    return (mantissa + half) // divisor if mantissa >= 0 else -((half - mantissa) // divisor)


def decimal(value, places, shown):
    """The integer value, in units of 10**-places, as text with `shown` decimals, 0..places."""
    if places == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value), _POWERS[places])
    if shown == 0:
        return "%s%d" % (sign, whole)
    digits = str(rest)
    return "%s%d.%s" % (sign, whole, ("0" * (places - len(digits)) + digits)[:shown])


class Reading:
    """A mapping from the quantities' names to integers in the unit that the name ends with, and to texts.

    What the meter did not send is absent. Values stand in the order in which they were sent.

    protocol  "hdlc" or "p1"
    vendor    the meter's maker; "" where unknown
    list      "1", "2", "3" by content (3: registers; 2: more than the power; 1: the power alone), "p1" for a telegram
    other     what has no name here: OBIS code, or "#n" for the n-th element or line, to (value, unit); value is an
              integer, a text, or None; where the meter sent several, a list of them, a telegram's as (value, unit)
    """

    __slots__ = ("protocol", "vendor", "list", "other", "_keys", "_shown", "_values", "_places")

    def __init__(self, protocol):
        self.protocol = protocol
        self.vendor = ""
        self.list = ""
        self.other = {}
        self._keys = bytearray()
        self._shown = bytearray()
        self._values = []
        self._places = bytearray(len(NAMES))

    def put(self, quantity, mantissa, exponent):
        """Add mantissa x 10**exponent, in the quantity's plain unit (W, V, A, Wh, …).

        Return False, and change nothing, where the quantity is already there or the exponent is outside -9..6.
        """
        if self._places[quantity] or not -9 <= exponent <= 6:
            return False
        value = scale(mantissa, exponent + SHIFTS[quantity])
        unit = UNITS[quantity]
        if unit == WH or unit == VARH:
            exponent -= 3
        self._add(quantity, value, min(3, -exponent) if exponent < 0 else 0)
        return True

    def put_text(self, quantity, text):
        """Add a text. Return False, and change nothing, where it is already there or empty."""
        if self._places[quantity] or not text:
            return False
        self._add(quantity, text, 0)
        return True

    def _add(self, quantity, value, shown):
        self._values.append(value)
        self._keys.append(quantity)
        self._shown.append(shown)
        self._places[quantity] = len(self._keys)

    def __len__(self):
        return len(self._keys)

    def __contains__(self, name):
        return self.get(name) is not None

    def __getitem__(self, name):
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name, default=None):
        """The value of that name, or default."""
        if name in NAMES:
            place = self._places[NAMES.index(name)]
            if place:
                return self._values[place - 1]
        return default

    def items(self):
        """(name, value) pairs in the order of the message."""
        for i, key in enumerate(self._keys):
            yield NAMES[key], self._values[i]

    def classify(self):
        """Set `list` by what is in it: the announced kind of list is not on the wire, or not to be relied on."""
        numbers = 0
        for key in self._keys:
            if key < METER_TIME:
                if UNITS[key] == WH or UNITS[key] == VARH:
                    self.list = "3"
                    return
                numbers += 1
        self.list = "1" if numbers == 1 and self._keys[0] == 0 else "2"

    def customary(self):
        """(name, text) pairs as people expect them: V, A, W, kWh, var, kvarh, Hz, with the decimals the meter sent."""
        for i, key in enumerate(self._keys):
            name = NAMES[key]
            value = self._values[i]
            if key >= METER_TIME:
                yield name, value
            elif UNITS[key] in _ENDINGS:
                inside, outside, places = _ENDINGS[UNITS[key]]
                yield name[:-len(inside)] + outside, decimal(value, places, self._shown[i])
            else:
                yield name, str(value)

    def to_json(self):
        """The reading as one line of JSON: protocol, vendor, list, then what customary() says, numbers unquoted."""
        parts = ['{"protocol":"%s","vendor":%s,"list":"%s"' % (self.protocol, json.dumps(self.vendor), self.list)]
        for key, text in self.customary():
            text_only = key in ("meter_time", "meter_id", "meter_type", "list_version")
            parts.append('"%s":%s' % (key, json.dumps(text) if text_only else text))
        return ",".join(parts) + "}"
