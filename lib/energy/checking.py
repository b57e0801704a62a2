"""Tariffs and contracts as people write them, checked, and put into the short forms that tariff.py, contract.py and windows.py work with:
lists of numbers, which JSON can hold. Entered when somebody chooses other ones.
"""

from ._const import const
from .errors import DataError

_COUNTRIES = const(("", "NO", "SE", "SE+"))
_DAYS = const(("all", "workdays", "free"))
_MONEY = const(1 << 40)
_PRICE = const(1 << 30)
_WATTS = const(1 << 30)


def whole(data, key, default, least, most):
    """The integer data[key] between the limits. Raises DataError."""
    value = data.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise DataError("%s must be a whole number from %d to %d" % (key, least, most))
    return value


def word(data, key, words):
    """data[key], one of `words`, the first where it is absent. Raises DataError."""
    value = data.get(key, words[0])
    if value not in words:
        raise DataError("%s must be one of %s" % (key, ", ".join(words)))
    return value


def _text(data, key):
    value = data.get(key, "")
    if not isinstance(value, str) or len(value) > 40:
        raise DataError("%s must be a text of at most 40 letters" % key)
    return value


def currency(data):
    """data["currency"], "" where it is absent. Raises DataError."""
    value = _text(data, "currency")
    if value and (len(value) != 3 or not "A" <= min(value) or not max(value) <= "Z"):
        raise DataError("currency must be three capital letters")
    return value


def _mask(numbers, least, most, key):
    mask = 0
    for number in numbers:
        if not isinstance(number, int) or not least <= number <= most:
            raise DataError("%s must lie from %d to %d" % (key, least, most))
        mask |= 1 << number
    return mask


def windows(rows, country, least, most):
    """The form of windows, whose values lie between the limits, for the holidays of that country. Raises DataError."""
    word({"holidays": country}, "holidays", _COUNTRIES)
    found = []
    for row in rows:
        hours = 0
        for begin, end in row.get("hours", ((0, 24),)):
            _mask((begin, end), 0, 24, "hours")
            hours |= _mask([n % 24 for n in range(begin, end if end > begin else end + 24)], 0, 23, "hours")
        months = _mask(row.get("months", range(1, 13)), 1, 12, "months")
        found.append([months, _DAYS.index(word(row, "days", _DAYS)), hours, whole(row, "value", 0, least, most)])
    return [country, found]


def _spans(data, least, most):
    """The form of the windows in `data`, None where there are none."""
    form = windows(data.get("windows", ()), data.get("holidays", ""), least, most)
    return form if "windows" in data else None


def tariff(data):
    """The form of a tariff. Raises DataError."""
    try:
        if whole(data, "interval", 60, 15, 60) not in (15, 60):
            raise DataError("interval must be 15 or 60")
        form = [currency(data), _text(data, "name"), 60 * data.get("interval", 60),
                ("import", "export").index(word(data, "flow", ("import", "export"))), whole(data, "peaks", 3, 1, 10),
                bool(data.get("distinct", True)), word(data, "combine", ("mean", "max")) == "mean", _spans(data, 0, 10000)]
        steps = [[whole({"steps": a}, "steps", 0, 0, _WATTS), whole({"steps": b}, "steps", 0, 0, _MONEY)] for a, b in data.get("steps", ())]
        prices = data.get("per_kw", 0)
        prices = [prices] * 12 if isinstance(prices, int) else list(prices)
        prices = [whole({"per_kw": price}, "per_kw", 0, 0, _MONEY) for price in prices]
        form += [steps, prices, whole(data, "free_w", 0, 0, _WATTS)]
    except (TypeError, AttributeError, KeyError):
        raise DataError("the tariff has a list, a text or a number where something else belongs")
    if steps != sorted(steps) or steps and steps[0][0]:
        raise DataError("steps must begin at 0 W and rise")
    if len(prices) != 12:
        raise DataError("per_kw must be one number or twelve")
    return form


def contract(data):
    """The form of what a kWh costs or earns. Raises DataError."""
    try:
        return [whole(data, "share", 1000, 0, 10000), whole(data, "fixed", 0, -_PRICE, _PRICE), whole(data, "support_above", 0, -_PRICE, _PRICE),
                whole(data, "support_share", 0, 0, 1000), whole(data, "vat", 0, 0, 1000), _spans(data, -_PRICE, _PRICE)]
    except (TypeError, AttributeError, KeyError):
        raise DataError("the contract has a list, a text or a number where something else belongs")
