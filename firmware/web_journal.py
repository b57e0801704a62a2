"""The ledger's books as lines of text, to be kept; web_bring.py takes them in again. Entered for one request."""

from energy import zone
from micropython import const

from firmware import HttpError, let_go

# In one answer: it has to be taken in ten seconds.
_DAYS = const(31)
_SPANS = const(("hour", "quarter"))


async def answer(door, request, word, asked):
    span = request.asked("span")
    since = zone.read_clock(request.asked("since") + "T00:00:00") // 86400
    until = zone.read_clock(request.asked("until") + "T00:00:00") // 86400
    if span not in _SPANS or since < 0 or not 0 <= until - since <= _DAYS:
        raise HttpError(400, "span must be hour or quarter, since and until dates such as 2026-01-31, at most 31 days apart")
    seconds = 900 if span == "quarter" else 3600
    standard = door.keeper.ledger.standard
    # While nothing is said yet: without memory for it, the answer is another one.
    from energy import table

    from firmware import books

    rows = books.find(seconds, zone.midnight(standard, since) // seconds, zone.midnight(standard, until) // seconds)
    return 200, "text/csv; charset=utf-8", _lines(rows, table, standard, seconds), \
        'Content-Disposition: attachment; filename="hamn-%s.csv"\r\n' % span


def _lines(rows, table, standard, span):
    piece = table.HEAD + "\r\n"
    try:
        for row in rows:
            piece += table.line((span,) + row[:6], standard, row[6]) + "\r\n"
            if len(piece) > 400:
                yield piece
                piece = ""
        yield piece
    finally:
        rows.close()
        let_go("books", "energy.crc", "energy.table")
