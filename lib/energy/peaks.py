"""A month's peaks under a tariff: found as the ledger closes intervals, kept with time and quality, corrected by the user, undone.

A peak is an interval's mean power times the tariff's weight, in W. An interval that was estimated is kept, but counts only when the
user confirms it; one that is missing is not kept. The state is small: of each day the two greatest that count, and that would.
"""

from . import zone
from .snapshot import pack, unpack

AUTO = 0
CONFIRMED = 1
DROPPED = 2
_SPLIT = 1
_ESTIMATED = 2
_UNDO = 8
_WORDS = 4


class Peaks:
    """`standard` as zone.standard() gives it, `state` what state() gave once. Raises ValueError for a damaged state.

    month       months since 2000-01, of the peaks; 0 before there was a record
    last_value, last_fee   of the month before, None where there was none
    """

    def __init__(self, tariff, standard, state=None):
        self._tariff = tariff
        self._standard = standard
        self.month = 0
        self.last_value = self.last_fee = None
        self._rows = []  # [index, W, weighted W, quality, AUTO/CONFIRMED/DROPPED, 1 where it is there (0 only when to be undone)]
        self._undo = []
        if state is not None:
            words, rows = unpack(state, _WORDS)
            self.month, value, fee, count = words
            self._rows, self._undo = rows[:len(rows) - count], rows[len(rows) - count:]
            if value >= 0:
                self.last_value, self.last_fee = value, fee

    def state(self):
        """Bytes to be stored."""
        known = self.last_value is not None
        return pack([self.month, self.last_value if known else -1, self.last_fee if known else 0, len(self._undo)],
                    self._rows + self._undo)

    def _day(self, index):
        return zone.local(self._standard, index * self._tariff.span) // 86400

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
            self._undo = []
        watts = record[3 + self._tariff.channel] * 3600 // span
        weighted = self._weigh(index, watts)
        old = self._find(index)
        if old:
            if old[4] != AUTO:
                return True
            self._rows.remove(old)
        if quality <= _ESTIMATED and weighted > 0:
            self._rows.append([index, watts, weighted, quality, AUTO, 1])
            self._prune()
        return old is None or not _counts(old) or weighted >= old[2] and quality <= _SPLIT

    def clear(self):
        """Forget what was found by itself; the user's corrections stay, weighed as the tariff now says."""
        self._rows = [row for row in self._rows if row[4] != AUTO]
        for row in self._rows:
            row[2] = self._weigh(row[0], row[1])

    def _weigh(self, index, watts):
        return watts * self._tariff.weight(self._standard, index * self._tariff.span) // 1000

    def _find(self, index):
        for row in self._rows:
            if row[0] == index:
                return row
        return None

    def _prune(self):
        """Keep of what counts, and of what would, the greatest of each day, or the greatest ones; and all that the user touched."""
        kept = []
        days = set()
        numbers = [0, 0]
        for row in sorted(self._rows, key=lambda row: -row[2]):
            guess = 0 if row[3] <= _SPLIT else 1
            day = 2 * self._day(row[0]) + guess
            if row[4] == AUTO:
                # Behind a dropped one the next of its day must be at hand: two a day.
                if self._tariff.distinct and (day, 1) in days or numbers[guess] > 62:
                    continue
                days.add((day, 1) if (day, 0) in days else (day, 0))
                numbers[guess] += 1
            kept.append(row)
        self._rows = kept

    def top(self):
        """[[index, W, weighted W, quality, AUTO or CONFIRMED, 1]] of those that make up the value, greatest first."""
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
        return [row for row in self._rows if row[4] == AUTO and row[3] > _SPLIT and row[2] > least]

    def dropped(self):
        """The same for those that the user dropped."""
        return [row for row in self._rows if row[4] == DROPPED]

    def corrections(self):
        """How many corrections can be undone."""
        return len(self._undo)

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
        weight = tariff.weight(self._standard, utc)
        if not weight:
            return None
        today = zone.local(self._standard, utc) // 86400
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
        self._change(index, CONFIRMED)

    def drop(self, index):
        """Let an interval not count. Raises KeyError where it is not among those kept."""
        self._change(index, DROPPED)

    def put(self, index, watts):
        """Say what an interval's mean power was, as after a dongle was replaced. Raises KeyError where it is not in the month."""
        if self._month(index) != self.month:
            raise KeyError(index)
        old = self._find(index)
        self._remember(old or [index, 0, 0, 0, AUTO, 0])
        if old:
            self._rows.remove(old)
        self._rows.append([index, watts, self._weigh(index, watts), 0, CONFIRMED, 1])

    def undo(self):
        """Take the last correction back. Return False where there is none."""
        if not self._undo:
            return False
        row = self._undo.pop()
        now = self._find(row[0])
        if now:
            self._rows.remove(now)
        if row[5]:
            self._rows.append(row)
        return True

    def _change(self, index, mark):
        row = self._find(index)
        if row is None:
            raise KeyError(index)
        self._remember(list(row))
        row[4] = mark

    def _remember(self, row):
        self._undo = self._undo[1 - _UNDO:] + [row]


def _counts(row):
    return row[4] == CONFIRMED or row[4] == AUTO and row[3] <= _SPLIT
