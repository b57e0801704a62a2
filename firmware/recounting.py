"""The ledger's sums of days and months, out of the books: behind the hours that another dongle had. A rare room."""

import asyncio

from micropython import const

from firmware import HttpError, let_go

# Hours that are counted at once.
_LOT = const(64)


async def run(keeper):
    """Count anew, store it, and take all that is in the books for told to the broker. Return what is answered. Raises HttpError."""
    ledger = keeper.ledger
    if not ledger.time:
        raise HttpError(503, "the time is not known yet", "Retry-After: 10\r\n")
    from energy import recount

    count = recount.Recount(ledger)
    from firmware import books

    try:
        for n, row in enumerate(books.find(3600, count.since, ledger.time // 3600 + 1)):
            count.add(row)
            if n % _LOT == 0:
                await asyncio.sleep_ms(0)
        if not count.apply():
            raise HttpError(503, "an hour has just ended", "Retry-After: 2\r\n")
        count = None
        from firmware import intervals

        intervals.skip()
        del intervals
        let_go("intervals")
        from firmware import balance

        balance.store(keeper)
        del balance
    except OSError:
        raise HttpError(500, "the flash did not take it")
    finally:
        count = None
        del recount, books
        let_go("recounting", "books", "balance", "intervals", "draft", "energy.recount", "energy.journal", "energy.crc", "energy.snapshot")
    return '{"taken":0,"kept":0}'
