"""Lists that are one structure: pairs of OBIS code and value, or bare values that only their place names.

Neither carries scale or unit, which only the maker's papers tell. A new positional list is a row in _POSITIONAL.
"""

from .axdr import ARRAY, ENUM, NULL, OCTET_STRING, STRUCTURE, UTF8_STRING, VISIBLE_STRING
from .clock import put_clock
from .elements import put_described, put_scaled, put_text, text_quantity, use_scales, vendor
from .errors import MessageError
from .kernel import numbers
from .quantities import A, LIST_VERSION, METER_ID, METER_TIME, METER_TYPE, NO_UNIT, V, VARH, WH
from .work import LEFT, POS, READ

# The name of the rule, and where none is on the wire, unit and decimal exponent (16 more), 0 for a unit not named.
_KAIFA_SCALE = ("Kaifa", bytes((A, 13, V, 15)))
_KAMSTRUP_SCALE = ("Kamstrup", bytes((A, 14, WH, 17, VARH, 17, NO_UNIT, 14)))
_LANDIS_SCALE = ("Landis+Gyr", bytes((A, 14)))
# Kamstrup type number (its beginning) to what differs: 685 measures through current transformers.
_KAMSTRUP_TYPES = (
    ("685", ("Kamstrup 685", bytes((A, 13, WH, 17, VARH, 17, NO_UNIT, 14)))),
    ("6841131BN245101092", ("Kamstrup 6841131BN245101092", bytes((A, 14, NO_UNIT, 14)))),
)

_IDS = bytes((LIST_VERSION, METER_ID, METER_TYPE, 0, 1, 2, 3))
_ONE_PHASE = _IDS + bytes((19, 16))
_THREE_PHASES = _IDS + bytes((19, 20, 21, 16, 17, 18))
_CLOCK_AND_REGISTERS = bytes((METER_TIME, 22, 23, 24, 25))
# Maker, its scale, the quantities in the order of the elements (KFM_001).
_POSITIONAL = (
    ("Kaifa", _KAIFA_SCALE, b"\x00"),
    ("Kaifa", _KAIFA_SCALE, _ONE_PHASE),
    ("Kaifa", _KAIFA_SCALE, _THREE_PHASES),
    ("Kaifa", _KAIFA_SCALE, _ONE_PHASE + _CLOCK_AND_REGISTERS),
    ("Kaifa", _KAIFA_SCALE, _THREE_PHASES + _CLOCK_AND_REGISTERS),
)


def read_structure(cursor, count, reading, work, known_vendor):
    """Fill the reading from the structure of `count` elements at the cursor. Raises MessageError."""
    first = cursor.pos
    tag = cursor.next()
    if tag == VISIBLE_STRING or tag == UTF8_STRING:
        version = cursor.text()
        second = cursor.pos
        if second < cursor.end and (cursor.next() == NULL or cursor.is_obis()):
            reading.put_text(LIST_VERSION, version)
            reading.vendor = vendor(version)
            cursor.pos = second
            _elements(cursor, count - 1, reading, work, _KAMSTRUP_SCALE)
            return
    if tag == ARRAY or tag == ENUM:
        from .described import read_described

        cursor.pos = first
        read_described(cursor, count, reading, work, _LANDIS_SCALE)
        return
    obis = cursor.is_obis()
    if obis or tag == STRUCTURE or tag == OCTET_STRING and cursor.size == 12 and not cursor.is_printable():
        cursor.pos = first
        _elements(cursor, count, reading, work, _KAIFA_SCALE if obis else _LANDIS_SCALE)
        if obis and not reading.vendor:
            reading.vendor = "Kaifa"
    elif not _known_places(cursor, first, count, reading, work, known_vendor):
        cursor.pos = first
        for n in range(count):
            if cursor.pos >= cursor.end:
                break
            cursor.next()
            reading.other["#%d" % n] = (cursor.value(), "")
            if n == 0:
                reading.vendor = vendor(cursor.text()) if cursor.tag == OCTET_STRING else ""


def _elements(cursor, count, reading, work, scales):
    """OBIS codes, each followed by its value, and registers in between. Kamstrup announces more than it sends, or fills up
    with null; Landis+Gyr E450 puts a bare clock first."""
    use_scales(reading, work, scales)
    work[POS] = cursor.pos
    work[LEFT] = count
    while numbers(cursor.buf, work, 2, b""):
        cursor.pos = work[POS]
        if cursor.pos >= cursor.end:
            return
        work[LEFT] -= 1
        tag = cursor.next()
        if tag == STRUCTURE and 2 <= cursor.size <= 3:
            cursor.pos = work[POS]
            from .registers import read_register

            read_register(cursor, reading, work)
        elif cursor.is_obis():
            work[LEFT] -= 1
            _pair(cursor, reading, work)
        elif tag == OCTET_STRING and cursor.size == 12 and put_clock(reading, cursor.buf, cursor.at):
            pass
        elif tag != NULL:
            reading.other["#%d" % (count - work[LEFT] - 1)] = (cursor.value(), "")
        work[POS] = cursor.pos


def _pair(cursor, reading, work):
    """One value that the fast loop leaves, the cursor on its OBIS code."""
    obis = cursor.at
    if cursor.next() == NULL:
        return
    put_described(cursor, reading, work, obis)
    if text_quantity(cursor.buf, obis) == METER_TYPE:
        type_number = cursor.text()
        for beginning, scales in _KAMSTRUP_TYPES:
            if type_number.startswith(beginning):
                use_scales(reading, work, scales)


def _known_places(cursor, first, count, reading, work, known_vendor):
    """Read a list of _POSITIONAL. Return False, and leave the reading empty, where it is none of them."""
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
        return False
    use_scales(reading, work, scales)
    work[POS] = first
    work[LEFT] = count
    work[READ] = 0
    while numbers(cursor.buf, work, 3, places):
        q = places[work[READ]]
        cursor.pos = work[POS]
        cursor.next()
        if cursor.is_number() != (q < METER_TIME):
            raise MessageError("a list of %d by %s with another layout" % (count, made_by))
        if q >= METER_TIME:
            put_text(cursor, reading, q)
        elif not put_scaled(cursor, reading, work, q):
            reading.other["#%d" % work[READ]] = (cursor.number(), "")
        work[POS] = cursor.pos
        work[LEFT] -= 1
        work[READ] += 1
    reading.vendor = made_by
    return True
