"""Spot prices as they come and as they are kept, and what a kWh costs in the end. A rare room: prices.py enters it.

`ledger/prices` holds their currency, then energy.price's state.
"""

from energy.errors import DataError
from energy.price import Prices
from micropython import const

from firmware import let_go
from firmware.clock import iso
from firmware.draft import write

_PRICES = const("ledger/prices")
_DAY_S = const(86400)
_LOT = const(8)
# Places in the form of a contract.
_SHARE = const(0)
_SUPPORT = const(3)
_WINDOWS = const(5)


def stored():
    """(currency, energy.price.Prices) as they were stored."""
    try:
        with open(_PRICES, "rb") as f:
            return f.read(3).decode().strip(), Prices(f.read())
    except (OSError, ValueError):
        return "", Prices()


def take(keeper, offer, now):
    """Put what has come, currency and runs of an energy.spot.Offer, among the prices. Return whether that changed them. Raises DataError,
    OSError."""
    currency, runs = offer
    from firmware import terms

    wanted = terms.contract()[0]
    del terms
    let_go("terms")
    if currency and wanted and currency != wanted:
        raise DataError("these prices are in %s, the contract in %s" % (currency, wanted))
    for begin, span, row in runs:
        if not now - 2 * _DAY_S < begin + span * len(row) < now + 3 * _DAY_S:
            raise DataError("these prices are of other days: from %s on" % iso(begin))
    old, prices = stored()
    currency = currency or wanted
    fresh = currency != old
    for begin, span, row in runs:
        for n in range(0, len(row)):
            fresh = fresh or prices.spot(begin + n * span) != row[n]
        prices.put(begin, span, row)
    if fresh:
        write(_PRICES, (currency + "   ")[:3].encode(), prices.state())
        keeper.log.line("prices", "known up to %s" % iso(prices.end()))
    return fresh


def find(standard, now, records, found, more):
    """Append what a kWh drawn and fed in cost to `found` for each of the records, None where that is not known. Unless there are more,
    return (currency, the same for now, up to when prices are known, when the cheapest hours begin). Yields now and then. Raises DataError.
    """
    from firmware import terms

    wanted, *forms = terms.contract()
    del terms
    let_go("terms")
    currency, prices = stored()
    from energy.contract import Contract

    contracts = [Contract(form) for form in forms]
    # What does not ask for the market's price needs none.
    fixed = [not form[_SHARE] and not form[_SUPPORT] for form in forms]

    def price(channel, utc):
        spot = prices.spot(utc)
        if spot is None and not fixed[channel]:
            return None
        return contracts[channel].price(standard, utc, spot or 0)

    for n, record in enumerate(records):
        found.append([price(channel, record[1] * 900) for channel in range(2)])
        if n % _LOT == _LOT - 1:
            yield
    if more:
        return None
    present = [price(channel, now) for channel in range(2)]
    end = until = prices.end()
    timed = forms[0][_WINDOWS] is not None
    if fixed[0]:
        end = now + _DAY_S if timed else 0
    if timed or fixed[0]:
        # In memory only: of each quarter hour what it really costs.
        for utc in range(now - now % 900, end, 900):
            cost = price(0, utc)
            if cost is not None:
                prices.put(utc, 900, (cost,))
            if utc // 900 % _LOT == 0:
                yield
    cheapest = []
    for hours in (1, 3, 6):
        first = prices.cheapest(now, 4 * hours) if end > now else None
        if first:
            cheapest.append((hours, first[0]))
    return currency or wanted, present, until if until > now else 0, cheapest
