"""Civil time of the Nordic countries: seconds since 2000-01-01T00:00:00Z to local dates and back, without a time zone database.

Summer time is the European Union's (directive 2000/84/EC): from the last Sunday of March to the last of October, both at 01:00 UTC.
Seconds since 2000 stay small integers on the chip until 2034; later they only take more memory.
"""

# Minutes ahead of UTC in normal time.
_ZONES = {"Europe/Oslo": 60, "Europe/Stockholm": 60, "Europe/Copenhagen": 60, "Europe/Helsinki": 120}


def standard(name):
    """Seconds that the zone's normal time is ahead of UTC. Raises ValueError for a zone without a rule here."""
    if name not in _ZONES:
        raise ValueError("no rule for that time zone")
    return 60 * _ZONES[name]


def days(year, month, day):
    """Days since 2000-01-01 of a date of the Gregorian calendar, year 1600 or later."""
    month = (month + 9) % 12
    year -= month // 10
    return 365 * year + year // 4 - year // 100 + year // 400 + (month * 306 + 5) // 10 + day - 730426


def date(number):
    """(year, month, day) of the day `number` days after 2000-01-01."""
    number += 730425
    year = (10000 * number + 14780) // 3652425
    rest = number - (365 * year + year // 4 - year // 100 + year // 400)
    if rest < 0:
        year -= 1
        rest = number - (365 * year + year // 4 - year // 100 + year // 400)
    month = (100 * rest + 52) // 3060
    return year + (month + 2) // 12, (month + 2) % 12 + 1, rest - (month * 306 + 5) // 10 + 1


def weekday(number):
    """0 for Monday to 6 for Sunday, of the day `number` days after 2000-01-01, which was a Saturday."""
    return (number + 5) % 7


def summer(utc):
    """Whether summer time is in force, 1 or 0."""
    day = utc // 86400
    year, month, _ = date(day)
    if month != 3 and month != 10:
        return 1 if 3 < month < 10 else 0
    last = days(year, month, 31)
    begun = utc >= (last - (weekday(last) + 1) % 7) * 86400 + 3600
    return 1 if begun == (month == 3) else 0


def local(standard, utc):
    """Seconds since 2000 on a clock on the wall, `standard` as standard() gives it."""
    return utc + standard + 3600 * summer(utc)


def midnight(standard, day):
    """UTC of the beginning of the local day `day` days after 2000-01-01. The clocks never change at midnight."""
    utc = day * 86400 - standard
    return utc - 3600 * summer(utc)


def read_clock(text):
    """Seconds since 2000 of `YYYY-MM-DDThh:mm:ss`, taken as if it were UTC; -1 where it is no time since 2000."""
    try:
        day = days(int(text[:4]), int(text[5:7]), int(text[8:10]))
        return day * 86400 + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
    except (ValueError, TypeError):
        return -1
