"""A month's peaks under a tariff: found as the ledger closes intervals, kept with time and quality, corrected by the user, undone.

A peak is an interval's mean power times the tariff's weight, in W. An interval that was estimated is kept, but counts only when the
user confirms it; one that is missing is not kept. The state is small: of each day the two greatest that count, and that would.
"""

from . import zone
from ._const import const
from .snapshot import pack, unpack

_AUTO = const(0)
_CONFIRMED = const(1)
_DROPPED = const(2)
_SPLIT = const(1)
_ESTIMATED = const(2)
_WORDS = const(4)
# Of what counts, and of what would: two a day for more days than a tariff asks for.
_KEPT = const(24)


class Peaks:
    """`standard` as zone.standard() gives it, `state` what state() gave once. Raises ValueError for a damaged state.

    month       months since 2000-01, of the peaks; 0 before there was a record
    last_value, last_fee   of the month before, None where there was none
    rows, before   for headroom.py and changing.py: of the intervals [index, W, weighted W, quality, 0 found/1 confirmed/2 dropped, 1
                   where it is there (0 only when to be undone)]; what rows were before the last corrections
    """

    def __init__(self, tariff, standard, state=None):
        self._tariff = tariff
        self._offset = standard
        self.month = 0
        self.last_value = self.last_fee = None
        self.rows = []
        self.before = []
        if state is not None:
            words, rows = unpack(state, _WORDS)
            self.month, value, fee, count = words
            self.rows, self.before = rows[:len(rows) - count], rows[len(rows) - count:]
            if value >= 0:
                self.last_value, self.last_fee = value, fee

    def state(self):
        """Bytes to be stored."""
        known = self.last_value is not None
        return pack([self.month, self.last_value if known else -1, self.last_fee if known else 0, len(self.before)],
                    self.rows + self.before)

    def day_of(self, index):
        return zone.local(self._offset, index * self._tariff.span) // 86400

    def month_of(self, index):
        year, month, _ = zone.date(self.day_of(index))
        return (year - 2000) * 12 + month - 1

    def note(self, record):
        """Take a record of the ledger.

        Return False where a peak that counted became less: then call clear(), and note() all records of the month anew.
        """
        span, index, quality = record[:3]
        if span != self._tariff.span:
            return True
        month = self.month_of(index)
        if month < self.month:
            return True
        if month > self.month:
            if self.month:
                self.last_value = self.value()
                self.last_fee = self.fee()
            self.month = month
            self.rows = []
            self.before = []
        watts = record[3 + self._tariff.channel] * 3600 // span
        weighted = self.weigh(index, watts)
        old = self.look_up(index)
        if old:
            if old[4] != _AUTO:
                return True
            self.rows.remove(old)
        if quality <= _ESTIMATED and weighted > 0:
            self.rows.append([index, watts, weighted, quality, _AUTO, 1])
            self._keep()
        return old is None or not _counts(old) or weighted >= old[2] and quality <= _SPLIT

    def clear(self):
        """Forget what was found by itself; the user's corrections stay, weighed as the tariff now says."""
        self.rows = [row for row in self.rows if row[4] != _AUTO]
        for row in self.rows:
            row[2] = self.weigh(row[0], row[1])

    def weigh(self, index, watts):
        return watts * self._tariff.weight(self._offset, index * self._tariff.span) // 1000

    def look_up(self, index):
        for row in self.rows:
            if row[0] == index:
                return row
        return None

    def _keep(self):
        """Keep of what counts, and of what would, the greatest of each day, or the greatest ones; and all that the user touched."""
        kept = []
        days = set()
        numbers = [0, 0]
        for row in sorted(self.rows, key=lambda row: -row[2]):
            guess = 0 if row[3] <= _SPLIT else 1
            day = 2 * self.day_of(row[0]) + guess
            if row[4] == _AUTO:
                # Behind a dropped one the next of its day must be at hand: two a day.
                if self._tariff.distinct and (day, 1) in days or numbers[guess] >= _KEPT:
                    continue
                days.add((day, 1) if (day, 0) in days else (day, 0))
                numbers[guess] += 1
            kept.append(row)
        self.rows = kept

    def top(self):
        """[[index, W, weighted W, quality, _AUTO or _CONFIRMED, 1]] of those that make up the value, greatest first."""
        found = []
        days = set()
        for row in sorted(self.rows, key=lambda row: -row[2]):
            day = self.day_of(row[0])
            if _counts(row) and not (self._tariff.distinct and day in days):
                days.add(day)
                found.append(row)
        return found[:self._tariff.count]

    def doubtful(self):
        """The same for those that would be among them if the user confirmed them."""
        top = self.top()
        least = top[-1][2] if len(top) == self._tariff.count else 0
        return [row for row in self.rows if row[4] == _AUTO and row[3] > _SPLIT and row[2] > least]

    def dropped(self):
        """The same for those that the user dropped."""
        return [row for row in self.rows if row[4] == _DROPPED]

    def left(self):
        """How many corrections can be undone."""
        return len(self.before)

    def value(self):
        """W that the month comes to so far: of the peaks that there are, when they are fewer than the tariff asks for."""
        values = [row[2] for row in self.top()]
        if not values:
            return 0
        return sum(values) // len(values) if self._tariff.mean else values[0]

    def fee(self):
        """Money for the month so far."""
        return self._tariff.fee(self.value(), self.month % 12 + 1)

    def headroom(self, utc):
        """W that the interval at that time may have on average before the month becomes dearer; None where nothing makes it so."""
        from . import headroom

        return headroom.find(self, self._tariff, self._offset, utc)

    def change(self, what, index, power=0):
        """Correct a peak: "confirm", "drop" or "put" (so many W) the interval of that index, or "undo" the last correction; see changing.py.

        Raises KeyError where that cannot be. Return False where there is nothing to undo.
        """
        from . import changing

        return changing.change(self, what, index, power)


def _counts(row):
    return row[4] == _CONFIRMED or row[4] == _AUTO and row[3] <= _SPLIT
