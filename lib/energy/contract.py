"""What a kWh costs in the end, or earns. Money in 1/1000 öre (or cent) a kWh, signed. A contract is data, a mapping, as JSON holds it:

  share                thousandths of the spot price that count; 1000. Other than that for percentages on top or below
  fixed                money a kWh on top
  windows              more money a kWh by time (windows.py), such as a grid company's day and night price
  holidays             see holidays.py
  support_above, support_share   of the spot price above a threshold, thousandths that the state pays (Norway)
  vat                  thousandths on top of all that
"""


class Contract:
    """What a kWh costs or earns. data: the mapping, or the form that checking.contract() makes of it. Raises DataError for a mapping that
    cannot be used."""

    def __init__(self, data):
        if isinstance(data, dict):
            from . import checking

            data = checking.contract(data)
        self._s = data
        self._spans = None
        if data[5]:
            from .windows import Windows

            self._spans = Windows(data[5])

    def price(self, standard, utc, spot):
        """Money a kWh at that time."""
        share, fixed, above, support, vat, _ = self._s
        paid = spot * share // 1000 - max(0, spot - above) * support // 1000
        paid += fixed + (self._spans.find(standard, utc, 0) if self._spans else 0)
        return paid * (1000 + vat) // 1000
