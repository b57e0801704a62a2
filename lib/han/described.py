"""Lists that describe themselves: the first element names the attributes, the values follow in the same order.

Landis+Gyr E450 and Energomera send an array of descriptors (structures of class, OBIS code, attribute, …), then the
values; Sagemcom XT211 an enum and an array of pairs whose descriptor has no tags.
"""

from ._const import const
from .containers import skip
from .errors import MessageError
from .scaled import put_described, use_scales

_ARRAY = const(1)
_NULL = const(0)
_OCTET_STRING = const(9)
_STRUCTURE = const(2)


def read_described(cursor, count, reading, work, scales):
    """Fill the reading from `count` elements at the cursor, numbers at those scales. Raises MessageError."""
    use_scales(reading, work, scales)
    if cursor.next() == _ARRAY:
        _descriptors_first(cursor, count, reading, work)
    else:
        _untagged(cursor, reading, work)


def _descriptors_first(cursor, count, reading, work):
    codes = []
    for _ in range(cursor.size):
        if cursor.next() != _STRUCTURE or cursor.size < 3:
            raise MessageError("no descriptor where one was announced")
        parts = cursor.size
        cursor.next()
        if cursor.next() != _OCTET_STRING or cursor.size != 6:
            raise MessageError("no OBIS code")
        codes.append(cursor.at)
        for _ in range(parts - 2):
            cursor.next()
            skip(cursor)
    # The first descriptor may be the list's own, which has no value.
    if len(codes) == count:
        codes.pop(0)
    for obis in codes:
        if cursor.pos >= cursor.end:
            break
        if cursor.next() != _NULL:
            put_described(cursor, reading, work, obis)


def _untagged(cursor, reading, work):
    if cursor.next() != _ARRAY:
        raise MessageError("no list behind an enum")
    for _ in range(cursor.size):
        if cursor.next() != _STRUCTURE or cursor.size != 2 or cursor.pos + 10 > cursor.end:
            raise MessageError("no attribute where one was announced")
        # Class (2 octets), OBIS code (6), attribute (1).
        obis = cursor.pos + 2
        cursor.pos += 9
        if cursor.next() != _NULL:
            put_described(cursor, reading, work, obis)
