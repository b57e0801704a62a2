"""APDUs that come in pieces or in cipher: HDLC segments, transfer blocks, M-Bus segments, general-glo-ciphering."""

from ._const import const
from .assembly import Assembly, gbt_block, mbus_segment
from .elements import vendor
from .errors import MessageError
from .tables import ARC

_DROPPED = const(174)

_GBT = const(0xE0)
_GLO = const(0xDB)
_DED = const(0xDC)
_TELEGRAM = const(0x2F)


class Wrapped:
    """The pieces and the cipher of one line, `dlms` being its Dlms."""

    def __init__(self, dlms):
        self._dlms = dlms
        self._pieces = Assembly(2048)
        self._cipher = None
        self._lost = 0

    def frame(self, buf, start, end, more, first):
        """The reading that an HDLC information field completes; `first`: LLC stood before it. Raises MessageError."""
        pieces = self._pieces
        self._forget(first)
        if more or pieces.begun and not pieces.blocks and not first:
            pieces.blocks = False
            if (first or pieces.begun) and pieces.segment(buf, start, end, more):
                return self.apdu(pieces.buf, 0, pieces.size, "hdlc", True)
            return None
        if buf[start] != _GBT:
            return self.apdu(buf, start, end, "hdlc", True)
        block = gbt_block(buf, start, end)
        if block is None:
            raise MessageError("transfer block")
        number, last, start, end = block
        pieces.blocks = True
        if pieces.numbered(buf, start, end, number, last):
            return self.apdu(pieces.buf, 0, pieces.size, "hdlc", True)
        return None

    def segment(self, buf, start, end, control_information):
        """The reading that an M-Bus segment's data complete. Raises MessageError."""
        number, last = mbus_segment(control_information)
        if number == 1 and last:
            return self.apdu(buf, start, end, "mbus", True)
        pieces = self._pieces
        self._forget(number == 1)
        if pieces.numbered(buf, start, end, number, last):
            return self.apdu(pieces.buf, 0, pieces.size, "mbus", True)
        return None

    def _forget(self, first):
        """Drop pieces that damage on the line, or a new message, has made useless."""
        stats = self._dlms.stats
        lost = stats.resyncs + stats.dropped + self._dlms.work[_DROPPED]
        if first or lost != self._lost:
            self._pieces.drop()
        self._lost = lost

    def apdu(self, buf, start, end, protocol, checked):
        """The reading in an APDU, ciphered ones deciphered in place; `checked`: a checksum around it is right.

        Raises MessageError.
        """
        dlms = self._dlms
        if end - start > 1 and buf[start] in (_GLO, _DED):
            if self._cipher is None:
                key, auth_key = dlms.keys
                if not key:
                    raise MessageError("the meter encrypts: it needs a key", "needs_key")
                from .cipher import Cipher

                self._cipher = Cipher(key, auth_key)
            title = start + 2
            start, end = self._cipher.open(buf, start, end, checked)
            # A system title begins with the maker's FLAG id.
            dlms.vendor = dlms.vendor or vendor("%c%c%c" % (buf[title], buf[title + 1], buf[title + 2]))
            if buf[start] == _TELEGRAM:
                return self._telegram(buf, start, end, self._cipher.tagged)
        elif not checked:
            raise MessageError("no checksum")
        return dlms.notification(buf, start, end, protocol)

    def _telegram(self, buf, start, end, tagged):
        from .kernel import hex_word
        from .telegram import read_telegram

        if max(buf[start:end]) > 0x7F:
            raise MessageError("a telegram that is no text")
        stop = end - 1
        while buf[stop] != 0x21:
            stop -= 1
            if stop == start:
                raise MessageError("a telegram without end")
        if not tagged:
            crc = 0
            for at in range(start, stop + 1):
                crc = ARC[(crc ^ buf[at]) & 0xFF] ^ crc >> 8
            if end - stop < 5 or hex_word(buf, stop + 1) != crc:
                raise MessageError("the key does not fit", "wrong_key")
        return read_telegram(buf, start, stop, self._dlms.work)
