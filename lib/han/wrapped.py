"""APDUs that come in pieces or in cipher: HDLC segments, transfer blocks, M-Bus segments, general-glo-ciphering."""

from ._const import const
from .assembly import Assembly, gbt_block, mbus_segment
from .elements import vendor
from .errors import MessageError

_DROPPED = const(174)

_GBT = const(0xE0)
_GLO = const(0xDB)
_DED = const(0xDC)
_TELEGRAM = const(0x2F)


class Wrapped:
    """The pieces and the cipher of one line, `dlms` being its Dlms."""

    def __init__(self, dlms):
        self.dlms = dlms
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
        stats = self.dlms.stats
        lost = stats.resyncs + stats.dropped + self.dlms.work[_DROPPED]
        if first or lost != self._lost:
            self._pieces.drop()
        self._lost = lost

    def apdu(self, buf, start, end, protocol, checked):
        """The reading in an APDU, ciphered ones deciphered in place; `checked`: a checksum around it is right.

        Raises MessageError.
        """
        dlms = self.dlms
        if end - start > 1 and buf[start] in (_GLO, _DED):
            cipher = self.cipher()
            start, end = cipher.open(buf, start, end, checked)
            # A system title begins with the maker's FLAG id.
            title = cipher.title
            dlms.vendor = dlms.vendor or vendor("%c%c%c" % (title[0], title[1], title[2]))
            if buf[start] == _TELEGRAM:
                from .sealed import read_deciphered

                return read_deciphered(buf, start, end, cipher.tagged, dlms.work)
            if not cipher.tagged:
                from .untagged import read_untagged

                return read_untagged(dlms, cipher, buf, start, end, protocol)
        elif not checked:
            raise MessageError("no checksum")
        return dlms.notification(buf, start, end, protocol)

    def sealed(self, buf, start, framer):
        """The reading in the telegram at buf[start], whose lines are in cipher. Raises MessageError."""
        from .sealed import read_sealed

        return read_sealed(self, buf, start, framer)

    def cipher(self):
        """What deciphers on this line. Raises MessageError where there is no key."""
        if self._cipher is None:
            key, auth_key, title = self.dlms.keys
            if not key:
                raise MessageError("the meter encrypts: it needs a key", "needs_key")
            from .cipher import Cipher

            self._cipher = Cipher(key, auth_key, title)
        return self._cipher
