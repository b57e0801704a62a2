"""Capacity tariffs as data: which intervals count, how much, and what a month's peaks cost.

A tariff is a mapping, as JSON holds it. Money is in 1/1000 öre, so that 81.25 kr is 8125000.

  name, source, from   what it is, where its prices stand, since when; texts
  currency             such as "NOK"
  interval             60 or 15 minutes
  flow                 "import" or "export"
  holidays             "", "NO", "SE" or "SE+" (holidays.py)
  windows              what counts when, see windows.py: value is the weight in thousandths; absent: everything counts fully; where
                       no window fits, nothing does
  peaks                how many, 1 to 10
  distinct             whether each must be of a day of its own
  combine              "mean" or "max" of them
  steps                a list of (from W, money a month), or
  per_kw               money a month for each kW, one number or twelve, January first
  free_w               W that cost nothing, with per_kw
"""

from ._const import const
from .errors import COUNTRIES, DataError, whole, word

_MONEY = const(1 << 40)
_WATTS = const(1 << 30)


class Tariff:
    """Raises DataError for data that cannot be used. Attributes: data, span (s), channel, count, distinct, mean."""

    def __init__(self, data):
        self.data = data
        try:
            if whole(data, "interval", 60, 15, 60) not in (15, 60):
                raise DataError("interval must be 15 or 60")
            self.span = 60 * data.get("interval", 60)
            self.channel = ("import", "export").index(word(data, "flow", ("import", "export")))
            self.count = whole(data, "peaks", 3, 1, 10)
            self.distinct = bool(data.get("distinct", True))
            self.mean = word(data, "combine", ("mean", "max")) == "mean"
            holidays = word(data, "holidays", COUNTRIES)
            self._spans = None
            if "windows" in data:
                # Entered when needed: most tariffs count every interval fully.
                from .windows import Windows

                self._spans = Windows(data["windows"], holidays, 0, 10000)
            self._table = [(whole({"steps": a}, "steps", 0, 0, _WATTS), whole({"steps": b}, "steps", 0, 0, _MONEY))
                           for a, b in data.get("steps", ())]
            prices = data.get("per_kw", 0)
            prices = [prices] * 12 if isinstance(prices, int) else list(prices)
            self._values = [whole({"per_kw": price}, "per_kw", 0, 0, _MONEY) for price in prices]
            self._base = whole(data, "free_w", 0, 0, _WATTS)
        except (TypeError, AttributeError, KeyError):
            raise DataError("the tariff has a list, a text or a number where something else belongs")
        if self._table != sorted(self._table) or self._table and self._table[0][0]:
            raise DataError("steps must begin at 0 W and rise")
        if len(self._values) != 12:
            raise DataError("per_kw must be one number or twelve")

    def weight(self, standard, utc):
        """Thousandths with which the interval that begins at that time counts."""
        return self._spans.find(standard, utc, 0) if self._spans else 1000

    def fee(self, watts, month):
        """Money for a month (1 to 12) whose peaks come to so many W."""
        money = max(0, watts - self._base) * self._values[month - 1] // 1000
        for begin, price in self._table:
            if watts >= begin:
                step = price
        return money + step if self._table else money

    def next_step(self, watts):
        """The W at which the next step begins, None without one."""
        for begin, _ in self._table:
            if begin > watts:
                return begin
        return None
