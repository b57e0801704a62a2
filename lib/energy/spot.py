"""Spot prices out of JSON text, taken piece by piece: a text of any length needs no more memory than its prices. No floats: decimals
become whole numbers of 1/1000 öre (or cent) a kWh, whether they are written as numbers or as texts.

Two forms. A row of prices from a moment on, in their order:

    {"start": "2026-01-31T00:00:00+01:00", "step_min": 60, "currency": "NOK", "prices": [0.7123, "0.6891", -0.01]}

and lists of objects, as the attributes raw_today and raw_tomorrow of Home Assistant's Nord Pool sensors are:

    {"currency": "NOK", "raw_today": [{"start": "2026-01-31T00:00:00+01:00", "end": …, "value": 0.7123}, …], "raw_tomorrow": []}

"unit" ("kWh", "MWh") and "price_in_cents" (true, false) are heeded wherever they stand at the top; what else there is, is passed over.
"""

from array import array

from . import zone
from ._const import const
from .errors import DataError

_MOST = const(288)
_DEPTH = const(6)
_LONGEST = const(40)


class Offer:
    """feed() it the text, then ask for what is in it. Both raise DataError, and then it is of no more use.

    currency   such as "NOK", "" where the text does not say
    """

    def __init__(self):
        self.currency = ""
        self._context = []  # what is open: ("{" or "[", the key under which it stands)
        self._key = ""
        self._text = bytearray()
        self._state = 0  # 0 outside of a text, 1 in it, 2 behind a backslash in it, 3 behind its end
        self._closing = False
        self._start = self._step = self._last = None
        self._unit = 1
        self._shift = False
        self._values = array("i")
        self._seconds = array("i")
        self._row = [None, None, None]

    def feed(self, data):
        """Take a piece of the text, bytes."""
        for byte in data:
            if self._state == 1:
                if byte == 0x22:
                    self._state = 3
                elif byte == 0x5C:
                    self._state = 2
                else:
                    self._put(byte)
            elif self._state == 2:
                self._state = 1
                self._put(0x3F)
            elif byte in b" \t\r\n":
                # Parts two numbers; around one it does no harm.
                if self._text and not self._state:
                    self._put(0x20)
            elif self._closing:
                raise DataError("there is something behind the end of the JSON text")
            elif not self._context and byte != 0x7B:
                raise DataError("this is not a JSON object")
            elif byte == 0x22:
                if self._text or self._state:
                    raise DataError("this is not JSON")
                self._state = 1
            elif byte == 0x3A:
                if self._state != 3 or self._context[-1][0] != "{":
                    raise DataError("this is not JSON")
                self._key = self._take()
            elif byte in b"{[":
                self._open(chr(byte))
            elif byte in b",]}":
                self._value()
                if byte != 0x2C:
                    self._close("{" if byte == 0x7D else "[")
            else:
                if self._state:
                    raise DataError("this is not JSON")
                self._put(byte)

    def runs(self):
        """[(begin, span, [prices])], begin in UTC since 2000, span 900 or 3600, as Prices.put() takes them."""
        if not self._closing:
            raise DataError("the JSON text has no end")
        if not self._values:
            raise DataError("there are no prices in it")
        divisor = self._unit * (100 if self._shift else 1)
        prices = [(price + divisor // 2) // divisor for price in self._values]
        if not self._seconds:
            if self._start is None or self._step not in (15, 60):
                raise DataError("beside prices there must be start (2026-01-31T00:00:00+01:00) and step_min (15 or 60)")
            return [(self._start, 60 * self._step, prices)]
        if len(self._seconds) != len(prices):
            raise DataError("there must be either prices or objects with start and value")
        rows = sorted(zip(self._seconds, prices))
        steps = [rows[n + 1][0] - rows[n][0] for n in range(len(rows) - 1)]
        span = min(steps + ([self._last] if self._last else [])) if steps or self._last else 0
        if span not in (900, 3600):
            raise DataError("prices must be of 15 or 60 minutes, each told once")
        found = []
        for at, price in rows:
            if found and found[-1][0] + span * len(found[-1][2]) == at:
                found[-1][2].append(price)
            else:
                found.append((at, span, [price]))
        return found

    def _put(self, byte):
        # Of long texts, which are nothing for us, the beginning does.
        if len(self._text) < _LONGEST:
            self._text.append(byte)
        elif not self._state:
            raise DataError("this is not JSON")

    def _take(self):
        try:
            word = bytes(self._text).decode()
        except ValueError:
            raise DataError("this is not UTF-8")
        self._text = bytearray()
        self._state = 0
        return word

    def _open(self, kind):
        if self._text or self._state:
            raise DataError("this is not JSON")
        if len(self._context) == _DEPTH:
            raise DataError("this JSON is too deep")
        self._context.append((kind, self._key))
        self._key = ""
        if kind == "{":
            self._row = [None, None, None]

    def _close(self, kind):
        if self._context.pop()[0] != kind:
            raise DataError("this is not JSON")
        if not self._context:
            self._closing = True
        elif kind == "{" and self._context[-1][0] == "[":
            start, end, price = self._row
            if start is not None and price is not None:
                self._append(price)
                self._seconds.append(start)
                self._last = end and end - start
        self._row = [None, None, None]

    def _value(self):
        """What stood before a comma or a bracket."""
        text = self._state == 3
        if not text and not self._text:
            return
        word = self._take()
        key = self._key
        self._key = ""
        kind, name = self._context[-1]
        if not text:
            word = word.rstrip()
            if word == "null":
                word = None
        if kind == "[":
            if name == "prices" and len(self._context) == 2:
                self._append(scaled(word, 5))
        elif len(self._context) == 1:
            self._told(key, word)
        elif word is None:
            pass
        elif key == "start":
            self._row[0] = moment(word)
        elif key == "end":
            self._row[1] = moment(word)
        elif key == "value" and self._context[-2][0] == "[":
            self._row[2] = scaled(word, 5)

    def _told(self, key, word):
        """A value at the top."""
        if key == "start":
            self._start = moment(word)
        elif key == "step_min":
            self._step = scaled(word, 0)
        elif key == "currency":
            if not word or len(word) != 3 or not "A" <= min(word) or not max(word) <= "Z":
                raise DataError("currency must be three capital letters")
            self.currency = word
        elif key == "unit":
            if word not in ("kWh", "MWh"):
                raise DataError("unit must be kWh or MWh")
            self._unit = 1000 if word == "MWh" else 1
        elif key == "price_in_cents":
            self._shift = word == "true"

    def _append(self, price):
        if len(self._values) == _MOST:
            raise DataError("at most three days of prices")
        if abs(price) > 0x7FFFFFFF:
            raise DataError("a price is too large")
        self._values.append(price)


def moment(text):
    """Seconds since 2000 in UTC of such as 2026-01-31T00:00:00+01:00 or …Z. Raises DataError."""
    text = text or ""
    begin = zone.read_clock(text)
    rest = text[19:].lstrip(".0123456789")
    try:
        if begin >= 0 and zone.date(begin // 86400) == (int(text[:4]), int(text[5:7]), int(text[8:10])):
            if rest == "Z":
                return begin
            if len(rest) == 6 and rest[0] in "+-" and rest[3] == ":":
                ahead = int(rest[1:3]) * 3600 + int(rest[4:]) * 60
                return begin - (ahead if rest[0] == "+" else -ahead)
    except ValueError:
        pass
    raise DataError("start must be a time with its distance from UTC, such as 2026-01-31T00:00:00+01:00")


def scaled(text, places):
    """The decimal number as an integer of 10 ** -places, rounded half up in size. Raises DataError."""
    try:
        body, _, power = text.lower().partition("e")
        negative = body[:1] == "-"
        whole, _, rest = body[1 if negative else 0:].partition(".")
        shift = places - len(rest) + int(power or 0)
        if (whole + rest).isdigit() and len(whole + rest) <= 24 and -30 <= shift <= 12:
            number = int(whole + rest)
            if shift < 0:
                number = (number + 10 ** -shift // 2) // 10 ** -shift
            else:
                number *= 10 ** shift
            return -number if negative else number
    except (ValueError, AttributeError):
        pass
    raise DataError("a price must be a number such as 0.7123")
