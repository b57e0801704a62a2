"""What the parser counts: page, messages and diagnosis get it for nothing."""

from ._const import const

# A text, since the strings of a constant tuple are objects of their own, 32 octets each.
_COUNTERS = const(
    "bytes frames telegrams readings header_errors checksum_errors length_errors unchecked unknown needs_key wrong_key "
    "replayed resyncs dropped")


class Stats:
    """Counters since the parser was made; each an integer that only grows.

    bytes            fed in
    frames           HDLC and M-Bus frames with good checksums
    telegrams        P1 telegrams with a good CRC
    readings         handed out
    header_errors    what began like a frame, its header checksum wrong: noise or damage
    checksum_errors  complete frames and telegrams whose checksum is wrong
    length_errors    no end where one must be: cut, damaged or joined
    unchecked        telegrams that carry no CRC, and therefore give no reading
    unknown          good checksums around a message that is not understood
    needs_key        encrypted messages for which no key was given
    wrong_key        encrypted messages that the key does not fit
    replayed         encrypted messages that were sent before
    resyncs          times a started frame or telegram was given up
    dropped          bytes that belong to nothing good
    """

    def __init__(self):
        for name in _COUNTERS.split():
            setattr(self, name, 0)

    def items(self):
        """(name, count) pairs."""
        for name in _COUNTERS.split():
            yield name, getattr(self, name)
