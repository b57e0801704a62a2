"""Lists that are one structure and do not begin with a name, told apart by their first element.

Pairs of OBIS code and value may have scales, or not (Kaifa, Landis+Gyr); bare values that only their place names are read by `places`,
lists that describe themselves by `described`.
"""

from ._const import const
from .scaled import KAIFA_SCALE

_ARRAY = const(1)
_ENUM = const(22)
_OCTET_STRING = const(9)
_STRUCTURE = const(2)

# As scaled.KAIFA_SCALE; 0x21 is A, 0xff no unit.
_LANDIS_SCALE = const(("Landis+Gyr", b"\x21\x0e\xff\x0d"))
# What reads bare values, loaded with the first of them.
_places = [None]


def read_unnamed(cursor, first, tag, count, reading, work, known_vendor, read_pairs):
    """Fill the reading from the structure of `count` elements, of which the first, at `first`, has that tag and was stepped to.
    read_pairs(cursor, count, reading, work, scales) reads pairs. Raises MessageError."""
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
        read_pairs(cursor, count, reading, work, KAIFA_SCALE if obis else _LANDIS_SCALE)
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
