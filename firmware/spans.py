"""The minutes of an outage, thinned as it grows, and what the broker gets of them. A rare room.

Spans stand in one bytearray, oldest first. When it is full, neighbours are joined, the shortest first and of these the oldest: a
few days are then spans of an hour, and sums, highest values and registers are still true.
"""

from han.reading import decimal
from micropython import const

from firmware.clock import iso

# Octets of a span's items, in the order of minutes.py; 42 in all.
_WIDTHS = const(b"\x04\x02\x03\x03\x06\x03\x06\x03\x06\x06")
_SPAN = const(42)
# How many to try for, the last resort last: the heap may be in pieces.
_ROOM = const((60, 30, 15))


def keep(minutes, span):
    """Put the newest span into the ring of minutes. Raises MemoryError."""
    if minutes.ring is None:
        for room in _ROOM:
            try:
                minutes.ring = bytearray(room * _SPAN)
                break
            except MemoryError:
                if room == _ROOM[-1]:
                    raise
    if minutes.kept * _SPAN == len(minutes.ring):
        _join(minutes)
    _write(minutes.ring, minutes.kept, span)
    minutes.kept += 1


def left(minutes, topic, start):
    """Messages (topic, payload) of all spans, in order: asking for the next one says that the last one was acknowledged.

    start(): UTC in seconds since 2000 when the dongle started, 0 while unknown.
    """
    while minutes.kept:
        yield topic, message(_read(minutes.ring, 0), start())
        minutes.kept -= 1
        _shift(minutes.ring, 0)
    minutes.ring = None


def message(span, start):
    """The payload of T/minute."""
    if start:
        text = '{"time":"%s"' % iso(start + span[0])
    else:
        text = '{"uptime_s":%d' % span[0]
    text += ',"seconds":%d,"readings":%d' % (60 * span[1], max(span[2], span[3]))
    for at, way in ((0, "import"), (1, "export")):
        count = span[2 + at]
        if count:
            text += ',"power_%s_w":%d,"power_%s_max_w":%d' % (
                way, (2 * span[4 + 2 * at] + count) // (2 * count), way, span[5 + 2 * at])
    for at, way in ((0, "import"), (1, "export")):
        if span[8 + at] >= 0:
            text += ',"energy_%s_kwh":%s' % (way, decimal(span[8 + at], 3, 3))
    return (text + "}").encode()


def _join(minutes):
    """Make one of two neighbours. The first span stays as it is: it may be on its way."""
    ring = minutes.ring
    best = shortest = 0
    before = _read(ring, 1)
    for at in range(2, minutes.kept):
        span = _read(ring, at)
        length = max(before[1], _end(span) - _end(before))
        if not best or length < shortest:
            best = at
            shortest = length
        before = span
    one = _read(ring, best - 1)
    two = _read(ring, best)
    one[1] = _end(two) - one[0] // 60
    for at in (2, 3, 4, 6):
        one[at] += two[at]
    for at in (5, 7):
        one[at] = max(one[at], two[at])
    for at in (8, 9):
        if two[at] >= 0:
            one[at] = two[at]
    _write(ring, best - 1, one)
    _shift(ring, best)
    minutes.kept -= 1


def _shift(ring, at):
    """Take the span at this place out."""
    view = memoryview(ring)
    view[at * _SPAN:-_SPAN] = view[(at + 1) * _SPAN:]


def _end(span):
    """The minute with which a span ends."""
    return span[0] // 60 + span[1]


def _write(ring, at, span):
    place = at * _SPAN
    for width, value in zip(_WIDTHS, span):
        # All ones: none.
        most = (1 << 8 * width) - 1
        ring[place:place + width] = (min(value, most) & most).to_bytes(width, "little")
        place += width


def _read(ring, at):
    place = at * _SPAN
    span = []
    for width in _WIDTHS:
        span.append(int.from_bytes(ring[place:place + width], "little"))
        place += width
    for at in (8, 9):
        if span[at] == (1 << 48) - 1:
            span[at] = -1
    return span
