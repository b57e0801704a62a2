"""Lists of OBIS code, value, scaler and unit that stand one after the other, without a structure around them (Kaifa MA309)."""

from ._const import const
from .clock import put_clock
from .elements import put_element, put_number, put_text
from .errors import MessageError

_METER_ID = const(46)
_OCTET_STRING = const(9)
_STRUCTURE = const(2)


def read_triples(cursor, count, reading, work):
    """Fill the reading from `count` elements at the cursor. Raises MessageError."""
    left = count
    while left:
        tag = cursor.next()
        if cursor.is_obis():
            left -= _triple(cursor, reading, work)
        elif tag == _OCTET_STRING and not cursor.is_printable() and cursor.size == 12 \
                and put_clock(reading, cursor.buf, cursor.at):
            left -= 1
        elif tag == _OCTET_STRING and cursor.size and cursor.is_printable() and put_text(cursor, reading, _METER_ID):
            # A text without a code: the papers of the grid companies have the meter's number at the end.
            left -= 1
        else:
            reading.other["#%d" % (count - left)] = (cursor.value(), "")
            left -= 1
        if left < 0:
            raise MessageError("a list cut short")


def _triple(cursor, reading, work):
    """Take what belongs to the OBIS code at the cursor; return how many elements that was, the code among them."""
    obis = cursor.at
    cursor.next()
    if not cursor.is_number():
        put_element(cursor, reading, work, obis, 0, 0)
        return 2
    value = cursor.number()
    if cursor.next() != _STRUCTURE or cursor.size != 2:
        raise MessageError("no scaler and unit")
    cursor.next()
    exponent = cursor.number() if cursor.is_number() else 0
    cursor.next()
    put_number(cursor.buf, reading, work, obis, value, exponent, cursor.number() if cursor.is_number() else 0)
    return 3
