"""Single elements of a list into a reading: numbers, texts and clocks under their OBIS code, at the scale on the wire."""

from ._const import const
from .clock import put_clock
from .quantities import UNITS, lookup
from .work import put_any

_LIST_VERSION = const(48)
_METER_ID = const(46)
_METER_TIME = const(45)
_METER_TYPE = const(47)
_NONE = const(255)
_DATE_TIME = const(25)

# How the announced list id, the logical device name (0-0:42.0.0) or the system title begins, and who made the meter.
_VENDORS = const("AIDON Aidon,KFM Kaifa,KAM Kamstrup,Kamstrup Kamstrup,EMBRIQ Landis+Gyr,LGZ Landis+Gyr,ISK Iskraemeco,"
            "SAG Sagemcom,EMR Energomera")
# The last name and its maker: it is the same meter every time.
_known = ["", ""]


def put_element(cursor, reading, work, obis, exponent, unit):
    """Put the cursor's element under the OBIS code at buf[obis]."""
    if cursor.is_number():
        put_number(cursor.buf, reading, work, obis, cursor.number(), exponent, unit)
        return
    q = text_quantity(cursor.buf, obis)
    if cursor.buf[obis + 2] == 42 and not reading.vendor:
        reading.vendor = vendor(cursor.text())
    tag = cursor.tag
    if q == _NONE or not (9 <= tag <= 12 or tag == _DATE_TIME) or not put_text(cursor, reading, q):
        reading.other[code_of(cursor.buf, obis)] = (cursor.value(), "")
    elif q == _LIST_VERSION and not reading.vendor:
        reading.vendor = vendor(cursor.text())


def put_number(buf, reading, work, obis, value, exponent, unit):
    """Put value x 10**exponent of that unit (0: unknown) under the OBIS code at buf[obis]. Raises MessageError."""
    q = lookup(buf[obis], buf[obis + 1], buf[obis + 2], buf[obis + 3], buf[obis + 4])
    if q != _NONE and unit == UNITS[q] and put_any(work, q, value, exponent):
        return
    from .others import plain

    reading.other[code_of(buf, obis)] = plain(value, exponent, unit)


def put_text(cursor, reading, q):
    """Put the cursor's text or clock as quantity q. Return False where it is none, or is there already."""
    if q != _METER_TIME:
        return reading.put_text(q, cursor.text()) or cursor.size == 0
    if cursor.size != 12:
        return False
    put_clock(reading, cursor.buf, cursor.at)
    return True


def text_quantity(buf, obis):
    """The quantity of a clock or an identifier: meters differ in A, B and even in the code itself."""
    c, d, e = buf[obis + 2], buf[obis + 3], buf[obis + 4]
    if c == 96 and d == 1:
        # 96.1.1 is Kamstrup's type number, under 1-1, and the meter number of others, under 0-0.
        if e == 7 or e == 1 and buf[obis] == 1:
            return _METER_TYPE
        return _METER_ID if e <= 1 and buf[obis + 1] == 0 else _NONE
    if c == 0 and d == 2 and e == 129:
        return _LIST_VERSION
    if c == 0 and d == 0 and e == 5:
        return _METER_ID
    return _METER_TIME if c == 1 and d == 0 and e == 0 and buf[obis] == 0 else _NONE


def vendor(name):
    """The maker that a list id, a logical device name or a system title tells, "" where it tells none that is known."""
    if name != _known[0]:
        _known[0] = name
        _known[1] = ""
        for row in _VENDORS.split(","):
            beginning, _, maker = row.partition(" ")
            if name.startswith(beginning):
                _known[1] = maker
                break
    return _known[1]


def code_of(buf, obis):
    """The OBIS code at buf[obis] as text."""
    return "%d-%d:%d.%d.%d" % (buf[obis], buf[obis + 1], buf[obis + 2], buf[obis + 3], buf[obis + 4])
