"""Lists that are one structure, in pairs of OBIS code and value. Scale and unit only the maker's papers tell.

Bare values that only their place names are read by `places`, lists that describe themselves by `described`.
"""

from ._const import const
from .clock import put_clock
from .elements import KAIFA_SCALE, put_described, text_quantity, use_scales, vendor
from .kernel import numbers

_LEFT = const(12)
_POS = const(0)
_LIST_VERSION = const(48)
_METER_TYPE = const(47)
_ARRAY = const(1)
_ENUM = const(22)
_NULL = const(0)
_OCTET_STRING = const(9)
_STRUCTURE = const(2)
_UTF8_STRING = const(12)
_VISIBLE_STRING = const(10)

# As elements.KAIFA_SCALE; 0x1e is Wh, 0x20 varh, 0x21 A, 0xff no unit.
_KAMSTRUP_SCALE = const(("Kamstrup", b"\x21\x0e\x1e\x11\x20\x11\xff\x0e"))
_LANDIS_SCALE = const(("Landis+Gyr", b"\x21\x0e\xff\x0d"))
# Kamstrup type number (its beginning) to what differs: 685 measures through current transformers.
_KAMSTRUP_TYPES = const((
    ("685", b"\x21\x0d\x1e\x11\x20\x11\xff\x0e"),
    ("6841131BN245101092", b"\x21\x0e\xff\x0e"),
))
# What reads bare values, loaded with the first of them.
_places = [None]


def read_structure(cursor, count, reading, work, known_vendor):
    """Fill the reading from the structure of `count` elements at the cursor. Raises MessageError."""
    first = cursor.pos
    tag = cursor.next()
    if tag == _VISIBLE_STRING or tag == _UTF8_STRING:
        version = cursor.text()
        second = cursor.pos
        if second < cursor.end and (cursor.next() == _NULL or cursor.is_obis()):
            reading.put_text(_LIST_VERSION, version)
            reading.vendor = vendor(version)
            cursor.pos = second
            _elements(cursor, count - 1, reading, work, _KAMSTRUP_SCALE)
            return
    if tag == _ARRAY or tag == _ENUM:
        from .described import read_described

        cursor.pos = first
        read_described(cursor, count, reading, work, _LANDIS_SCALE)
        return
    obis = cursor.is_obis()
    if obis or tag == _STRUCTURE or tag == _OCTET_STRING and cursor.size == 12 and not cursor.is_printable():
        cursor.pos = first
        if tag != _STRUCTURE and _has_scales(cursor):
            from .triples import read_triples

            cursor.pos = first
            read_triples(cursor, count, reading, work)
            return
        cursor.pos = first
        _elements(cursor, count, reading, work, KAIFA_SCALE if obis else _LANDIS_SCALE)
        if obis and not reading.vendor:
            reading.vendor = "Kaifa"
    else:
        if _places[0] is None:
            from .places import read_places

            _places[0] = read_places
        _places[0](cursor, first, count, reading, work, known_vendor)


def _has_scales(cursor):
    """Whether the first OBIS code and its value, with a clock before them or not, are followed by a scaler and a unit."""
    cursor.next()
    if not cursor.is_obis():
        cursor.next()
    if not cursor.is_obis():
        return False
    cursor.next()
    at = cursor.pos
    # A structure of two, an integer first.
    return cursor.is_number() and at + 3 <= cursor.end and bytes(cursor.buf[at:at + 3]) == b"\x02\x02\x0f"


def _elements(cursor, count, reading, work, scales):
    """OBIS codes, each followed by its value, and registers in between. Kamstrup announces more than it sends, or fills up
    with null; Landis+Gyr E450 puts a bare clock first."""
    use_scales(reading, work, scales)
    work[_POS] = cursor.pos
    work[_LEFT] = count
    while numbers(cursor.buf, work, 2, b""):
        cursor.pos = work[_POS]
        if cursor.pos >= cursor.end:
            return
        work[_LEFT] -= 1
        tag = cursor.next()
        if tag == _STRUCTURE and 2 <= cursor.size <= 3:
            cursor.pos = work[_POS]
            from .registers import read_register

            read_register(cursor, reading, work)
        elif cursor.is_obis():
            work[_LEFT] -= 1
            _pair(cursor, reading, work)
        elif tag == _OCTET_STRING and cursor.size == 12 and put_clock(reading, cursor.buf, cursor.at):
            pass
        elif tag != _NULL:
            reading.other["#%d" % (count - work[_LEFT] - 1)] = (cursor.value(), "")
        work[_POS] = cursor.pos


def _pair(cursor, reading, work):
    """One value that the fast loop leaves, the cursor on its OBIS code."""
    obis = cursor.at
    if cursor.next() == _NULL:
        return
    put_described(cursor, reading, work, obis)
    if text_quantity(cursor.buf, obis) == _METER_TYPE:
        type_number = cursor.text()
        for beginning, exponents in _KAMSTRUP_TYPES:
            if type_number.startswith(beginning):
                use_scales(reading, work, ("Kamstrup " + beginning, exponents))
