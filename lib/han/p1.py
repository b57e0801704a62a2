"""P1 / H1 text telegrams (DSMR P1 companion standard 5.0.2; EFS2 appendix 3), found by ident and CRC.

`/XXX5ident CR LF … A-B:C.D.E(value*unit) CR LF … !CCCC CR LF`. A CRC is asked for: where there is none, there is no reading.
"""

from ._const import const
from .kernel import advance
from .tables import ARC
from .work import CRC, NEED, SEEN

_STRAY = const(-1)
WAIT = const(-1)


class P1Framer:
    """Checks the telegram that may begin at a given place."""

    closing = 2  # octets that close a good telegram behind what check() returns: CR LF

    def __init__(self, stats, work):
        self._stats = stats
        self._work = work

    def begin(self):
        """Forget the telegram before."""
        self._work[SEEN] = 0

    def check(self, buf, start, end):
        """Judge the telegram whose `/` is buf[start], of which buf[start:end] has arrived.

        Return n > 0: a good telegram that ends n octets from start, with the CRC's last digit; n < -1: decide again when
        -n octets are there; WAIT: when something in it stops advance(); 0: no good telegram begins here.
        """
        work = self._work
        if work[SEEN] == 0:
            if end - start < 5:
                return -5
            if not _is_ident(buf, start):
                return 0
            work[CRC] = 0
            self._step(buf[start])
        work[NEED] = 0
        while True:
            if not advance(buf, b"", 0, work):
                return WAIT
            at = start + work[SEEN]
            b = buf[at]
            if b == 0x21:
                if end - at < 2:
                    return start - at - 2
                if buf[at + 1] == 13:
                    # The end of a telegram without CRC.
                    self._stats.unchecked += 1
                    return 0
                if end - at < 5:
                    return start - at - 5
                announced = _crc(buf, at + 1)
                if announced != _STRAY:
                    break
            elif b == 0x2F:
                # A CRC that starts from 0 cannot tell a cut telegram before this one from nothing: an ident is a start.
                if end - at < 5:
                    return start - at - 5
                if _is_ident(buf, at):
                    self._stats.length_errors += 1
                    return 0
            else:
                self._stats.length_errors += 1
                return 0
            self._step(b)
        self._step(0x21)
        if work[CRC] != announced:
            self._stats.checksum_errors += 1
            return 0
        self._stats.telegrams += 1
        return at + 5 - start

    def _step(self, b):
        work = self._work
        crc = work[CRC]
        work[CRC] = ARC[(crc ^ b) & 0xFF] ^ crc >> 8
        work[SEEN] += 1


def _is_ident(buf, at):
    """Whether `/`, three letters and a digit stand at buf[at]."""
    return _letter(buf[at + 1]) and _letter(buf[at + 2]) and _letter(buf[at + 3]) and 48 <= buf[at + 4] <= 57


def _letter(b):
    return 65 <= b & 0xDF <= 90


def _crc(buf, at):
    """The four hexadecimal digits at buf[at] as a number, _STRAY where they are none."""
    value = 0
    for i in range(at, at + 4):
        b = buf[i]
        if 48 <= b <= 57:
            value = value << 4 | b - 48
        elif 65 <= b & 0xDF <= 70:
            value = value << 4 | (b & 0xDF) - 55
        else:
            return _STRAY
    return value
