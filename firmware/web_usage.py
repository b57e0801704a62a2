"""How the hour stands, for who looks on: the running interval against its limit, and what goes out as T/usage. Entered for one request."""

import time

from han.reading import decimal

from firmware import let_go

_BEFORE = 0 if time.gmtime(0)[0] == 2000 else 946684800


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
        text += ',"last_hour":"%04d-%02d-%02dT%02d:00:00Z"' % time.gmtime(3600 * last + _BEFORE)[:4]
    from firmware import usage

    text += "," + usage.message(keeper)[1:].decode()
    del usage
    let_go("usage")
    return 200, "", text, ""
