"""Lists of registers that carry OBIS code, value, scaler and unit: Aidon, Landis+Gyr E350."""

from ._const import const
from .axdr import Cursor
from .elements import put_element, put_number
from .errors import MessageError
from .kernel import numbers

_LEFT = const(12)
_POS = const(0)
_OCTET_STRING = const(9)
_STRUCTURE = const(2)


def read_registers(buf, pos, end, reading, work):
    """Fill the reading from the array at buf[pos]. Raises MessageError."""
    cursor = None
    work[_POS] = pos + 2
    work[_LEFT] = buf[pos + 1]
    if work[_LEFT] > 0x7F:
        cursor = Cursor(buf, pos, end)
        cursor.next()
        work[_POS] = cursor.pos
        work[_LEFT] = cursor.size
    while numbers(buf, work, 1, b""):
        cursor = cursor or Cursor(buf, pos, end)
        cursor.pos = work[_POS]
        read_register(cursor, reading, work)
        work[_POS] = cursor.pos
        work[_LEFT] -= 1


def read_register(cursor, reading, work):
    """One register that the fast loop leaves: text, a clock, a rare type, a code without a name here."""
    if cursor.next() != _STRUCTURE or not 2 <= cursor.size <= 3:
        raise MessageError("no register where one was announced")
    parts = cursor.size
    obis = _obis(cursor)
    cursor.next()
    if parts == 2:
        put_element(cursor, reading, work, obis, 0, 0)
        return
    if not cursor.is_number():
        from .rare import put_rare

        put_rare(cursor, reading, work, obis)
        return
    value = cursor.number()
    if cursor.next() != _STRUCTURE or cursor.size != 2:
        raise MessageError("no scaler and unit")
    cursor.next()
    exponent = cursor.number() if cursor.is_number() else 0
    cursor.next()
    put_number(cursor.buf, reading, work, obis, value, exponent, cursor.number() if cursor.is_number() else 0)


def _obis(cursor):
    """Position of the six octets of the OBIS code that begins a register."""
    buf = cursor.buf
    at = cursor.pos
    # Landis+Gyr ZMF100 swaps tag and length of the currents' codes.
    if at + 8 <= cursor.end and buf[at] == 6 and buf[at + 1] == _OCTET_STRING and buf[at + 7] == 0xFF:
        cursor.pos = at + 8
        return at + 2
    # Value group A is a medium, 15 at most (IEC 62056-61); more is damage that a checksum missed.
    if cursor.next() != _OCTET_STRING or cursor.size != 6 or buf[cursor.at] > 15:
        raise MessageError("no OBIS code")
    return cursor.at
