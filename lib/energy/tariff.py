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


class Tariff:
    """data: the mapping, or the form that checking.tariff() makes of it. Raises DataError for a mapping that cannot be used.

    Attributes: form, currency, name, span (s), channel, count, distinct, mean, steps (whether it has them).
    """

    def __init__(self, data):
        if isinstance(data, dict):
            from . import checking

            data = checking.tariff(data)
        self.form = data
        (self.currency, self.name, self.span, self.channel, self.count, self.distinct, self.mean, windows, self.steps, self._values,
         self._base) = data
        self._spans = None
        if windows:
            # Entered when needed: most tariffs count every interval fully.
            from .windows import Windows

            self._spans = Windows(windows)

    def weight(self, standard, utc):
        """Thousandths with which the interval that begins at that time counts."""
        return self._spans.find(standard, utc, 0) if self._spans else 1000

    def fee(self, watts, month):
        """Money for a month (1 to 12) whose peaks come to so many W."""
        money = max(0, watts - self._base) * self._values[month - 1] // 1000
        for begin, price in self.steps:
            if watts >= begin:
                step = price
        return money + step if self.steps else money

    def next_step(self, watts):
        """The W at which the next step begins, None without one."""
        for begin, _ in self.steps:
            if begin > watts:
                return begin
        return None
