"""Wired M-Bus link layer (EN 13757-2 long frames), which Austrian meters wrap around DLMS.

`68 L L 68 C A CI STSAP DTSAP data CS 16`
"""

from ._const import const

_HEAD = const(4)
_TAIL = const(2)
_FIELDS = const(5)  # C, A, CI, STSAP, DTSAP stand before the data


class MbusFramer:
    """Checks the frame that may begin at a given place.

    information  after a good frame: where its data begins, counted from the first octet
    """

    closing = 0  # octets that close a good frame behind what check() returns
    information = _HEAD + _FIELDS

    def __init__(self, stats):
        self._stats = stats

    def give_up(self):
        """Nothing is kept here of what is waited for."""

    def check(self, buf, start, end):
        """Judge the frame `68 L L 68` at buf[start], of which buf[start:end] has arrived.

        Return n > 0: a good frame of n octets; n < 0: decide again when -n octets are there; 0: no good frame.
        """
        length = buf[start + 1]
        # Sagemcom sends a length of 256 and more modulo 256; fewer than the fields cannot be meant.
        if length <= _FIELDS:
            length += 256
        octets = _HEAD + length + _TAIL
        if end - start < octets:
            return -octets
        last = start + octets - 1
        if buf[last] != 0x16:
            self._stats.length_errors += 1
            return 0
        total = 0
        for at in range(start + _HEAD, last - 1):
            total += buf[at]
        if total & 0xFF != buf[last - 1]:
            self._stats.checksum_errors += 1
            return 0
        self._stats.frames += 1
        return octets
