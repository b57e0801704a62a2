"""The parser's front: whatever comes from the port goes in, readings come out. It finds out the protocol by itself."""

from ._const import const
from .errors import MessageError
from .hdlc import HdlcFramer
from .kernel import advance, hunt, shift
from .p1 import P1Framer
from .stats import Stats
from .work import BYTES, CLOSING, DROPPED, FILL, MODE, NEED, START, work_area

_FRAME = const(1)
_TELEGRAM = const(2)


class Reader:
    """Finds frames and telegrams in a stream of bytes and reads them.

    size   octets of the one buffer, 2049 (the longest HDLC frame) or more; a telegram may be as long

    Until a message is complete and its checksum is right nothing is allocated. Work and memory are bounded whatever
    comes in: a false start is given up one byte behind its beginning, and what the buffer holds is looked at again.
    """

    def __init__(self, size=3072):
        if size < 2049:
            raise ValueError("size must be 2049 or more")
        self._stats = Stats()
        self._work = work_area()
        self._framers = (None, HdlcFramer(self._stats), P1Framer(self._stats, self._work))
        self._buf = bytearray(size)
        self._size = size
        self._vendor = ""
        # What reads a good frame or telegram is loaded with the first one: a dongle hears one protocol all its life.
        self._read_frame = None
        self._read_telegram = None

    @property
    def stats(self):
        """What was seen so far, a Stats."""
        work = self._work
        stats = self._stats
        stats.bytes += work[BYTES]
        stats.dropped += work[DROPPED]
        work[BYTES] = work[DROPPED] = 0
        return stats

    def feed(self, data, n=-1):
        """Take data[:n], any bytes-like object (all of it by default), and return the readings that it completes.

        The readings are a list, or an empty tuple where there are none. Never raises for what the bytes say.
        """
        if n < 0:
            n = len(data)
        work = self._work
        if n > self._size - work[FILL]:
            return self._feed_parts(memoryview(data), n)
        if advance(self._buf, data, n, work):
            return self._decide(())
        return ()

    def _feed_parts(self, data, n):
        """feed() what the buffer has no room for at once."""
        work = self._work
        found = ()
        at = 0
        while at < n:
            if work[START]:
                shift(self._buf, work[START], work[FILL])
                work[FILL] -= work[START]
                work[START] = 0
            part = min(n - at, self._size - work[FILL])
            if advance(self._buf, data[at:at + part], part, work) or work[FILL] == self._size:
                found = self._decide(found)
            at += part
        return found

    def _decide(self, found):
        """Read what is complete in the buffer, add it to the readings found, and return these."""
        buf = self._buf
        work = self._work
        while True:
            mode = work[MODE] or hunt(buf, work)
            if not mode:
                return found
            start = work[START]
            end = work[FILL]
            framer = self._framers[mode]
            verdict = framer.check(buf, start, end)
            if verdict < 0 and end - start < self._size and -verdict <= self._size:
                # -1: the telegram is looked through as it comes.
                work[NEED] = -verdict if verdict < -1 else 0
                return found
            work[MODE] = 0
            if verdict > 0:
                work[START] = start + verdict
                work[CLOSING] = framer.closing
                reading = self._read(mode, start, start + verdict)
                if reading is not None:
                    found = found or []
                    found.append(reading)
            else:
                work[START] = start + 1
                work[DROPPED] += 1
                self._stats.resyncs += 1

    def _read(self, mode, start, end):
        try:
            if mode == _TELEGRAM:
                if self._read_telegram is None:
                    from .telegram import read_telegram

                    self._read_telegram = read_telegram
                reading = self._read_telegram(self._buf, start, end, self._work)
            else:
                if self._read_frame is None:
                    from .dlms import read_information

                    self._read_frame = read_information
                start += self._framers[_FRAME].information
                reading = self._read_frame(self._buf, start, end - 2, self._work, self._vendor)
        except MessageError:
            self._stats.unknown += 1
            return None
        self._vendor = reading.vendor or self._vendor
        self._stats.readings += 1
        return reading
