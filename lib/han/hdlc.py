"""HDLC frame format type 3 (Green Book 8, sections 8.1 to 8.5), found by its length field.

There is no octet stuffing: 0x7E and 0x7D occur inside frames, and the end is where the length says. The header has a
checksum of its own, so a length is believed, and waited for, only once that is right.
"""

from ._const import const
from .kernel import crc_x25
from .tables import X25, fill

fill(X25, 0x8408)

_FLAG = const(0x7E)
_SHORTEST = const(10)  # format 2, two addresses, control, HCS 2, one octet of information, FCS 2


class HdlcFramer:
    """Checks the frame that may begin at a given place.

    information  after a good frame: where its information field begins, counted from the opening flag
    """

    closing = 1  # octets that close a good frame behind what check() returns: the flag, which may open the next one

    def __init__(self, stats):
        self.information = 0
        self._stats = stats
        self._octets = 0  # of the frame whose header is good and that is waited for

    def give_up(self):
        """Forget the frame that is waited for."""
        self._octets = 0

    def check(self, buf, start, end):
        """Judge the frame whose opening flag is buf[start], of which buf[start:end] has arrived.

        Return n > 0: a good frame that ends n octets from start, its closing flag not counted; n < 0: decide again
        when -n octets are there; 0: no good frame begins here.
        """
        if self._octets == 0:
            if end - start < _SHORTEST + 2:
                return -_SHORTEST - 2
            if buf[start + 1] & 0xF0 != 0xA0:
                return 0
            octets = (buf[start + 1] & 7) << 8 | buf[start + 2]
            at = _addresses_end(buf, start + 3)
            if octets < _SHORTEST or at == 0:
                return 0
            at += 1
            if at + 2 > end:
                return start - at - 2
            if crc_x25(buf, start + 1, at) != buf[at] | buf[at + 1] << 8:
                self._stats.header_errors += 1
                return 0
            if at + 2 - start > octets - 2:
                self._stats.length_errors += 1
                return 0
            self.information = at + 2 - start
            self._octets = octets
        octets = self._octets
        if end - start < octets + 2:
            return -octets - 2
        self._octets = 0
        last = start + octets
        if buf[last + 1] != _FLAG:
            self._stats.length_errors += 1
            return 0
        if crc_x25(buf, start + 1, last - 1) != buf[last - 1] | buf[last] << 8:
            self._stats.checksum_errors += 1
            return 0
        self._stats.frames += 1
        return octets + 1


def _addresses_end(buf, at):
    """Where destination and source address end, 0 where they are none: 1, 2 or 4 octets, the last with bit 0 set.

    A length not yet received reads as what the buffer held before; the header checksum then decides.
    """
    for _ in range(2):
        if buf[at] & 1:
            at += 1
        elif buf[at + 1] & 1:
            at += 2
        elif buf[at + 2] & 1 or not buf[at + 3] & 1:
            return 0
        else:
            at += 4
    return at
