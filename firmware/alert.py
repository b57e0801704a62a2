"""How the guard says what it has noticed: T/guard, and lines on the console. A rare room.

T/guard, retained, when a level changes and once a session: "interval" and "fuse" are clear, warning or alarm, null where it is not
known.
"""

from micropython import const

_WORDS = const(("clear", "warning", "alarm"))


def tell(keeper, guard):
    """Say how things stand."""
    ledger = keeper.ledger
    interval, fuse = guard.levels
    limit = guard.limit(keeper)
    text = '{"interval":%s,"fuse":%s' % tuple(["null" if level is None else '"%s"' % _WORDS[level] for level in guard.levels])
    if limit is not None:
        text += ',"limit_w":%d' % limit
    if interval is not None and limit is not None:
        span = keeper.span
        expected = max(ledger.so_far(keeper.channel, span), ledger.expected(keeper.channel, span)) * 3600 // span
        text += ',"expected_w":%d' % expected
        keeper.log.line("guard", "%s: %d W expected of the interval, %d W allowed" % (_WORDS[interval], expected, limit))
    if fuse is not None:
        keeper.log.line("guard", "%s: main fuse" % _WORDS[fuse])
    if guard.pin:
        text += ',"output":"%s"' % ("on" if guard.active else "off")
    when = keeper.clock.iso_utc()
    if when:
        text += ',"time":"%s"' % when
    keeper.uplink.put((keeper.uplink.topic + "/guard").encode(), (text + "}").encode(), True)
