"""Meter clocks: what they say, as local time without zone. Whether they are right is for others to judge."""

from ._const import const
from .kernel import write_clock

_METER_TIME = const(45)

_TEMPLATE = const(b"2000-00-00T00:00:00")


def put_clock(reading, buf, at):
    """Put the COSEM date-time (12 octets at buf[at], Blue Book section 4.1.6.1) into the reading, if it has no clock yet.

    Day of week is not read: meters fill it in wrongly. Return False, with nothing put, where it is not fully specified, of
    another century, or one too many.
    """
    text = bytearray(_TEMPLATE)
    if not write_clock(buf, at, text, 1) or not reading.put_text(_METER_TIME, str(text, "ascii")):
        return False
    deviation = buf[at + 9] << 8 | buf[at + 10]
    status = buf[at + 11]
    # 0x8000: not specified. Aidon writes 0 and means local time all the same.
    if deviation != 0x8000 and not (deviation == 0 and reading.vendor == "Aidon"):
        reading.clock_offset = 0x10000 - deviation if deviation & 0x8000 else -deviation
    if status != 0xFF:
        reading.clock_invalid = status & 1 == 1
        if status & 0x80:
            reading.clock_summer = True
    return True


def p1_time(buf, start, end):
    """`YYMMDDhhmmssX` in buf[start:end] as `YYYY-MM-DDThh:mm:ss`, "" where it is none."""
    text = bytearray(_TEMPLATE)
    return str(text, "ascii") if 12 <= end - start <= 13 and write_clock(buf, start, text, 0) else ""
