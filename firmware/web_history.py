"""The curves and the bars: mean power of the last hour and day, energy of hours and days. Entered for one request."""

import time

from firmware.live import unpack
from firmware.web_request import HttpError

_NONE = 0xFFFF
# Seconds from the port's own epoch to 2000.
_BEFORE = 0 if time.gmtime(0)[0] == 2000 else 946684800


async def answer(door, request, word, asked):
    span = request.asked("span")
    if word == "energy":
        if span not in ("day", "month"):
            raise HttpError(400, "span must be day or month")
        return 200, "", _energy(door, span), ""
    if span not in ("hour", "day"):
        raise HttpError(400, "span must be hour or day")
    form = request.asked("format") or "json"
    if form not in ("json", "csv"):
        raise HttpError(400, "format must be json or csv")
    live = door.live
    live.turn()
    # The steps up to the last that is over, the oldest first.
    if span == "hour":
        ring, length, end = live.hour, 10, live.step
    else:
        ring, length, end = live.day, 300, live.step // 30
    size = len(ring) // 2
    start = None
    if door.clock.known:
        start = door.clock.epoch() - door.log.uptime() + (end - size) * length
    if form == "csv":
        return 200, "text/csv; charset=utf-8", _csv(ring, size, end, start, length), \
            "Content-Disposition: attachment; filename=\"hamn-%s.csv\"\r\n" % span
    return 200, "", _json(ring, size, end, start, length), ""


def iso(seconds):
    """Such as 2026-01-31T23:59:50Z, from seconds since 2000."""
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % time.gmtime(seconds + _BEFORE)[:6]


def _json(ring, size, end, start, length):
    yield '{"start":%s,"step_s":%d' % ("null" if start is None else '"%s"' % iso(start), length)
    for half, name in enumerate(("import_w", "export_w")):
        yield ',"%s":[' % name
        piece = []
        for n in range(size):
            value = ring[half * size + (end + n) % size]
            piece.append("null" if value == _NONE else str(unpack(value)))
            if n % 60 == 59 or n == size - 1:
                yield ",".join(piece) + ("" if n == size - 1 else ",")
                piece = []
        yield "]"
    yield "}"


def _csv(ring, size, end, start, length):
    yield "time,import_w,export_w\r\n"
    piece = []
    for n in range(size):
        pair = [ring[half * size + (end + n) % size] for half in range(2)]
        if pair[0] != _NONE:
            when = iso(start + n * length) if start is not None else str((n - size) * length)
            piece.append("%s,%d,%d\r\n" % (when, unpack(pair[0]), unpack(pair[1])))
        if len(piece) == 16 or n == size - 1:
            if piece:
                yield "".join(piece)
            piece = []


def _energy(door, span):
    """Hours of today (UTC), from the mean power of the last day: estimated. What was before the start is missing."""
    yield '{"unit":"kWh","slots":['
    live = door.live
    live.turn()
    if span == "day" and door.clock.known:
        now = door.clock.epoch()
        midnight = now // 86400 * 86400
        began = now - door.log.uptime()
        for hour in range((now - midnight) // 3600 + 1):
            first = (midnight + hour * 3600 - began + 299) // 300
            sums = [0, 0]
            n = 0
            for step in range(first, first + 12):
                if step < 0 or step >= live.step // 30 or step < live.step // 30 - 288 or live.day[step % 288] == _NONE:
                    continue
                n += 1
                for half in range(2):
                    sums[half] += unpack(live.day[half * 288 + step % 288])
            values = ["%d.%03d" % divmod(each // 12, 1000) if n else "null" for each in sums]
            yield '%s{"time":"%s","import_kwh":%s,"export_kwh":%s,"quality":"%s"}' % (
                "," if hour else "", iso(midnight + hour * 3600), values[0], values[1], "estimated" if n else "missing")
    yield "]}"
