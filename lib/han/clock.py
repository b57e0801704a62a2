"""Meter clocks: what they say, as local time without zone. Whether they are right is for others to judge."""

from .kernel import write_clock


def date_time(buf, at):
    """COSEM date-time (12 octets at buf[at], Blue Book section 4.1.6.1) as `YYYY-MM-DDThh:mm:ss`, the meter's own clock.

    Return "" where it is not fully specified or is no time of this century. Deviation and day of week are not read:
    meters fill them in wrongly.
    """
    return _text(buf, at, 1)


def p1_time(buf, start, end):
    """`YYMMDDhhmmssX` in buf[start:end] as above; X, summer or winter time, is not looked at here. "" where it is none."""
    return _text(buf, start, 0) if 12 <= end - start <= 13 else ""


def _text(buf, at, binary):
    text = bytearray(b"2000-00-00T00:00:00")
    return str(text, "ascii") if write_clock(buf, at, text, binary) else ""
