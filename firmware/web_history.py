"""The curves: mean power of the last hour and day. Entered for one request."""

from firmware import HttpError
from firmware.clock import iso
from firmware.live import unpack


async def answer(door, request, word, asked):
    span = request.asked("span")
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
