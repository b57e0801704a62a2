"""Spot prices as they come and as they are kept: `ledger/prices` holds their currency, then energy.price's state. A rare room."""

from energy.errors import DataError
from energy.price import Prices
from micropython import const

from firmware import let_go
from firmware.errands import iso, write

_PRICES = const("ledger/prices")
_DAY_S = const(86400)


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
