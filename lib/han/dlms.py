"""From a good frame to a reading: LLC and DLMS Data-Notification (Green Book 9, section 9.4.6.10)."""

from ._const import const
from .clock import put_clock
from .errors import MessageError
from .lists import read_list
from .reading import Reading

_DATA_NOTIFICATION = const(0x0F)
_TIME_OCTETS = const(12)


class Dlms:
    """Reads what DLMS meters send; one for each line.

    stats, work  the parser's
    keys         encryption and authentication key, 16 octets each, and system title, 8 octets; None for each that is not given
    vendor       whose lists came last: some list 1 does not say
    """

    def __init__(self, stats, work, keys):
        self.stats = stats
        self.work = work
        self.keys = keys
        self.vendor = ""
        self._wrapped = None

    def frame(self, buf, start, end, more):
        """The reading in an HDLC information field; `more` segments of it follow. None while pieces are missing.

        Raises MessageError.
        """
        whole = not more
        if end - start >= 3 and buf[start] == 0xE6 and buf[start + 1] & 0xFE == 0xE6:
            start += 3
            first = True
        else:
            first = False
            whole = whole and self._wrapped is None
        if whole and buf[start] == _DATA_NOTIFICATION:
            return self.notification(buf, start, end, "hdlc")
        return self.wrapped().frame(buf, start, end, more, first)

    def wrapped(self):
        """What joins pieces and deciphers, loaded when a meter needs it."""
        if self._wrapped is None:
            from .wrapped import Wrapped

            self._wrapped = Wrapped(self)
        return self._wrapped

    def notification(self, buf, start, end, protocol):
        """The reading in the plain APDU buf[start:end]. Raises MessageError."""
        if end - start < 7 or buf[start] != _DATA_NOTIFICATION:
            raise MessageError("no Data-Notification")
        start += 5
        # The date-time is an octet-string without tag; Kaifa and older Kamstrup firmware put the tag before it.
        if buf[start] == 9 and buf[start + 1] == _TIME_OCTETS:
            start += 1
        octets = buf[start]
        start += 1
        if octets != 0 and octets != _TIME_OCTETS or start + octets + 2 > end:
            raise MessageError("date-time of the notification")
        reading = Reading(protocol)
        read_list(buf, start + octets, end, reading, self.work, self.vendor)
        reading.vendor = self.vendor = reading.vendor or self.vendor
        if octets:
            put_clock(reading, buf, start)
        return reading
