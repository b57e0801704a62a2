"""Energy prices as an input, and the cheapest times ahead. Money in 1/1000 öre (or cent) a kWh, signed. They come for a day or so, each
for 15 or 60 minutes; what the customer pays in the end is contract.py's.
"""

from array import array

from ._const import const
from .crc import crc16
from .errors import DataError

_MOST = const(1 << 30)
_NONE = const(-(1 << 31))
# Quarter hours: yesterday, today, tomorrow.
_SLOTS = const(288)


class Prices:
    """Spot prices by quarter hour, a window of three days that moves on. `state`: what state() gave once; ValueError where damaged."""

    def __init__(self, state=None):
        self._first = 0
        if state is None:
            self._values = array("i", [_NONE] * _SLOTS)
        elif len(state) != 4 * _SLOTS + 6 or crc16(state):
            raise ValueError("the stored prices are damaged")
        else:
            self._values = array("i", state[4:-2])
            for n in range(4):
                self._first |= state[n] << 8 * n

    def state(self):
        """Bytes to be stored."""
        data = bytearray([self._first >> 8 * n & 0xFF for n in range(4)])
        data += bytes(self._values)
        crc = crc16(data)
        data.append(crc >> 8)
        data.append(crc & 0xFF)
        return data

    def end(self):
        """UTC up to which the last price is good; 0 without one."""
        for at in range(_SLOTS - 1, -1, -1):
            if self._values[at] != _NONE:
                return (self._first + at + 1) * 900
        return 0

    def put(self, begin, span, prices):
        """Take prices a kWh for intervals of `span` seconds (900 or 3600) from `begin` on (UTC since 2000). Raises DataError."""
        if span not in (900, 3600) or begin % span or not prices:
            raise DataError("prices come for 15 or 60 minutes, from a full interval on")
        if len(prices) * span > 3 * 86400:
            raise DataError("at most three days of prices")
        for price in prices:
            if not isinstance(price, int) or not -_MOST <= price <= _MOST:
                raise DataError("a price must be a whole number of 1/1000 öre")
        at = begin // 900
        end = at + len(prices) * (span // 900)
        if end <= self._first:
            raise DataError("these prices are too old")
        self._shift(end)
        for price in prices:
            for _ in range(span // 900):
                if at >= self._first:
                    self._values[at - self._first] = price
                at += 1

    def _shift(self, end):
        by = end - _SLOTS - self._first
        if by <= 0:
            return
        slots = self._values
        for n in range(_SLOTS):
            slots[n] = slots[n + by] if n + by < _SLOTS else _NONE
        self._first += by

    def spot(self, utc):
        """The price at that time, None where it is not known."""
        at = utc // 900 - self._first
        if not 0 <= at < _SLOTS or self._values[at] == _NONE:
            return None
        return self._values[at]

    def cheapest(self, utc, quarters):
        """(begin, mean price) of the cheapest run of so many quarter hours from now on, the first of equals; None without."""
        first = max(0, -(-utc // 900) - self._first)
        best = None
        total = count = 0
        for at in range(first, _SLOTS):
            price = self._values[at]
            if price == _NONE:
                total = count = 0
                continue
            total += price
            count += 1
            if count > quarters:
                total -= self._values[at - quarters]
                count = quarters
            if count == quarters and (best is None or total < best[1]):
                best = (self._first + at - quarters + 1) * 900, total
        return best and (best[0], best[1] // quarters)

    def cheap(self, utc, until, quarters):
        """Begins of the cheapest quarter hours, not of one piece, within that time, in order."""
        slots = []
        for at in range(max(0, -(-utc // 900) - self._first), min(_SLOTS, until // 900 - self._first)):
            if self._values[at] != _NONE:
                slots.append((self._values[at], self._first + at))
        return sorted([900 * at for _, at in sorted(slots)[:quarters]])
