"""Elements of lists that do not tell the scale of their numbers. A rule for each maker does; it stands in the work area (work.py)."""

from ._const import const
from .elements import put_element, put_number
from .quantities import UNITS, lookup
from .work import put_any, scale

_A = const(33)
_HZ = const(44)
_V = const(35)
_NONE = const(255)
_NO_UNIT = const(255)

_SCALES = const(176)
_SIZE = const(192)
_BIAS = const(16)

# The name of the rule, and where none is on the wire, unit and decimal exponent (16 more), 0 for a unit not named.
KAIFA_SCALE = ("Kaifa", bytes((_A, 13, _V, 15)))


def set_scales(work, scales):
    """Take decimal exponents: octets in pairs, unit and exponent, 16 more; 0 for a unit that is not among them."""
    for at in range(_SCALES, _SIZE):
        work[at] = _BIAS
    for at in range(0, len(scales), 2):
        work[_SCALES + (scales[at] & 15)] = scales[at + 1]


def exponent_of(work, quantity):
    """The decimal exponent for the quantity's unit that set_scales() took."""
    return work[_SCALES + (UNITS[quantity] & 15)] - _BIAS


def use_scales(reading, work, scales):
    """Take the scales, a rule's name and set_scales()'s octets, for a list that does not tell them."""
    reading.rule, exponents = scales
    set_scales(work, exponents)


def put_scaled(cursor, reading, work, q):
    """Put the cursor's number as quantity q at the scale of use_scales(). Return False where it cannot be that: no voltage that a
    house has, no frequency near 50 or 60 Hz, a power factor above 1. Currents and powers have no bound that a meter with
    current transformers keeps."""
    value = cursor.number()
    exponent = exponent_of(work, q)
    if UNITS[q] == _V and value and not _is_voltage(value, exponent):
        # Firmware of one maker differs: 230, 2300 and 23000 all mean 230 V.
        for exponent in (0, -1, -2):
            if _is_voltage(value, exponent):
                reading.rule += ", voltage by its size"
                break
        else:
            return False
    elif UNITS[q] == _HZ and not 40000 <= scale(value, exponent + 3) <= 70000:
        return False
    elif UNITS[q] == _NO_UNIT and not -1000 <= scale(value, exponent + 3) <= 1000:
        return False
    return put_any(work, q, value, exponent)


def _is_voltage(value, exponent):
    """Whether value x 10**exponent is a voltage that a house or a voltage transformer has, 50 to 480 V."""
    return 50000 <= value * 10 ** (3 + exponent) <= 480000


def put_described(cursor, reading, work, obis):
    """Put the cursor's element under the OBIS code at buf[obis], numbers at the scale of use_scales()."""
    buf = cursor.buf
    if cursor.is_number():
        q = lookup(buf[obis], buf[obis + 1], buf[obis + 2], buf[obis + 3], buf[obis + 4])
        if q == _NONE or not put_scaled(cursor, reading, work, q):
            put_number(buf, reading, work, obis, cursor.number(), 0, 0)
        return
    put_element(cursor, reading, work, obis, 0, 0)
