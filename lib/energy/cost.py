"""What the energy cost and earned: by hour, day and month, as the ledger closes quarter hours.

Sums are kept in Wh times money a kWh, a thousand times the money, so nothing is lost by rounding. A quarter hour that the ledger
says anew within eight hours replaces what it cost before; one from longer ago is passed over. Energy without a price is counted apart.
"""

from . import zone
from ._const import const
from .snapshot import pack, unpack

_KEPT = const(32)
# hour, its cost, its income; the same of day, month, the day before, the month before; Wh without a price this month
_HOUR = const(0)
_DAY = const(3)
_MONTH = const(6)
_BEFORE = const(9)
_LAST = const(12)
_UNPRICED = const(15)


class Costs:
    """`standard` as zone.standard() gives it. Raises ValueError for a damaged state."""

    def __init__(self, standard, state=None):
        self._offset = standard
        self._s, self._spans = [0] * 16, []
        if state is not None:
            self._s, self._spans = unpack(state, 16)

    def state(self):
        """Bytes to be stored."""
        return pack(self._s, self._spans)

    def note(self, record, price, value):
        """Take a quarter hour's record; `price` and `value` are money a kWh drawn and fed in, None where unknown."""
        span, index = record[:2]
        if span != 900:
            return
        cost = record[3] * price if price is not None else 0
        income = record[4] * value if value is not None else 0
        unpriced = record[3] if price is None else 0
        for old in self._spans:
            if old[0] == index:
                self._append(index, [-each for each in old[1:4]])
                old[1:4] = [cost, income, unpriced]
                break
        else:
            if self._spans and index < self._spans[0][0] and len(self._spans) == _KEPT:
                return
            self._spans.append([index, cost, income, unpriced, 0, 0])
            self._spans.sort()
            if len(self._spans) > _KEPT:
                self._spans.pop(0)
        self._append(index, (cost, income, unpriced))

    def _append(self, index, values):
        s = self._s
        utc = index * 900
        day = zone.local(self._offset, utc) // 86400
        year, month, _ = zone.date(day)
        for place, now, before in ((_HOUR, utc // 3600, None), (_DAY, day, _BEFORE), (_MONTH, year * 12 + month, _LAST)):
            at = place
            if now > s[place]:
                if before is not None:
                    s[before:before + 3] = s[place:place + 3]
                if place == _MONTH:
                    s[_UNPRICED] = 0
                s[place:place + 3] = [now, 0, 0]
            elif now < s[place]:
                if before is None or s[before] != now:
                    continue
                at = before
            s[at + 1] += values[0]
            s[at + 2] += values[1]
            if at == _MONTH:
                s[_UNPRICED] += values[2]

    def sums(self, period):
        """(cost, income) in money of: 0 the last hour, 1 today, 2 this month, 3 yesterday, 4 last month."""
        at = 3 * period
        return self._s[at + 1] // 1000, self._s[at + 2] // 1000

    def unpriced(self):
        """Wh of this month that had no price."""
        return self._s[_UNPRICED]
