"""The parser's front: whatever comes from the port goes in, readings come out. It finds out the protocol by itself."""

from .errors import MessageError
from .hdlc import HdlcFramer
from .kernel import copy, hunt, shift
from .p1 import P1Framer
from .stats import Stats
from .work import work_area


class Reader:
    """Finds frames and telegrams in a stream of bytes and reads them.

    size   octets of the one buffer, 2049 (the longest HDLC frame) or more; a telegram may be as long
    stats  what was seen so far, a Stats

    Until a message is complete and its checksum is right nothing is allocated. Work and memory are bounded whatever
    comes in: a false start is given up one byte behind its beginning, and what the buffer holds is looked at again.
    """

    def __init__(self, size=3072):
        if size < 2049:
            raise ValueError("size must be 2049 or more")
        self.stats = Stats()
        self._hdlc = HdlcFramer(self.stats)
        self._work = work_area()
        self._p1 = P1Framer(self.stats, self._work)
        self._framer = None
        self._buf = bytearray(size)
        self._start = 0
        self._end = 0
        self._need = 0
        self._closing = 0
        self._vendor = ""
        # What reads a good frame or telegram is loaded with the first one: a dongle hears one protocol all its life.
        self._read_frame = None
        self._read_telegram = None

    def feed(self, data, n=-1):
        """Take data[:n], any bytes-like object (all of it by default), and return the readings that it completes.

        The readings are a list, or an empty tuple where there are none. Never raises for what the bytes say.
        """
        if n < 0:
            n = len(data)
        self.stats.bytes += n
        size = len(self._buf)
        if n <= size - self._end:
            copy(self._buf, self._end, data, n)
            self._end += n
            return self._look(())
        found = ()
        at = 0
        data = memoryview(data)
        while at < n:
            if self._start:
                self._make_room()
            part = min(n - at, size - self._end)
            copy(self._buf, self._end, data[at:at + part], part)
            at += part
            self._end += part
            found = self._look(found)
        return found

    def _make_room(self):
        """Move what is kept to the front of the buffer."""
        shift(self._buf, self._start, self._end)
        self._end -= self._start
        self._start = 0

    def _look(self, found):
        """Read what is complete in the buffer, add it to the readings found, and return these."""
        buf = self._buf
        stats = self.stats
        while True:
            framer = self._framer
            if framer is None:
                start = hunt(buf, self._start, self._end)
                skipped = start - self._start
                closing = min(skipped, self._closing)
                self._closing -= closing
                stats.dropped += skipped - closing
                self._start = start
                if start + 1 >= self._end:
                    # A first octet alone decides nothing: it may close what came before.
                    if start == self._end:
                        self._start = self._end = 0
                    return found
                self._closing = 0
                self._framer = framer = self._hdlc if buf[start] == 0x7E else self._p1
                framer.begin()
                self._need = 0
            start = self._start
            if self._end - start < self._need:
                return found
            verdict = framer.check(buf, start, self._end)
            if verdict < 0 and -verdict <= len(buf):
                self._need = -verdict
                return found
            self._framer = None
            if verdict > 0:
                self._start = start + verdict
                self._closing = framer.closing
                reading = self._read(framer, start, start + verdict)
                if reading is not None:
                    found = found or []
                    found.append(reading)
            else:
                self._start = start + 1
                stats.dropped += 1
                stats.resyncs += 1

    def _read(self, framer, start, end):
        try:
            if framer is self._p1:
                if self._read_telegram is None:
                    from .telegram import read_telegram

                    self._read_telegram = read_telegram
                reading = self._read_telegram(self._buf, start, end, self._work)
            else:
                if self._read_frame is None:
                    from .dlms import read_information

                    self._read_frame = read_information
                start += framer.information
                reading = self._read_frame(self._buf, start, end - 2, self._work, self._vendor)
        except MessageError:
            self.stats.unknown += 1
            return None
        self._vendor = reading.vendor or self._vendor
        self.stats.readings += 1
        return reading
