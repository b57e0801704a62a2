"""Data of a user: what is looked at in them, and what is said of those that cannot be used."""

# Whose public holidays there are, see holidays.py.
COUNTRIES = ("", "NO", "SE", "SE+")


class DataError(ValueError):
    """Data of a user that cannot be used; the text says what is wrong with which key."""


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
