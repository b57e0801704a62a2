"""The curves and the bars: mean power of the last hour and day, energy of hours and days. Entered for one request."""

import time

from firmware import HttpError
from firmware.live import unpack

# Seconds from the port's own epoch to 2000.
_BEFORE = 0 if time.gmtime(0)[0] == 2000 else 946684800


async def answer(door, request, word, asked):
    span = request.asked("span")
    if word == "energy":
        if span not in ("day", "month"):
            raise HttpError(400, "span must be day or month")
        return 200, "", _energy(door, span, _offset(request.asked("offset_min"))), ""
    if span not in ("hour", "day"):
        raise HttpError(400, "span must be hour or day")
    form = request.asked("format") or "json"
    if form not in ("json", "csv"):
        raise HttpError(400, "format must be json or csv")
    live = door.live
    live.turn()
    # The steps up to the last that is over, the oldest first.
    if span == "hour":
        ring, size, length, end = live.hour, 360, 10, live.step
    else:
        ring, size, length, end = live.day, 288, 300, live.step // 30
    start = None
    if door.clock.known:
        start = door.clock.epoch() - door.log.uptime() + (end - size) * length
    if form == "csv":
        return 200, "text/csv; charset=utf-8", _csv(ring, size, end, start, length), \
            'Content-Disposition: attachment; filename="hamn-%s.csv"\r\n' % span
    return 200, "", _json(ring, size, end, start, length), ""


def iso(seconds):
    """Such as 2026-01-31T23:59:50Z, from seconds since 2000."""
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % time.gmtime(seconds + _BEFORE)[:6]


def _power(ring, size, at, half):
    """Import (half 0) or export (1) in W of a step, None where there is none."""
    if len(ring) > size:
        return unpack(ring[half * size + at % size])
    net = unpack(ring[at % size])
    return net if net is None else max(0, -net if half else net)


def _json(ring, size, end, start, length):
    yield '{"start":%s,"step_s":%d' % ("null" if start is None else '"%s"' % iso(start), length)
    for half in range(2):
        between = ',"export_w":[' if half else ',"import_w":['
        for n in range(0, size, 36):
            powers = [_power(ring, size, end + n + each, half) for each in range(36)]
            yield between + ",".join(["null" if power is None else str(power) for power in powers])
            between = ","
        yield "]"
    yield "}"


def _csv(ring, size, end, start, length):
    yield "time,import_w,export_w\r\n"
    for n in range(0, size, 12):
        rows = []
        for step in range(n, n + 12):
            power = _power(ring, size, end + step, 0)
            if power is not None:
                # Without a clock: how many seconds ago.
                when = (step - size) * length if start is None else iso(start + step * length)
                rows.append("%s,%d,%d\r\n" % (when, power, _power(ring, size, end + step, 1)))
        if rows:
            yield "".join(rows)


def _offset(text):
    """Seconds that the visitor's clock is before UTC. Raises HttpError."""
    digits = text[1:] if text[:1] == "-" else text
    if digits and not (digits.isdigit() and len(digits) < 4 and int(digits) <= 840) or text == "-":
        raise HttpError(400, "offset_min must be minutes from -840 to 840")
    return int(text or 0) * 60


def _energy(door, span, offset):
    """Hours of today or days of this month where the visitor is, from the mean power of the last day: estimated. What was before
    the start, or before that, is missing."""
    yield '{"unit":"kWh","slots":['
    door.live.turn()
    if door.clock.known:
        now = door.clock.epoch()
        today = (now + offset) // 86400 * 86400 - offset
        if span == "day":
            first = today
            length = 3600
        else:
            first = today - (time.gmtime(now + offset + _BEFORE)[2] - 1) * 86400
            length = 86400
        for start in range(first, now + 1, length):
            # Of yesterday a part alone is left.
            sums = _sums(door, now, start, length) if start >= today else None
            yield '%s{"time":"%s","import_kwh":%s,"export_kwh":%s,"quality":"%s"}' % (
                "," if start > first else "", iso(start), sums[0] if sums else "null", sums[1] if sums else "null",
                "estimated" if sums else "missing")
    yield "]}"


def _sums(door, now, start, length):
    """Import and export in kWh, as text, from the steps of the day that lie there; None where there are none."""
    live = door.live
    began = now - door.log.uptime()
    end = live.step // 30
    first = (start - began + 299) // 300
    sums = [0, 0]
    n = 0
    for step in range(max(0, first, end - 288), min(first + length // 300, end)):
        if unpack(live.day[step % 288]) is not None:
            n += 1
            for half in range(2):
                sums[half] += unpack(live.day[half * 288 + step % 288])
    return ["%d.%03d" % divmod(each // 12, 1000) for each in sums] if n else None
