"""Prices of energy, and what it cost and earned. A rare room: errands.py enters it. What it needs besides it enters one by one.

`contract.json` says what a kWh costs in the end: {"currency": "NOK", "import": {…}, "export": {…}}, both as energy.contract
describes them; without it, and of what it does not say, the spot price alone counts. `ledger/prices` holds the currency and the spot
prices of three days, `ledger/costs` the quarter hour from which on nothing was looked at yet, a checksum, and energy.cost's state;
each is written aside and renamed.
"""

import json
import struct

from energy import zone
from energy.crc import crc16
from energy.errors import DataError
from micropython import const

from firmware import let_go
from firmware.errands import iso, write

_CONTRACT = const("contract.json")
_PRICES = const("ledger/prices")
_COSTS = const("ledger/costs")
_LARGEST = const(3072)
_LOT = const(8)
_DAY_S = const(86400)
# Quarter hours that a price which comes late is still good for, as energy.cost has it.
_LATE = const(32)


class Terms:
    """The contract. Attributes: currency ("" where it says none), fixed (neither price asks for the spot price), windows (a kWh costs more
    at some times). Raises DataError."""

    def __init__(self, data):
        if not isinstance(data, dict) or not isinstance(data.get("import", {}), dict) or not isinstance(data.get("export", {}), dict):
            raise DataError("a contract must be a JSON object with import and export")
        currency = self.currency = data.get("currency", "")
        if not isinstance(currency, str) or currency and (len(currency) != 3 or not "A" <= min(currency) or not max(currency) <= "Z"):
            raise DataError("currency must be three capital letters")
        from energy.contract import Contract

        self._texts = data.get("import", {}), data.get("export", {})
        self._table = [Contract(part) for part in self._texts]
        self.fixed = self._texts[0].get("share", 1000) == 0
        self.windows = bool(self._texts[0].get("windows"))

    def price(self, channel, standard, utc, prices):
        """Money a kWh drawn (channel 0) or fed in (1) at that time, None where the spot price that it takes is not known."""
        spot = prices.spot(utc)
        if spot is None:
            if self._texts[channel].get("share", 1000) or self._texts[channel].get("support_share", 0):
                return None
            spot = 0
        return self._table[channel].price(standard, utc, spot)


def contract():
    """The user's Terms. Raises DataError."""
    try:
        with open(_CONTRACT, "rb") as f:
            return Terms(json.loads(f.read(_LARGEST).decode()))
    except OSError:
        return Terms({})
    except DataError:
        raise
    except ValueError:
        raise DataError(_CONTRACT + " is no JSON object of less than %d bytes" % _LARGEST)


def adopt(dues, text):
    """Take a contract, bytes of JSON. Raises DataError; then the old one stays."""
    if len(text) >= _LARGEST:
        raise DataError("a contract must be one JSON object of less than %d bytes" % _LARGEST)
    try:
        data = json.loads(text.decode())
    except ValueError:
        raise DataError("this is not JSON")
    Terms(data)
    write(_CONTRACT, text)
    if dues and dues.priced:
        dues.since[1] = None
        dues.due[1] = True


def work(dues, records, more):
    """Take prices that have come, count what records of the ledger cost; unless `more` of them come, return what standing.py tells of
    it. Yields now and then. Sets the second of dues.since where it is None, or where costs have to be counted again. Raises DataError.
    """
    keeper = dues.keeper
    now = keeper.ledger.time
    fresh = False
    if dues.offer:
        offer = dues.offer
        dues.offer = None
        fresh = _take(keeper, offer, now)
        let_go("energy.price")
        yield
    upto, state = _read()
    if fresh or dues.since[1] is None:
        since = [record[1] for record in records[:1]]
        if fresh:
            # What was closed without a price gets one.
            since.append(now // 900 - _LATE)
        if upto is None:
            # From the beginning of the month.
            day = zone.local(keeper.standard, now) // 86400
            since.append(zone.midnight(keeper.standard, day - zone.date(day)[2] + 1) // 900)
        elif dues.since[1] is None:
            since.append(upto)
        dues.since[1] = min(since)
        return None
    found = []
    facts = yield from _find(keeper.standard, now, records, found, more)
    let_go("energy.contract", "energy.price", "energy.windows", "energy.holidays")
    yield
    from energy.cost import Costs

    try:
        costs = Costs(keeper.standard, state)
    except ValueError:
        costs = Costs(keeper.standard)
    for n, record in enumerate(records):
        costs.note(record, *found[n])
        upto = max(upto or 0, record[1] + 1)
    if records:
        yield
        head = struct.pack("<I", upto)
        write(_COSTS, head + struct.pack(">H", crc16(head)) + costs.state())
    if more:
        return None
    return facts[:2] + ([costs.sums(period) for period in range(5)], costs.unpriced()) + facts[2:]


def _take(keeper, offer, now):
    """Put what has come among the prices. Return whether that changed them. Raises DataError."""
    currency, runs = offer
    old, prices = stored()
    wanted = contract().currency
    if currency and wanted and currency != wanted:
        raise DataError("these prices are in %s, the contract in %s" % (currency, wanted))
    for begin, span, row in runs:
        if not now - 2 * _DAY_S < begin + span * len(row) < now + 3 * _DAY_S:
            raise DataError("these prices are of other days: from %s on" % iso(begin))
    before = prices.state()
    for begin, span, row in runs:
        prices.put(begin, span, row)
    after = prices.state()
    if after == before:
        return False
    write(_PRICES, ((currency or wanted) + "   ")[:3].encode() + after)
    keeper.log.line("prices", "known up to %s" % iso(prices.end()))
    return True


def _find(standard, now, records, found, more):
    """Append what a kWh drawn and fed in cost to `found` for each of the records. Unless there are more, return (currency, the prices
    now, up to when they are known, when the cheapest hours begin)."""
    currency, prices = stored()
    terms = contract()
    for n, record in enumerate(records):
        found.append([terms.price(channel, standard, record[1] * 900, prices) for channel in range(2)])
        if n % _LOT == _LOT - 1:
            yield
    if more:
        return None
    present = [terms.price(channel, standard, now, prices) for channel in range(2)]
    end = until = prices.end()
    if terms.fixed:
        end = now + _DAY_S if terms.windows else 0
    if terms.windows or terms.fixed:
        # In memory only: of each quarter hour what it really costs.
        for utc in range(now - now % 900, end, 900):
            price = terms.price(0, standard, utc, prices)
            if price is not None:
                prices.put(utc, 900, (price,))
            if utc // 900 % _LOT == 0:
                yield
    cheapest = []
    for hours in (1, 3, 6):
        found = prices.cheapest(now, 4 * hours) if end > now else None
        if found:
            cheapest.append((hours, found[0]))
    return currency or terms.currency, present, until if until > now else 0, cheapest


def stored():
    """(currency, energy.price.Prices) as they were stored."""
    from energy.price import Prices

    try:
        with open(_PRICES, "rb") as f:
            return f.read(3).decode().strip(), Prices(f.read())
    except (OSError, ValueError):
        return "", Prices()


def _read():
    """(quarter hour up to which all was looked at, the costs' state) as they were stored, None where there is nothing good."""
    try:
        with open(_COSTS, "rb") as f:
            data = f.read()
    except OSError:
        return None, None
    if len(data) < 6 or crc16(data, 6):
        return None, None
    return struct.unpack("<I", data[:4])[0], data[6:]
