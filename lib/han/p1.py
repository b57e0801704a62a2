"""P1 / H1 text telegrams (DSMR P1 companion standard 5.0.2; EFS2 appendix 3), found by ident and CRC.

`/XXX5ident CR LF … A-B:C.D.E(value*unit) CR LF … !CCCC CR LF`. Where there is no CRC, there is no reading.
"""

from ._const import const
from .kernel import advance, hex_word, is_ident
from .tables import ARC, fill

fill(ARC, 0xA001)

_CRC = const(172)
_NEED = const(169)
_SEEN = const(171)

WAIT = const(-1)


class P1Framer:
    """Checks the telegram that may begin at a given place.

    stop       after a good telegram: where its `!` stands, counted from its `/`
    sealed     where the ciphered part of the telegram begins, counted likewise; 0 where there is none
    checked    whether the CRC of a telegram in cipher is right
    unchecked  whether a telegram that carries no CRC (DSMR 2.2 and 3.0) counts as good: for users who know what they do
    """

    closing = 2  # octets that close a good telegram behind what check() returns: CR LF

    def __init__(self, stats, work, unchecked):
        self.stop = 0
        self.sealed = 0
        self._unchecked = unchecked
        self._stats = stats
        self._work = work

    def give_up(self):
        """Nothing is kept here of what is waited for."""

    def check(self, buf, start, end):
        """Judge the telegram with an ident at buf[start], of which buf[start:end] has arrived.

        Return n > 0: a good telegram that ends n octets from start, with its CRC's last digit; n < -1: decide again when
        -n octets are there; WAIT: when something in it stops advance(); 0: no good telegram begins here.
        """
        work = self._work
        if work[_SEEN] == 0:
            work[_CRC] = ARC[0x2F]
            work[_SEEN] = 1
            self.sealed = 0
            self.checked = True
        work[_NEED] = 0
        while advance(buf, 0, buf, work):
            seen = work[_SEEN]
            at = start + seen
            b = buf[at]
            crc = work[_CRC]
            crc = ARC[(crc ^ b) & 0xFF] ^ crc >> 8
            if b == 0x21:
                if end - at < 2:
                    return start - at - 2
                self.stop = at - start
                if buf[at + 1] == 13:
                    # The end of a telegram without CRC.
                    self._stats.unchecked += 1
                    return at + 1 - start if self._unchecked else 0
                if end - at < 5:
                    return start - at - 5
                announced = hex_word(buf, at + 1)
                if announced == crc:
                    self._stats.telegrams += 1
                    return at + 5 - start
                if announced >= 0:
                    self._stats.checksum_errors += 1
                    return 0
            elif b == 0x2F:
                # A CRC that starts from 0 cannot tell a cut telegram before this one from nothing: an ident is a start.
                if end - at < 5:
                    return start - at - 5
                if is_ident(buf, at):
                    self._stats.length_errors += 1
                    return 0
            else:
                # Where the lines are in cipher, what follows the ident line is the length of a title, 0 or 8.
                i = start + 5
                while i < at and (buf[i] != 10 or buf[i + 1] & 0xF7):
                    i += 1
                if i < at:
                    from .sealed import check_sealed

                    return check_sealed(self, self._stats, buf, start, i + 1, end)
                self._stats.length_errors += 1
                return 0
            work[_CRC] = crc
            work[_SEEN] = seen + 1
        return WAIT
