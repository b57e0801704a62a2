"""Times of the year, the week and the day as data: what tariffs and prices say of them, and whether a moment lies within.

A window is a mapping, every key of it may be absent: "months" a list of 1 to 12, "days" one of "all", "workdays", "free", "hours" a
list of (from, to) with 0 to 24, over midnight where from is greater, "value" an integer. Workdays are Monday to Friday but for
public holidays; free days are the others. The first window that fits counts.
"""

from . import zone


class Windows:
    """The windows of one tariff. form: as checking.windows() makes it of the rows."""

    def __init__(self, form):
        self._name, self._table = form
        self._date = None
        self._known = False

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
