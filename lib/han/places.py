"""Lists of bare values, which only their place names (Kaifa). A new one is a row in _POSITIONAL."""

from ._const import const
from .elements import put_text, vendor
from .errors import MessageError
from .kernel import numbers
from .scaled import KAIFA_SCALE, put_scaled, use_scales

_LEFT = const(12)
_POS = const(0)
_READ = const(13)
_LIST_VERSION = const(48)
_METER_ID = const(46)
_METER_TIME = const(45)
_METER_TYPE = const(47)
_OCTET_STRING = const(9)

_IDS = bytes((_LIST_VERSION, _METER_ID, _METER_TYPE, 0, 1, 2, 3))
_ONE_PHASE = _IDS + bytes((19, 16))
_THREE_PHASES = _IDS + bytes((19, 20, 21, 16, 17, 18))
_CLOCK_AND_REGISTERS = bytes((_METER_TIME, 22, 23, 24, 25))
# Maker, its scale, the quantities in the order of the elements (KFM_001).
_POSITIONAL = (
    ("Kaifa", KAIFA_SCALE, b"\x00"),
    ("Kaifa", KAIFA_SCALE, _ONE_PHASE),
    ("Kaifa", KAIFA_SCALE, _THREE_PHASES),
    ("Kaifa", KAIFA_SCALE, _ONE_PHASE + _CLOCK_AND_REGISTERS),
    ("Kaifa", KAIFA_SCALE, _THREE_PHASES + _CLOCK_AND_REGISTERS),
)


def read_places(cursor, first, count, reading, work, known_vendor):
    """Fill the reading from `count` bare values, the first at position `first`. Raises MessageError."""
    cursor.pos = first
    cursor.next()
    if count == 1:
        made_by = "Kaifa"
    else:
        # After a restart a meter leaves its list id out for a while.
        version = cursor.text().strip("0")
        made_by = vendor(version) if version else known_vendor
    for maker, scales, places in _POSITIONAL:
        if maker == made_by and len(places) == count:
            break
    else:
        _unknown(cursor, first, count, reading)
        return
    use_scales(reading, work, scales)
    work[_POS] = first
    work[_LEFT] = count
    work[_READ] = 0
    while numbers(cursor.buf, work, 3, places):
        q = places[work[_READ]]
        cursor.pos = work[_POS]
        cursor.next()
        if cursor.is_number() != (q < _METER_TIME):
            raise MessageError("a list of %d by %s with another layout" % (count, made_by))
        if q >= _METER_TIME:
            put_text(cursor, reading, q)
        elif not put_scaled(cursor, reading, work, q):
            reading.other["#%d" % work[_READ]] = (cursor.number(), "")
        work[_POS] = cursor.pos
        work[_LEFT] -= 1
        work[_READ] += 1
    reading.vendor = made_by


def _unknown(cursor, first, count, reading):
    """Keep a list whose layout is not known here under the places of its values."""
    cursor.pos = first
    for n in range(count):
        if cursor.pos >= cursor.end:
            break
        cursor.next()
        reading.other["#%d" % n] = (cursor.value(), "")
        if n == 0:
            reading.vendor = vendor(cursor.text()) if cursor.tag == _OCTET_STRING else ""
