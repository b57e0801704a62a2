"""Energy as the books have it: the hours of a day, the days of a month. Entered for one request."""

from energy import zone
from han.reading import decimal

from firmware import HttpError, let_go
from firmware.clock import iso

_QUALITIES = ("measured", "split", "estimated", "missing")


async def answer(door, request, word, asked):
    span = request.asked("span")
    form = request.asked("format") or "json"
    if span not in ("day", "month") or form not in ("json", "csv"):
        raise HttpError(400, "span must be day or month, format json or csv")
    date = request.asked("date")
    ledger = door.keeper.ledger
    standard = ledger.standard
    now = max(ledger.time, door.clock.epoch())
    if date:
        first = zone.read_clock(date + "T00:00:00") // 86400
        if len(date) != 10 or first < 0 or not 2000 <= int(date[:4]) < 2068 or zone.date(first) != (int(date[:4]), int(date[5:7]), int(date[8:])):
            raise HttpError(400, "date must be such as 2026-01-31")
        # Before the time is known, all that is in the books is past.
        now = now or (first + 31) * 86400
    elif not now:
        # Before the time is known there is no today.
        first = None
    else:
        first = zone.local(standard, now) // 86400
    days = 1
    if first is not None and span == "month":
        year, month, day = zone.date(first)
        first -= day - 1
        days = zone.days(year, month + 1, 1) - first if month < 12 else 31
    slots = ()
    places = 0
    if first is not None:
        since = zone.midnight(standard, first)
        until = zone.midnight(standard, first + days)
        places = days if span == "month" else (until - since) // 3600
        # While nothing is said yet: without memory for it, the answer is another one.
        from firmware import books

        slots = _hours(ledger, books.find(3600, since // 3600, until // 3600), since // 3600, min(until, now + 3599) // 3600)
        del books
        if span == "month":
            slots = _days(standard, slots, first, days, now)
    if form == "csv":
        return 200, "text/csv; charset=utf-8", _csv(slots), \
            'Content-Disposition: attachment; filename="hamn-%s.csv"\r\n' % (date or span)
    return 200, "", _json(slots, first, places), ""


def kwh(energy):
    """Wh as text in kWh."""
    return decimal(energy, 3, 3)


def _hours(ledger, rows, first, last):
    """(UTC, quality, Wh import, Wh export, whether it is running) of the hours from one index up to before another; Wh None where there
    is no record."""
    row = ()
    try:
        for index in range(first, last):
            while row is not None and (not row or row[0] < index):
                row = next(rows, None)
            if index == ledger.time // 3600:
                yield index * 3600, 0, ledger.so_far(0), ledger.so_far(1), True
            elif row and row[0] == index:
                yield index * 3600, row[1], row[2], row[3], False
            else:
                yield index * 3600, 3, None, None, False
    finally:
        rows.close()
        let_go("books", "energy.crc")


def _days(standard, hours, first, days, now):
    """The same of local days: as good as the worst of their hours."""
    try:
        for day in range(first, first + days):
            begin = zone.midnight(standard, day)
            if begin > now:
                return
            worst = 0
            drawn = fed = None
            runs = False
            for _ in range((zone.midnight(standard, day + 1) - begin) // 3600):
                found = next(hours, None)
                if found is None:
                    break
                worst = max(worst, found[1])
                runs = found[4]
                if found[2] is not None:
                    drawn = (drawn or 0) + found[2]
                    fed = (fed or 0) + found[3]
            yield begin, worst, drawn, fed, runs
    finally:
        hours.close()


def _json(slots, first, places):
    piece = '{"unit":"kWh","date":null,"places":%d,"slots":[' % places
    if first is not None:
        piece = piece.replace("null", '"%04d-%02d-%02d"' % zone.date(first))
    between = ""
    try:
        for utc, quality, drawn, fed, runs in slots:
            piece += '%s{"time":"%s","import_kwh":%s,"export_kwh":%s,"quality":"%s"%s}' % (
                between, iso(utc), "null" if drawn is None else kwh(drawn), "null" if fed is None else kwh(fed), _QUALITIES[quality],
                ',"running":true' if runs else "")
            between = ","
            if len(piece) > 300:
                yield piece
                piece = ""
        yield piece + "]}"
    finally:
        if first is not None:
            slots.close()


def _csv(slots):
    yield "time,import_kwh,export_kwh,quality\r\n"
    for utc, quality, drawn, fed, runs in slots:
        # What is not over yet is no row that one keeps.
        if drawn is not None and not runs:
            yield "%s,%s,%s,%s\r\n" % (iso(utc), kwh(drawn), kwh(fed), _QUALITIES[quality])
