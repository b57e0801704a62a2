"""How the hour stands, for who looks on: the running interval against its limit, and what goes out as T/usage. Entered for one request."""

from han.reading import decimal

from firmware import let_go
from firmware.clock import iso


async def answer(door, request, word, asked):
    keeper = door.keeper
    ledger = keeper.ledger
    if not ledger.time:
        return 200, "", '{"time":null}', ""
    limit = keeper.guard.limit(keeper) if keeper.guard else keeper.limit
    text = '{"interval_s":%d,"interval_import_kwh":%s,"interval_expected_kwh":%s,"limit_w":%s' % (
        keeper.span, decimal(ledger.so_far(0, keeper.span), 3, 3), decimal(ledger.expected(0, keeper.span), 3, 3),
        "null" if limit is None else limit)
    last = ledger.last[0]
    if last:
        text += ',"last_hour":"%s"' % iso(3600 * last)
    from firmware import usage

    text += "," + usage.message(keeper)[1:].decode()
    del usage
    let_go("usage")
    return 200, "", text, ""
