"""Prices of energy, and what it cost and earned. A rare room: errands.py enters it.

`contract.json` says what a kWh costs in the end: {"currency": "NOK", "import": {…}, "export": {…}}, both as energy.price.Contract
describes them; without it, and of what it does not say, the spot price alone counts. `ledger/prices` holds the currency and the spot
prices of three days, `ledger/costs` the quarter hour from which on nothing was looked at yet, a checksum, and energy.cost's state;
each is written aside and renamed. `ledger/prices.json` is what T/cost says.
"""

import json
import struct

from energy.cost import Costs
from energy.crc import crc16
from energy.price import Contract, Prices
from energy.windows import DataError
from han.reading import decimal
from micropython import const

from firmware.errands import iso, tell, write

CONTRACT = "contract.json"
_PRICES = const("ledger/prices")
_COSTS = const("ledger/costs")
_REPORT = const("ledger/prices.json")
_LARGEST = const(3072)
_LOT = const(8)
_DAY_S = const(86400)
# Quarter hours that a price which comes late is still good for.
_LATE = const(96)
_PERIODS = const(("hour", "today", "month", "yesterday", "last_month"))


class Terms:
    """The contract. Attributes: currency ("" where it says none), fixed (neither price asks for the spot price), timed (a kWh costs more
    at some times). Raises DataError."""

    def __init__(self, data):
        if not isinstance(data, dict) or not isinstance(data.get("import", {}), dict) or not isinstance(data.get("export", {}), dict):
            raise DataError("a contract must be a JSON object with import and export")
        currency = self.currency = data.get("currency", "")
        if not isinstance(currency, str) or currency and (len(currency) != 3 or not "A" <= min(currency) or not max(currency) <= "Z"):
            raise DataError("currency must be three capital letters")
        self._data = data.get("import", {}), data.get("export", {})
        self._contracts = [Contract(part) for part in self._data]
        self.fixed = self._data[0].get("share", 1000) == 0
        self.timed = bool(self._data[0].get("windows"))

    def price(self, way, standard, utc, prices):
        """Money a kWh drawn (way 0) or fed in (1) at that time, None where the spot price that it takes is not known."""
        spot = prices.spot(utc)
        if spot is None:
            if self._data[way].get("share", 1000) or self._data[way].get("support_share", 0):
                return None
            spot = 0
        return self._contracts[way].price(standard, utc, spot)


def contract():
    """The user's Terms. Raises DataError."""
    try:
        with open(CONTRACT, "rb") as f:
            return Terms(json.loads(f.read(_LARGEST).decode()))
    except OSError:
        return Terms({})
    except DataError:
        raise
    except ValueError:
        raise DataError(CONTRACT + " is no JSON object of less than %d bytes" % _LARGEST)


def adopt(dues, text):
    """Take a contract, bytes of JSON. Raises DataError; then the old one stays."""
    if len(text) >= _LARGEST:
        raise DataError("a contract must be one JSON object of less than %d bytes" % _LARGEST)
    try:
        data = json.loads(text.decode())
    except ValueError:
        raise DataError("this is not JSON")
    Terms(data)
    write(CONTRACT, text)
    if dues and dues.priced:
        dues.since[1] = None
        dues.due[1] = True


def work(dues, records, more):
    """Take prices that have come, count what records of the ledger cost; unless `more` of them come, tell what has changed. Yields now and
    then. Sets the second of dues.since where it is None, or where costs have to be counted again. Raises DataError."""
    standard = dues.keeper.standard
    now = dues.keeper.ledger.time
    terms = contract()
    currency, prices = stored()
    yield
    offer = dues.offer
    dues.offer = None
    fresh = False
    if offer:
        if _take(offer, terms, currency, prices, now):
            currency = offer.currency or terms.currency
            write(_PRICES, (currency + "   ")[:3].encode() + prices.state())
            dues.keeper.log.line("prices", "known up to %s" % iso(prices.end()))
            fresh = True
    upto, state = _counted()
    try:
        costs = Costs(standard, state)
    except ValueError:
        upto, costs = None, Costs(standard)
    if fresh or dues.since[1] is None:
        # What was closed without a price gets one.
        since = [record[1] for record in records[:1]]
        if dues.since[1] is None and upto is not None:
            since.append(upto)
        if fresh or upto is None:
            since.append(now // 900 - _LATE)
        dues.since[1] = min(since)
        return
    for n, record in enumerate(records):
        utc = record[1] * 900
        costs.note(record, terms.price(0, standard, utc, prices), terms.price(1, standard, utc, prices))
        upto = max(upto or 0, record[1] + 1)
        if n % _LOT == _LOT - 1:
            yield
    if records:
        head = struct.pack("<I", upto)
        write(_COSTS, head + struct.pack(">H", crc16(head)) + costs.state())
    if not more:
        yield
        yield from _tell(dues.keeper, terms, currency or terms.currency, prices, costs, now)


def _take(offer, terms, currency, prices, now):
    """Put what has come among the prices. Return whether that changed them. Raises DataError."""
    if offer.currency and terms.currency and offer.currency != terms.currency:
        raise DataError("these prices are in %s, the contract in %s" % (offer.currency, terms.currency))
    runs = offer.runs()
    for begin, span, row in runs:
        if not now - 2 * _DAY_S < begin + span * len(row) or not begin + span * len(row) < now + 3 * _DAY_S:
            raise DataError("these prices are of other days: from %s on" % iso(begin))
    before = prices.state()
    for begin, span, row in runs:
        prices.put(begin, span, row)
    return prices.state() != before


def stored():
    """(currency, Prices) as they were stored."""
    try:
        with open(_PRICES, "rb") as f:
            return f.read(3).decode().strip(), Prices(f.read())
    except (OSError, ValueError):
        return "", Prices()


def _counted():
    """(quarter hour up to which all was looked at, the costs' state) as they were stored, None where there is nothing good."""
    try:
        with open(_COSTS, "rb") as f:
            data = f.read()
    except OSError:
        return None, None
    if len(data) < 6 or crc16(data, 6):
        return None, None
    return struct.unpack("<I", data[:4])[0], data[6:]


def _tell(keeper, terms, currency, prices, costs, now):
    """Say what it costs: T/cost, and the same in a file, where it has changed."""
    standard = keeper.standard
    text = '{"currency":%s' % json.dumps(currency)
    for way, name in enumerate(("price", "price_export")):
        price = terms.price(way, standard, now, prices)
        if price is not None:
            text += ',"%s":%s' % (name, decimal(price, 5, 5))
    for period, name in enumerate(_PERIODS):
        cost, income = costs.sums(period)
        text += ',"%s_cost":%s,"%s_income":%s' % (name, _money(cost), name, _money(income))
    text += ',"unpriced_kwh":%s' % decimal(costs.unpriced(), 3, 3)
    end = prices.end()
    if end > now:
        text += ',"known_until":"%s"' % iso(end)
    if terms.fixed:
        end = now + _DAY_S if terms.timed else 0
    if terms.timed or terms.fixed:
        # In memory only: of each quarter hour what it really costs.
        for utc in range(now - now % 900, end, 900):
            price = terms.price(0, standard, utc, prices)
            if price is not None:
                prices.put(utc, 900, (price,))
            if utc // 900 % _LOT == 0:
                yield
    if end:
        for hours in (1, 3, 6):
            found = prices.cheapest(now, 4 * hours)
            if found:
                text += ',"cheapest_%dh":"%s"' % (hours, iso(found[0]))
    data = (text + "}").encode()
    try:
        with open(_REPORT, "rb") as f:
            if f.read() == data:
                return
    except OSError:
        pass
    tell(keeper, 1, data)
    write(_REPORT, data)


def _money(amount):
    """Crowns with two decimals, of 1/1000 öre."""
    return decimal((amount + 500) // 1000, 2, 2)
