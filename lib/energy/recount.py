"""The ledger's days and months counted anew out of hours that came from elsewhere, such as the dongle that this one replaces.

    count = Recount(ledger)
    for row in ...: count.add(row)      # all hours from index count.since on
    count.apply()
"""

from . import zone
from ._const import const

_HOUR = const(3600)
# Places in the ledger's state, see ledger.py.
_FROM = const(2)
_BASE = const(20)
_SUM = const(24)
_TOTAL = const(28)
_DAY = const(32)
_MONTH = const(42)


class Recount:
    """Of a ledger that knows the time. since: index of the first hour of the month before."""

    def __init__(self, ledger):
        self._s = s = ledger._s
        self._from = s[_FROM]
        standard = ledger.standard
        today = zone.local(standard, self._from) // 86400
        month = today - zone.date(today)[2] + 1
        before = month - zone.date(month - 1)[2]
        self._begins = [zone.midnight(standard, day) for day in (today, today - 1, month, before)]
        self._sums = [[0] * 4 for _ in range(4)]
        self.since = min(self._begins) // _HOUR

    def add(self, row):
        """Take an hour (index, quality, Wh, Wh, varh, varh, …), in whatever order, each once."""
        index = row[0]
        # The hours behind the anchor are the ledger's own.
        if index < self._from // _HOUR:
            for period, begin in enumerate(self._begins):
                if index * _HOUR >= begin:
                    for c in range(4):
                        self._sums[period][c] += row[2 + c]

    def apply(self):
        """Let the ledger's since() say the sums. Return False where it has closed an interval meanwhile: then begin anew."""
        s = self._s
        if s[_FROM] // 900 != self._from // 900:
            return False
        for period, place in enumerate((_DAY, _DAY + 5, _MONTH, _MONTH + 5)):
            s[place] = self._begins[period]
            for c in range(4):
                s[place + 1 + c] = s[_TOTAL + c] - s[_BASE + c] - s[_SUM + c] - self._sums[period][c]
        return True
