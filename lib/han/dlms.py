"""From a good frame to a reading: LLC, pieces, ciphering, DLMS Data-Notification (Green Book 9, section 9.4.6.10)."""

from ._const import const
from .clock import put_clock
from .errors import KeyMissing, MessageError
from .lists import read_list
from .elements import vendor
from .reading import Reading
from .work import DROPPED

_DATA_NOTIFICATION = const(0x0F)
_GBT = const(0xE0)
_GLO = const(0xDB)
_DED = const(0xDC)
_TELEGRAM = const(0x2F)
_TIME_OCTETS = const(12)


class Dlms:
    """Reads what DLMS meters send; one for each line.

    stats, work  the parser's
    keys         encryption and authentication key, 16 octets each, or None
    """

    def __init__(self, stats, work, keys):
        self._stats = stats
        self._work = work
        self._keys = keys
        self._cipher = None
        self._assembly = None
        self._lost = 0
        self._vendor = ""

    def frame(self, buf, start, end, more):
        """The reading in an HDLC information field; `more` segments of it follow. None while pieces are missing.

        Raises MessageError.
        """
        first = end - start >= 3 and buf[start] == 0xE6 and buf[start + 1] & 0xFE == 0xE6
        if first:
            start += 3
        if not more and self._assembly is None and buf[start] == _DATA_NOTIFICATION:
            return self._notification(buf, start, end, "hdlc")
        pieces = self._pieces(first)
        if more or pieces and pieces.begun and not pieces.blocks and not first:
            pieces = self._need_pieces()
            pieces.blocks = False
            if (first or pieces.begun) and pieces.segment(buf, start, end, more):
                return self.apdu(pieces.buf, 0, pieces.size, "hdlc", True)
            return None
        if buf[start] == _GBT:
            return self._block(buf, start, end)
        return self.apdu(buf, start, end, "hdlc", True)

    def segment(self, buf, start, end, control_information):
        """The reading in an M-Bus segment's data; None while pieces are missing. Raises MessageError."""
        from .assembly import mbus_segment

        number, last = mbus_segment(control_information)
        if number == 1 and last:
            return self.apdu(buf, start, end, "mbus", True)
        self._pieces(number == 1)
        pieces = self._need_pieces()
        if pieces.numbered(buf, start, end, number, last):
            return self.apdu(pieces.buf, 0, pieces.size, "mbus", True)
        return None

    def _block(self, buf, start, end):
        from .assembly import gbt_block

        block = gbt_block(buf, start, end)
        if block is None:
            raise MessageError("transfer block")
        number, last, start, end = block
        pieces = self._need_pieces()
        pieces.blocks = True
        if pieces.numbered(buf, start, end, number, last):
            return self.apdu(pieces.buf, 0, pieces.size, "hdlc", True)
        return None

    def _pieces(self, first):
        """The pieces so far, without those that damage on the line, or a new message, has made useless; or None."""
        stats = self._stats
        lost = stats.resyncs + stats.dropped + self._work[DROPPED]
        if self._assembly and (first or lost != self._lost):
            self._assembly.drop()
        self._lost = lost
        return self._assembly

    def _need_pieces(self):
        if self._assembly is None:
            from .assembly import Assembly

            self._assembly = Assembly(2048)
        return self._assembly

    def apdu(self, buf, start, end, protocol, checked):
        """The reading in an APDU, ciphered ones deciphered in place; `checked`: a checksum around it is right.

        Raises MessageError.
        """
        if end - start > 1 and buf[start] in (_GLO, _DED):
            if self._cipher is None:
                if not self._keys[0]:
                    raise KeyMissing("the meter encrypts: it needs a key")
                from .cipher import DEFAULT_AUTH_KEY, Cipher

                key, auth_key = self._keys
                self._cipher = Cipher(key, auth_key or (None if checked else DEFAULT_AUTH_KEY))
            title = start + 2
            start, end = self._cipher.open(buf, start, end, checked)
            # A system title begins with the maker's FLAG id.
            self._vendor = self._vendor or vendor("%c%c%c" % (buf[title], buf[title + 1], buf[title + 2]))
            if buf[start] == _TELEGRAM:
                return self._telegram(buf, start, end)
        elif not checked:
            raise MessageError("no checksum")
        return self._notification(buf, start, end, protocol)

    def _telegram(self, buf, start, end):
        from .telegram import read_telegram

        if max(buf[start:end]) > 0x7F:
            raise MessageError("a telegram that is no text")
        stop = end - 1
        while buf[stop] != 0x21:
            stop -= 1
            if stop == start:
                raise MessageError("a telegram without end")
        return read_telegram(buf, start, stop, self._work)

    def _notification(self, buf, start, end, protocol):
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
        read_list(buf, start + octets, end, reading, self._work, self._vendor)
        reading.vendor = self._vendor = reading.vendor or self._vendor
        if octets:
            put_clock(reading, buf, start)
        return reading
