"""Deciphered notifications for which no tag vouches, as Austrian meters send them on the wired M-Bus, whose sums have eight bits.

What is in cipher is malleable: a bit changed on the line is the same bit changed in the message. All that a notification says of
itself must therefore be right to its last octet.
"""

from ._const import const
from .axdr import Cursor
from .containers import skip
from .errors import MessageError
from .kernel import write_clock

_OCTET_STRING = const(9)
_TIME_OCTETS = const(12)


def read_untagged(dlms, cipher, buf, start, end, protocol):
    """The reading in the plain APDU buf[start:end] that the cipher opened. Raises MessageError."""
    whole = is_whole(buf, start, end)
    if not whole and protocol == "mbus":
        raise MessageError("the key does not fit, or the message is damaged", "wrong_key")
    reading = dlms.notification(buf, start, end, protocol)
    if whole:
        # With another invocation counter none of it would have made sense, so this one is the meter's.
        cipher.accept()
    return reading


def is_whole(buf, start, end):
    """Whether the notification's time is one, and its list ends where it does; meters may announce more than they send."""
    at = start + 5
    if end - at < 3:
        return False
    if buf[at] == _OCTET_STRING and buf[at + 1] == _TIME_OCTETS:
        at += 1
    octets = buf[at]
    at += 1
    if octets and (octets != _TIME_OCTETS or at + octets > end or not _is_time(buf, at)):
        return False
    cursor = Cursor(buf, at + octets, end)
    try:
        if cursor.next() not in (1, 2):
            return False
        left = cursor.size
        while left and cursor.pos < end:
            cursor.next()
            skip(cursor)
            left -= 1
    except MessageError:
        return False
    return cursor.pos == end


def _is_time(buf, at):
    """Whether a COSEM date-time, fully specified or not at all, is at buf[at]."""
    deviation = buf[at + 9] << 8 | buf[at + 10]
    if deviation != 0x8000 and 840 < deviation < 0x10000 - 840 or 99 < buf[at + 8] < 255 or 7 < buf[at + 4] < 255:
        return False
    return buf[at] == 255 == buf[at + 1] or write_clock(buf, at, bytearray(19), 1) == 1
