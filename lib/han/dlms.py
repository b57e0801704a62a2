"""LLC and DLMS Data-Notification (Green Book 9, section 9.4.6.10): what stands between the frame and the list."""

from ._const import const
from .axdr import Cursor
from .clock import date_time
from .errors import MessageError
from .lists import read_list
from .quantities import METER_TIME
from .reading import Reading

_DATA_NOTIFICATION = const(0x0F)
_TIME_OCTETS = const(12)


def read_information(buf, start, end, work, known_vendor):
    """The reading in an HDLC information field, LLC included.

    work          the parser's work area
    known_vendor  whose lists came before on this line: some list 1 does not say. Raises MessageError.
    """
    if end - start >= 3 and buf[start] == 0xE6 and buf[start + 1] in (0xE6, 0xE7):
        start += 3
    return read_apdu(buf, start, end, work, "hdlc", known_vendor)


def read_apdu(buf, start, end, work, protocol, known_vendor):
    """The reading in a Data-Notification. Raises MessageError."""
    if end - start < 7 or buf[start] != _DATA_NOTIFICATION:
        raise MessageError("no Data-Notification")
    start += 5
    # The date-time is an octet-string without tag; Kaifa and older Kamstrup firmware put the tag before it.
    if buf[start] == 9 and buf[start + 1] == _TIME_OCTETS:
        start += 1
    octets = buf[start]
    start += 1
    if octets != 0 and octets != _TIME_OCTETS or start + octets >= end:
        raise MessageError("date-time of the notification")
    reading = Reading(protocol)
    read_list(Cursor(buf, start + octets, end), reading, work, known_vendor)
    if octets:
        reading.put_text(METER_TIME, date_time(buf, start))
    return reading
