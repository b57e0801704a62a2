"""Energy as the books have it: the hours of a day, the days of a month. Entered for one request."""

import time

from energy import zone
from han.reading import decimal

from firmware import HttpError, let_go

# Seconds from the port's own epoch to 2000.
_BEFORE = 0 if time.gmtime(0)[0] == 2000 else 946684800
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
    if form == "csv":
        return 200, "text/csv; charset=utf-8", _csv(ledger, span, first, days, now), \
            'Content-Disposition: attachment; filename="hamn-%s.csv"\r\n' % (date or span)
    return 200, "", _json(ledger, span, first, days, now), ""


def iso(utc):
    """Such as 2026-01-31T23:59:50Z, from seconds since 2000."""
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % time.gmtime(utc + _BEFORE)[:6]


def kwh(energy):
    """Wh as text in kWh."""
    return decimal(energy, 3, 3)


def _hours(ledger, since, until, now):
    """(index, quality, Wh import, Wh export) of every hour that has begun between the two moments; quality -1 for the one that runs,
    Wh None where there is no record."""
    from firmware import books

    rows = books.find(3600, since // 3600, until // 3600)
    del books
    row = None
    ended = False
    try:
        for index in range(since // 3600, min(until, now + 3599) // 3600):
            while not ended and (row is None or row[0] < index):
                row = next(rows, None)
                ended = row is None
            if index == ledger.time // 3600:
                yield index, -1, ledger.so_far(0), ledger.so_far(1)
            elif not ended and row[0] == index:
                yield index, row[1], row[2], row[3]
            else:
                yield index, 3, None, None
    finally:
        rows.close()
        let_go("books", "energy.journal", "energy.crc")


def _days(ledger, first, days, now):
    """(UTC, quality, Wh, Wh, runs) of every local day that has begun: as good as the worst of its hours."""
    standard = ledger.standard
    since = zone.midnight(standard, first)
    hours = _hours(ledger, since, zone.midnight(standard, first + days), now)
    try:
        for day in range(first, first + days):
            begin = zone.midnight(standard, day)
            if begin > now:
                return
            worst = 0
            sums = [None, None]
            runs = False
            for _ in range((zone.midnight(standard, day + 1) - begin) // 3600):
                found = next(hours, None)
                if found is None:
                    break
                worst = max(worst, found[1])
                runs = runs or found[1] < 0
                if found[2] is not None:
                    sums = [(sums[0] or 0) + found[2], (sums[1] or 0) + found[3]]
            yield begin, worst, sums[0], sums[1], runs
    finally:
        hours.close()


def _slots(ledger, span, first, days, now):
    """The same of hours or of days."""
    if first is None:
        return
    if span == "month":
        for slot in _days(ledger, first, days, now):
            yield slot
        return
    standard = ledger.standard
    for index, quality, drawn, fed in _hours(ledger, zone.midnight(standard, first), zone.midnight(standard, first + 1), now):
        yield index * 3600, max(quality, 0), drawn, fed, quality < 0


def _json(ledger, span, first, days, now):
    if first is None:
        yield '{"unit":"kWh","date":null,"places":0,"slots":[]}'
        return
    places = days
    if span == "day":
        places = (zone.midnight(ledger.standard, first + 1) - zone.midnight(ledger.standard, first)) // 3600
    piece = '{"unit":"kWh","date":"%04d-%02d-%02d","places":%d,"slots":[' % (zone.date(first) + (places,))
    between = ""
    for utc, quality, drawn, fed, runs in _slots(ledger, span, first, days, now):
        piece += '%s{"time":"%s","import_kwh":%s,"export_kwh":%s,"quality":"%s"%s}' % (
            between, iso(utc), "null" if drawn is None else kwh(drawn), "null" if fed is None else kwh(fed), _QUALITIES[quality],
            ',"running":true' if runs else "")
        between = ","
        if len(piece) > 300:
            yield piece
            piece = ""
    yield piece + "]}"


def _csv(ledger, span, first, days, now):
    yield "time,import_kwh,export_kwh,quality\r\n"
    for utc, quality, drawn, fed, runs in _slots(ledger, span, first, days, now):
        # What is not over yet is no row that one keeps.
        if drawn is not None and not runs:
            yield "%s,%s,%s,%s\r\n" % (iso(utc), kwh(drawn), kwh(fed), _QUALITIES[quality])
