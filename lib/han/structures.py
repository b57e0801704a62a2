"""Lists that are one structure and begin with their name: pairs of OBIS code and value (Kamstrup). Scale and unit only the maker's
papers tell. Those without a name are read by `unnamed`."""

from ._const import const
from .clock import put_clock
from .elements import text_quantity, vendor
from .kernel import numbers
from .scaled import put_described, use_scales

_LEFT = const(12)
_POS = const(0)
_LIST_VERSION = const(48)
_METER_TYPE = const(47)
_NULL = const(0)
_OCTET_STRING = const(9)
_STRUCTURE = const(2)
_UTF8_STRING = const(12)
_VISIBLE_STRING = const(10)

# As scaled.KAIFA_SCALE; 0x1e is Wh, 0x20 varh, 0x21 A, 0xff no unit.
_KAMSTRUP_SCALE = const(("Kamstrup", b"\x21\x0e\x1e\x11\x20\x11\xff\x0e"))
# Kamstrup type number (its beginning) to what differs, in hexadecimal: 685 measures through current transformers.
_KAMSTRUP_TYPES = const("685 210d1e112011ff0e,6841131BN245101092 210eff0e")
# The last type number, and its scales where they differ: it is the same meter every time.
_known = ["", None]
# What reads lists without a name, loaded with the first of them.
_read_others = [None]


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
            _pairs(cursor, count - 1, reading, work, _KAMSTRUP_SCALE)
            return
    if _read_others[0] is None:
        from .unnamed import read_unnamed

        _read_others[0] = read_unnamed
    _read_others[0](cursor, first, tag, count, reading, work, known_vendor, _pairs)


def _pairs(cursor, count, reading, work, scales):
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
        if type_number != _known[0]:
            _known[:] = type_number, _scales_of(type_number)
        if _known[1]:
            use_scales(reading, work, _known[1])


def _scales_of(type_number):
    for row in _KAMSTRUP_TYPES.split(","):
        beginning, _, exponents = row.partition(" ")
        if type_number.startswith(beginning):
            return "Kamstrup " + beginning, bytes.fromhex(exponents)
    return None
