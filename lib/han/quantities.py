"""The words of a reading: which OBIS code is which quantity, and in which unit.

A quantity is a small number, its place in _PARTS. Tables are bytes, indexed by that number or by the C group of the
code (IEC 62056-6-1: C 21 to 33 is phase L1, 41 to 53 L2, 61 to 73 L3; D 7 is instantaneous, D 8 a register).

Modules that use the numbers here, in `work` and in `axdr` write them down again as private const(): MicroPython then folds
them away, names and all, which saves a kilobyte of heap. A test holds them equal.
"""

from ._const import const

_WIDTH = const(22)
# What the names begin with, 22 octets each; and how they are put together: by quantity the place of its beginning, 16 for
# each phase and each tariff, phases first. Half the size of 49 names.
_NAMES = const(
    "power_import          power_export          reactive_power_import reactive_power_export "
    "voltage               current               energy_import         energy_export         "
    "reactive_energy_importreactive_energy_exportpower_factor          frequency             "
    "meter_time            meter_id              meter_type            list_version          ")
_PARTS = const(b"\x00\x01\x02\x03\x10\x11\x12\x13\x20\x21\x22\x23\x30\x31\x32\x33\x14\x24\x34\x15\x25\x35\x06\x07\x08\x09"
          b"\x16\x17\x26\x27\x36\x37\x46\x56\x66\x76\x47\x57\x67\x77\x0a\x1a\x2a\x3a\x0b\x0c\x0d\x0e\x0f")

_NONE = const(255)
_CURRENT = const(19)
_VOLTAGE = const(16)
_ENERGY = const(22)
_ENERGY_PHASE = const(26)
_POWER_FACTOR = const(40)
_FREQUENCY = const(44)
_METER_TIME = const(45)
METER_TIME = _METER_TIME  # from here on quantities are texts
_METER_ID = const(46)
_METER_TYPE = const(47)
_LIST_VERSION = const(48)

# Units by number as DLMS does, Blue Book table "unit enumeration".
_W = const(27)
_VAR = const(29)
_WH = const(30)
_VARH = const(32)
_A = const(33)
_V = const(35)
_HZ = const(44)
_NO_UNIT = const(255)
# Unit, ending of the name inside, ending of what people see: thousandths of it where the two differ. Text has no unit. A list,
# since the strings of a constant tuple are objects of their own, 32 octets each.
_ENDINGS = [_W, "_w", "_w", _VAR, "_var", "_var", _WH, "_wh", "_kwh", _VARH, "_varh", "_kvarh", _A, "_ma", "_a", _V, "_mv", "_v",
            _HZ, "_mhz", "_hz", _NO_UNIT, "_milli", "", 0, "", ""]

# The unit of each quantity, out of those of the beginnings; text has none.
UNITS = b"\x1b\x1b\x1d\x1d\x23\x21\x1e\x1e\x20\x20\xff\x2c\x00\x00\x00\x00"
UNITS = bytes(UNITS[part & 15] for part in _PARTS)

# How far the integer stands above the unit: 3 where it counts thousandths (mV, mA, mHz, 1/1000), 0 where it counts units.
SHIFTS = bytes(3 if u > _VARH else 0 for u in UNITS)

# The quantity of an OBIS code: 74 octets by its C group for D.E 7.0, 74 more for D.E 8.0.
QUANTITIES = bytearray(b"\xff" * 148)


def _fill():
    table = QUANTITIES
    for n in range(4):
        table[1 + n] = n
        table[75 + n] = _ENERGY + n
    table[13] = _POWER_FACTOR
    table[14] = _FREQUENCY
    for phase in range(3):
        c = 20 * phase
        for n in range(4):
            table[21 + c + n] = 4 + 4 * phase + n
        table[31 + c] = _CURRENT + phase
        table[32 + c] = _VOLTAGE + phase
        table[33 + c] = _POWER_FACTOR + 1 + phase
        table[95 + c] = _ENERGY_PHASE + 2 * phase
        table[96 + c] = _ENERGY_PHASE + 2 * phase + 1


_fill()
del _fill


def lookup(a, b, c, d, e):
    """The quantity of the OBIS code a-b:c.d.e, NONE where it is none.

    Electricity is a 1 with b 0 or 1 (Kamstrup writes 1-1), for some Landis+Gyr registers 0-0; other b are further
    meters behind this one, whose values must not be taken for its own.
    """
    if c > 73 or b > a or a > 1:
        return _NONE
    if e == 0 and (d == 7 or d == 8):
        return QUANTITIES[(d - 7) * 74 + c]
    return 27 + 4 * c + e if d == 8 and e <= 4 and 1 <= c <= 2 else _NONE


def name(quantity):
    """The quantity's name inside, with its integer unit."""
    return _base(quantity) + _ENDINGS[_row(quantity) + 1]


def customary_name(quantity):
    """(name with the unit that people use, decimals between that unit and the integer's)."""
    at = _row(quantity)
    return _base(quantity) + _ENDINGS[at + 2], 0 if _ENDINGS[at + 1] == _ENDINGS[at + 2] else 3


def _row(quantity):
    at = 0
    while _ENDINGS[at] != UNITS[quantity]:
        at += 3
    return at


def _base(quantity):
    part = _PARTS[quantity]
    base = _NAMES[(part & 15) * _WIDTH:((part & 15) + 1) * _WIDTH].rstrip()
    if part < 16:
        return base
    return base + ("_l%d" % (part >> 4) if part < 64 else "_t%d" % ((part >> 4) - 3))


def find(wanted):
    """The quantity of that name, or NONE."""
    for base in (wanted, wanted[:max(0, wanted.rfind("_"))]):
        part = 0
        if base[-3:-1] == "_l" or base[-3:-1] == "_t":
            part = "1234".find(base[-1]) + (1 if base[-2] == "l" else 4)
            base = base[:-3]
        at = _NAMES.find(base + " " * (_WIDTH - len(base)))
        # A name that ends like another comes after it, so the first match is the one, if it is any.
        if base and at >= 0 and at % _WIDTH == 0:
            quantity = _PARTS.find(bytes((part << 4 | at // _WIDTH,)))
            if quantity >= 0 and name(quantity) == wanted:
                return quantity
    return _NONE
