"""What a kWh costs in the end, or earns. Money in 1/1000 öre (or cent) a kWh, signed. A contract is data, a mapping, as JSON holds it:

  share                thousandths of the spot price that count; 1000. Other than that for percentages on top or below
  fixed                money a kWh on top
  windows              more money a kWh by time (windows.py), such as a grid company's day and night price
  holidays             see holidays.py
  support_above, support_share   of the spot price above a threshold, thousandths that the state pays (Norway)
  vat                  thousandths on top of all that
"""

from ._const import const
from .errors import COUNTRIES, DataError, whole, word

_MOST = const(1 << 30)


class Contract:
    """What a kWh costs or earns. Raises DataError for data that cannot be used."""

    def __init__(self, data):
        try:
            self._s = (whole(data, "share", 1000, 0, 10000), whole(data, "fixed", 0, -_MOST, _MOST),
                       whole(data, "support_above", 0, -_MOST, _MOST), whole(data, "support_share", 0, 0, 1000), whole(data, "vat", 0, 0, 1000))
            holidays = word(data, "holidays", COUNTRIES)
            self._spans = None
            if "windows" in data:
                from .windows import Windows

                self._spans = Windows(data["windows"], holidays, -_MOST, _MOST)
        except (TypeError, AttributeError, KeyError):
            raise DataError("the contract has a list, a text or a number where something else belongs")

    def price(self, standard, utc, spot):
        """Money a kWh at that time."""
        share, fixed, above, support, vat = self._s
        paid = spot * share // 1000 - max(0, spot - above) * support // 1000
        paid += fixed + (self._spans.find(standard, utc, 0) if self._spans else 0)
        return paid * (1000 + vat) // 1000
