"""Times of the year, the week and the day as data: what tariffs and prices say of them, and whether a moment lies within.

A window is a mapping, every key of it may be absent: "months" a list of 1 to 12, "days" one of "all", "workdays", "free", "hours" a
list of (from, to) with 0 to 24, over midnight where from is greater, "value" an integer. Workdays are Monday to Friday but for
public holidays; free days are the others. The first window that fits counts.
"""

from . import zone
from ._const import const
from .errors import COUNTRIES, DataError, whole, word

_DAYS = const(("all", "workdays", "free"))


def _mark(numbers, least, most, key):
    mask = 0
    for number in numbers:
        if not isinstance(number, int) or not least <= number <= most:
            raise DataError("%s must lie from %d to %d" % (key, least, most))
        mask |= 1 << number
    return mask


class Windows:
    """The windows of one tariff, put together from `rows`. `country`: one of COUNTRIES. Raises DataError."""

    def __init__(self, rows, country, least, most):
        word({"holidays": country}, "holidays", COUNTRIES)
        self._name = country
        self._date = None
        self._known = False
        self._table = []
        for row in rows:
            hours = 0
            for begin, end in row.get("hours", ((0, 24),)):
                _mark((begin, end), 0, 24, "hours")
                hours |= _mark([n % 24 for n in range(begin, end if end > begin else end + 24)], 0, 23, "hours")
            months = _mark(row.get("months", range(1, 13)), 1, 12, "months")
            self._table.append((months, _DAYS.index(word(row, "days", _DAYS)), hours, whole(row, "value", 0, least, most)))

    def find(self, standard, utc, default):
        """The value of the first window in which the moment lies, else `default`. `standard`: see zone."""
        local = zone.local(standard, utc)
        day, second = divmod(local, 86400)
        month = 0
        for months, days, hours, value in self._table:
            if not hours >> second // 3600 & 1:
                continue
            month = month or zone.date(day)[1]
            if not months >> month & 1:
                continue
            if days and self.free(day) != (days == 2):
                continue
            return value
        return default

    def free(self, day):
        """Whether the local day, counted from 2000-01-01, is a Saturday, a Sunday or a public holiday."""
        if day != self._date:
            self._date = day
            self._known = zone.weekday(day) > 4
            if not self._known and self._name:
                # Entered when needed: most tariffs know no free days.
                from . import holidays

                self._known = holidays.is_holiday(self._name, day)
        return self._known
