"""Prices of energy, and what it cost and earned. A rare room: errands.py enters it. Steps of its work are rooms again: quotes.py
takes the prices that have come and says what a kWh costs in the end, energy.cost adds up.

`ledger/costs` holds the quarter hour from which on nothing was looked at yet, a checksum, and energy.cost's state.
"""

import struct

from energy import zone
from energy.crc import crc16
from micropython import const

from firmware import let_go
from firmware.draft import write

_COSTS = const("ledger/costs")
# Quarter hours that a price which comes late is still good for, as energy.cost has it.
_LATE = const(32)


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
        from firmware import quotes

        fresh = quotes.take(keeper, offer, now)
        offer = quotes = None
        let_go("quotes", "terms", "energy.price", "energy.errors")
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
    from firmware import quotes

    found = []
    facts = yield from quotes.find(keeper.standard, now, records, found, more)
    quotes = None
    let_go("quotes", "terms", "energy.contract", "energy.price", "energy.errors", "energy.windows", "energy.holidays")
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
        head = struct.pack("<I", upto)
        write(_COSTS, head + struct.pack(">H", crc16(head)) + costs.state())
    if more:
        return None
    return facts[:2] + ([costs.sums(period) for period in range(5)], costs.unpriced()) + facts[2:]


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
