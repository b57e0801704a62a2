"""Meter clocks: what they say, as local time without zone. Whether they are right is for others to judge."""


def date_time(buf, at):
    """COSEM date-time (12 octets at buf[at], Blue Book section 4.1.6.1) as `YYYY-MM-DDThh:mm:ss`, the meter's own clock.

    Return "" where it is not fully specified or is no such time. Deviation and day of week are not read: meters fill
    them in wrongly.
    """
    year = buf[at] << 8 | buf[at + 1]
    month = buf[at + 2]
    day = buf[at + 3]
    hour = buf[at + 5]
    minute = buf[at + 6]
    second = buf[at + 7]
    if not 1990 <= year <= 2189:
        return ""
    return iso_time(year, month, day, hour, minute, second)


def iso_time(year, month, day, hour, minute, second):
    """`YYYY-MM-DDThh:mm:ss`, or "" where a part is out of its range."""
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour <= 23 and minute <= 59 and second <= 59):
        return ""
    return "%04d-%02d-%02dT%02d:%02d:%02d" % (year, month, day, hour, minute, second)
