"""Messages that come in pieces: HDLC segments, general block transfer (Green Book 9, figure 40), M-Bus segments."""

from ._const import const

_GBT = const(0xE0)
_LAST_BLOCK = const(0x80)
_LAST_SEGMENT = const(0x10)


class Assembly:
    """Joins the pieces of one message; what is missing, repeated or out of order loses it.

    buf     the octets of the message so far, its length in `size`
    blocks  whether the pieces are blocks of a general block transfer, not HDLC segments
    """

    def __init__(self, size):
        self.buf = b""  # made with the first piece
        self._room = size
        self.size = 0
        self.blocks = False
        self._next = 0  # number of the piece to come; 0: no message has begun

    def drop(self):
        """Forget the pieces."""
        self.size = 0
        self._next = 0

    @property
    def begun(self):
        """Whether pieces wait for more."""
        return self._next > 0

    def segment(self, buf, start, end, more):
        """Take an HDLC segment's information; `more` follow. Return True when the message is complete."""
        self._append(buf, start, end, self._next + 1)
        return not more and self._finish()

    def numbered(self, buf, start, end, number, last):
        """Take piece `number`, counted from 1. Return True when the message is complete."""
        if number == 1:
            self.drop()
        elif number != self._next:
            self.drop()
            return False
        self._append(buf, start, end, number + 1)
        return last and self._finish()

    def _append(self, buf, start, end, following):
        if self.size + end - start > self._room:
            self.drop()
            return
        self.buf = self.buf or bytearray(self._room)
        for at in range(start, end):
            self.buf[self.size] = buf[at]
            self.size += 1
        self._next = following

    def _finish(self):
        complete = self._next > 0
        self._next = 0
        return complete


def gbt_block(buf, start, end):
    """(number, whether it is the last, start and end of its data) of the block at buf[start]; None where it is none."""
    if end - start < 7 or buf[start] != _GBT:
        return None
    at = start + 6
    size = buf[at]
    if size & 0x80:
        octets = size & 0x7F
        if not 1 <= octets <= 2 or at + octets >= end:
            return None
        size = buf[at + 1] if octets == 1 else buf[at + 1] << 8 | buf[at + 2]
        at += octets
    at += 1
    if at + size > end:
        return None
    return buf[start + 2] << 8 | buf[start + 3], buf[start + 1] & _LAST_BLOCK != 0, at, at + size


def mbus_segment(control_information):
    """(number, whether it is the last) that the CI field says: low nibble, and bit 4."""
    return (control_information & 0x0F) + 1, control_information & _LAST_SEGMENT != 0
