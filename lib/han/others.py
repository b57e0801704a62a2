"""Numbers that have no name in the vocabulary, as they are kept under their OBIS code. Most meters send none."""

from .errors import MessageError
from .reading import decimal
from .work import scale

# Blue Book, table "unit enumeration".
_UNIT_NAMES = {27: "W", 28: "VA", 29: "var", 30: "Wh", 31: "VAh", 32: "varh", 33: "A", 35: "V", 44: "Hz",
              7: "s", 9: "°C", 13: "m3", 14: "m3"}


def plain(value, exponent, unit):
    """(value, unit) of value x 10**exponent, a text where it is no integer. Raises MessageError for an absurd exponent."""
    if not -9 <= exponent <= 9:
        raise MessageError("scaler %d" % exponent)
    if exponent < 0:
        value = decimal(value, -exponent, -exponent)
    else:
        value = scale(value, exponent)
    return value, unit_name(unit)


def unit_name(unit):
    """How the unit is written, "" where it is none, or not known here."""
    return _UNIT_NAMES.get(unit, "")
