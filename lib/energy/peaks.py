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
_UNDO = const(8)
_WORDS = const(4)


class Peaks:
    """`standard` as zone.standard() gives it, `state` what state() gave once. Raises ValueError for a damaged state.

    month       months since 2000-01, of the peaks; 0 before there was a record
    last_value, last_fee   of the month before, None where there was none
    """

    def __init__(self, tariff, standard, state=None):
        self._tariff = tariff
        self._offset = standard
        self.month = 0
        self.last_value = self.last_fee = None
        self._rows = []  # [index, W, weighted W, quality, _AUTO/_CONFIRMED/_DROPPED, 1 where it is there (0 only when to be undone)]
        self._before = []
        if state is not None:
            words, rows = unpack(state, _WORDS)
            self.month, value, fee, count = words
            self._rows, self._before = rows[:len(rows) - count], rows[len(rows) - count:]
            if value >= 0:
                self.last_value, self.last_fee = value, fee

    def state(self):
        """Bytes to be stored."""
        known = self.last_value is not None
        return pack([self.month, self.last_value if known else -1, self.last_fee if known else 0, len(self._before)],
                    self._rows + self._before)

    def _day(self, index):
        return zone.local(self._offset, index * self._tariff.span) // 86400

    def _month(self, index):
        year, month, _ = zone.date(self._day(index))
        return (year - 2000) * 12 + month - 1

    def note(self, record):
        """Take a record of the ledger.

        Return False where a peak that counted became less: then call clear(), and note() all records of the month anew.
        """
        span, index, quality = record[:3]
        if span != self._tariff.span:
            return True
        month = self._month(index)
        if month < self.month:
            return True
        if month > self.month:
            if self.month:
                self.last_value = self.value()
                self.last_fee = self.fee()
            self.month = month
            self._rows = []
            self._before = []
        watts = record[3 + self._tariff.channel] * 3600 // span
        weighted = self._value(index, watts)
        old = self._look_up(index)
        if old:
            if old[4] != _AUTO:
                return True
            self._rows.remove(old)
        if quality <= _ESTIMATED and weighted > 0:
            self._rows.append([index, watts, weighted, quality, _AUTO, 1])
            self._keep()
        return old is None or not _counts(old) or weighted >= old[2] and quality <= _SPLIT

    def clear(self):
        """Forget what was found by itself; the user's corrections stay, weighed as the tariff now says."""
        self._rows = [row for row in self._rows if row[4] != _AUTO]
        for row in self._rows:
            row[2] = self._value(row[0], row[1])

    def _value(self, index, watts):
        return watts * self._tariff.weight(self._offset, index * self._tariff.span) // 1000

    def _look_up(self, index):
        for row in self._rows:
            if row[0] == index:
                return row
        return None

    def _keep(self):
        """Keep of what counts, and of what would, the greatest of each day, or the greatest ones; and all that the user touched."""
        kept = []
        days = set()
        numbers = [0, 0]
        for row in sorted(self._rows, key=lambda row: -row[2]):
            guess = 0 if row[3] <= _SPLIT else 1
            day = 2 * self._day(row[0]) + guess
            if row[4] == _AUTO:
                # Behind a dropped one the next of its day must be at hand: two a day.
                if self._tariff.distinct and (day, 1) in days or numbers[guess] > 62:
                    continue
                days.add((day, 1) if (day, 0) in days else (day, 0))
                numbers[guess] += 1
            kept.append(row)
        self._rows = kept

    def top(self):
        """[[index, W, weighted W, quality, _AUTO or _CONFIRMED, 1]] of those that make up the value, greatest first."""
        found = []
        days = set()
        for row in sorted(self._rows, key=lambda row: -row[2]):
            day = self._day(row[0])
            if _counts(row) and not (self._tariff.distinct and day in days):
                days.add(day)
                found.append(row)
        return found[:self._tariff.count]

    def doubtful(self):
        """The same for those that would be among them if the user confirmed them."""
        top = self.top()
        least = top[-1][2] if len(top) == self._tariff.count else 0
        return [row for row in self._rows if row[4] == _AUTO and row[3] > _SPLIT and row[2] > least]

    def dropped(self):
        """The same for those that the user dropped."""
        return [row for row in self._rows if row[4] == _DROPPED]

    def left(self):
        """How many corrections can be undone."""
        return len(self._before)

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
        tariff = self._tariff
        weight = tariff.weight(self._offset, utc)
        if not weight:
            return None
        today = zone.local(self._offset, utc) // 86400
        if self._month(utc // tariff.span) != self.month:
            top, own = [], 0
        else:
            top = self.top()
            own = max([0] + [row[2] for row in top if tariff.distinct and self._day(row[0]) == today])
        others = [row[2] for row in top if not (tariff.distinct and self._day(row[0]) == today)]
        full = len(others) == tariff.count
        if full:
            others.pop()
        value = (sum(others) + own) // max(1, len(others) + (1 if own else 0)) if tariff.mean else max([own] + others)
        if full:
            value = self.value()
        step = tariff.next_step(value)
        if tariff.data.get("steps"):
            if step is None:
                return None
            room = step * (len(others) + 1) - sum(others) - 1 if tariff.mean else step - 1
        else:
            room = top[-1][2] if len(top) == tariff.count and tariff.mean else value
        return max(room, own) * 1000 // weight

    def confirm(self, index):
        """Let an estimated interval count. Raises KeyError where it is not among those kept."""
        self._set(index, _CONFIRMED)

    def drop(self, index):
        """Let an interval not count. Raises KeyError where it is not among those kept."""
        self._set(index, _DROPPED)

    def put(self, index, watts):
        """Say what an interval's mean power was, as after a dongle was replaced. Raises KeyError where it is not in the month."""
        if self._month(index) != self.month:
            raise KeyError(index)
        old = self._look_up(index)
        self._record(old or [index, 0, 0, 0, _AUTO, 0])
        if old:
            self._rows.remove(old)
        self._rows.append([index, watts, self._value(index, watts), 0, _CONFIRMED, 1])

    def undo(self):
        """Take the last correction back. Return False where there is none."""
        if not self._before:
            return False
        row = self._before.pop()
        now = self._look_up(row[0])
        if now:
            self._rows.remove(now)
        if row[5]:
            self._rows.append(row)
        return True

    def _set(self, index, mark):
        row = self._look_up(index)
        if row is None:
            raise KeyError(index)
        self._record(list(row))
        row[4] = mark

    def _record(self, row):
        self._before = self._before[1 - _UNDO:] + [row]


def _counts(row):
    return row[4] == _CONFIRMED or row[4] == _AUTO and row[3] <= _SPLIT
