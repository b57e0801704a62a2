"""Corrections of the month's peaks. Entered for one request."""

import asyncio

from energy import zone
from micropython import const

from firmware import HttpError, let_go

# So many tenths of a second an answer waits for the peaks as they are then.
_PATIENCE = const(60)


async def answer(door, request, word, asked):
    dues = door.keeper.dues
    action = request.name
    if action not in ("confirm", "drop", "put", "undo"):
        raise HttpError(404, "there is nothing here")
    watts = asked.get("power_w", 0)
    index = 0
    if action != "undo":
        start = asked.get("start")
        span = door.keeper.span
        utc = zone.read_clock(start[:19]) if isinstance(start, str) and start[19:] == "Z" else -1
        if utc < 0 or utc % span:
            raise HttpError(422, {"problems": {"start": "start must be the beginning of an interval such as 2026-01-31T10:00:00Z"}})
        index = utc // span
    if action == "put" and (not isinstance(watts, int) or isinstance(watts, bool) or not 0 <= watts <= 1000000):
        raise HttpError(422, {"problems": {"power_w": "power_w must be a whole number from 0 to 1000000"}})
    if not dues or dues.tariff == "none":
        raise HttpError(404, "no tariff is chosen")
    if not dues.correct(action, index, watts):
        raise HttpError(503, "there are corrections under way", "Retry-After: 5\r\n")
    asked.clear()
    for _ in range(_PATIENCE):
        await asyncio.sleep_ms(100)
        if not dues.wishes and not dues.busy:
            break
    from firmware import web_report

    try:
        return 200, "", web_report.report(dues, "peaks"), ""
    finally:
        del web_report
        let_go("web_report")
