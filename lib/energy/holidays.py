"""Public holidays of Norway and Sweden, computed.

Norway: lov om helligdager og helligdagsfred (1995) and lov om 1 og 17 mai (1947). Sweden: lag (1989:253) om allmänna helgdagar.
"SE+" adds the days that are treated as holidays: Midsummer Eve, Christmas Eve, New Year's Eve (semesterlagen section 3 a), as grid
companies do that say so.
"""

from . import zone

# Month and day, then days from Easter Sunday.
_FIXED = {"NO": ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26)),
          "SE": ((1, 1), (1, 6), (5, 1), (6, 6), (12, 25), (12, 26))}
_MOVING = {"NO": (-3, -2, 0, 1, 39, 49, 50), "SE": (-2, 0, 1, 39, 49)}


def easter(year):
    """Easter Sunday of the Gregorian calendar, in days since 2000-01-01 (the rule of Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    n = h + i - 7 * ((a + 11 * h + 22 * i) // 451) + 114
    return zone.days(year, n // 31, n % 31 + 1)


def is_holiday(country, day):
    """Whether the local day, counted from 2000-01-01, is a public holiday there; Sundays as such are none."""
    if not country:
        return False
    year, month, number = zone.date(day)
    law = country[:2]
    if (month, number) in _FIXED[law] or day - easter(year) in _MOVING[law]:
        return True
    if law == "NO":
        return False
    weekday = zone.weekday(day)
    # Midsummer Day is the Saturday from 20 June on, All Saints' Day the one from 31 October on.
    if weekday == 5 and (month == 6 and 20 <= number <= 26 or (month, number) == (10, 31) or month == 11 and number <= 6):
        return True
    return len(country) > 2 and (weekday == 4 and month == 6 and 19 <= number <= 25 or month == 12 and number in (24, 31))
