"""The parser's front: whatever comes from the port goes in, readings come out. It finds out the protocol by itself."""

from ._const import const
from .errors import MessageError
from .kernel import advance, is_ident, remembering, shift
from .stats import Stats
from .work import work_area

_BYTES = const(173)
_CLOSING = const(175)
_DROPPED = const(174)
_FILL = const(168)
_MODE = const(170)
_NEED = const(169)
_SEEN = const(171)
_START = const(167)

# What a message begins with, as advance() says.
_FRAME = const(1)
_TELEGRAM = const(2)
_MBUS = const(3)
_CIPHERED = const(4)
_IDENT = const(5)  # octets of its beginning that tell a telegram from noise


class Reader:
    """Finds frames and telegrams in a stream of bytes and reads them.

    size      octets of the one buffer, 2049 (the longest HDLC frame) or more; a telegram may be as long
    key       encryption key, 16 octets, where the meter encrypts
    auth_key  authentication key, 16 octets, where it has one
    title     system title, 8 octets, of a meter that encrypts and does not send it
    unchecked whether telegrams without CRC, which some old meters send, become readings all the same: a damaged one
              then looks like a good one
    tap       None, or an empty list: into it goes the next message that gives a reading, as a bytearray
    trouble   what is wrong with the last good frame that gave no reading, in words; "" after one that did

    Until a message is complete and its checksum is right nothing is allocated. Work and memory are bounded whatever
    comes in: a false start is given up one byte behind its beginning, and what the buffer holds is looked at again.
    """

    def __init__(self, size=3072, key=None, auth_key=None, unchecked=False, title=None):
        if size < 2049:
            raise ValueError("size must be 2049 or more")
        for octets in (key, auth_key):
            if octets is not None and len(octets) != 16:
                raise ValueError("a key must be 16 octets, got %d" % len(octets))
        if title is not None and len(title) != 8:
            raise ValueError("a system title must be 8 octets, got %d" % len(title))
        self.trouble = ""
        self.tap = None
        self._stats = Stats()
        self._work = work_area(size)
        self._unchecked = unchecked
        self._buf = bytearray(size)
        self._keys = key, auth_key, title
        # What finds and reads frames or telegrams is loaded with the first one: a dongle hears one protocol all its life.
        self._framers = [None, None, None, None, None]
        self._dlms = None
        self._read_telegram = None

    @property
    def stats(self):
        """What was seen so far, a Stats."""
        work = self._work
        stats = self._stats
        stats.bytes += work[_BYTES]
        stats.dropped += work[_DROPPED]
        work[_BYTES] = work[_DROPPED] = 0
        return stats

    def feed(self, data, n=-1):
        """Take data[:n], any bytes-like object (all of it by default), and return the readings that it completes.

        The readings are a list, or an empty tuple where there are none. Never raises for what the bytes say.
        """
        if n < 0:
            n = len(data)
        verdict = advance(self._buf, n, data, self._work)
        if verdict == 0:
            return ()
        return self._decide(()) if verdict > 0 else self._feed_parts(memoryview(data), n)

    def idle(self):
        """The line has been silent for a while: what is waited for will not come. Return readings as feed() does.

        Call it after half a second or more without a byte. What a damaged length made the reader wait for is given up, and
        messages that it took for a part of that are read.
        """
        work = self._work
        found = ()
        while work[_MODE]:
            framer = self._framers[work[_MODE]]
            if framer:  # none while an ident is waited for
                framer.give_up()
            work[_MODE] = work[_NEED] = 0
            work[_START] += 1
            work[_DROPPED] += 1
            self._stats.resyncs += 1
            found = self._decide(found)
        return found

    def _feed_parts(self, data, n):
        """feed() what the buffer has no room for at once."""
        work = self._work
        found = ()
        at = 0
        while at < n:
            if work[_START]:
                shift(self._buf, work[_START], work[_FILL])
                work[_FILL] -= work[_START]
                work[_START] = 0
            part = min(n - at, len(self._buf) - work[_FILL])
            if advance(self._buf, part, data[at:at + part], work) or work[_FILL] == len(self._buf):
                found = self._decide(found)
            at += part
        return found

    def _decide(self, found):
        """Read what is complete in the buffer, add it to the readings found, and return these."""
        buf = self._buf
        work = self._work
        while True:
            mode = work[_MODE] or advance(buf, 0, buf, work)
            if not mode:
                return found
            start = work[_START]
            end = work[_FILL]
            if mode == _TELEGRAM and work[_SEEN] == 0 and (end - start < _IDENT or not is_ident(buf, start)):
                # In the noise of a line with frames this is no reason to load what judges telegrams.
                verdict = 0 if end - start >= _IDENT else -_IDENT
            else:
                framer = self._framers[mode] or self._load_framer(mode)
                verdict = framer.check(buf, start, end)
            if verdict < 0 and end - start < len(self._buf) and -verdict <= len(self._buf):
                # -1: the telegram is looked through as it comes.
                work[_NEED] = -verdict if verdict < -1 else 0
                return found
            work[_MODE] = 0
            reading = self._read(mode, start, start + verdict) if verdict > 0 else None
            if reading is not None:
                found = found or []
                found.append(reading)
                if self.tap == []:
                    self.tap.append(buf[start:start + verdict])
            # Only its tag vouches for a ciphered APDU without a frame, or for a telegram in cipher whose CRC is another.
            if verdict > 0 and (reading is not None or mode < _CIPHERED and (mode != _TELEGRAM or framer.checked)):
                work[_START] = start + verdict
                work[_CLOSING] = framer.closing
            else:
                work[_START] = start + 1
                work[_DROPPED] += 1
                self._stats.resyncs += 1

    def _load_framer(self, mode):
        # Where memory does not suffice for it, what begins here is looked for again.
        self._work[_MODE] = 0
        if mode == _FRAME:
            from .hdlc import HdlcFramer

            framer = HdlcFramer(self._stats)
        elif mode == _TELEGRAM:
            from .p1 import P1Framer

            framer = P1Framer(self._stats, self._work, self._unchecked)
        elif mode == _MBUS:
            from .mbus import MbusFramer

            framer = MbusFramer(self._stats)
        else:
            from .glo import GloFramer

            framer = GloFramer()
        self._framers[mode] = framer
        self._work[_MODE] = mode
        return framer

    def _read(self, mode, start, end):
        """The reading in the good frame or telegram, None where it gives none, or while pieces of it are missing."""
        buf = self._buf
        framer = self._framers[mode]
        try:
            if mode == _TELEGRAM and framer.sealed:
                reading = (self._dlms or self._load_dlms()).wrapped().sealed(buf, start, framer)
            elif mode == _TELEGRAM:
                if self._read_telegram is None:
                    from .telegram import read_telegram

                    self._read_telegram = read_telegram
                reading = self._read_telegram(buf, start, start + framer.stop, self._work)
            else:
                dlms = self._dlms or self._load_dlms()
                data = start + framer.information
                if mode == _FRAME:
                    reading = dlms.frame(buf, data, end - 2, buf[start + 1] & 8)
                elif mode == _MBUS:
                    reading = dlms.wrapped().segment(buf, data, end - 2, buf[start + 6])
                else:
                    reading = dlms.wrapped().apdu(buf, start, end, "dlms", False)
        except MessageError as error:
            if mode == _CIPHERED and (self._stats.frames or self._stats.telegrams):
                # On a line that speaks in frames it stood inside a damaged one: no key is to blame.
                return None
            self.trouble = error.args[0]
            counter = error.args[1] if len(error.args) > 1 else "unknown"
            setattr(self._stats, counter, getattr(self._stats, counter) + 1)
            return None
        if reading is not None:
            self._stats.readings += 1
            self.trouble = ""
        return reading

    if remembering:
        _read = remembering(_read)

    def _load_dlms(self):
        from .dlms import Dlms

        self._dlms = Dlms(self._stats, self._work, self._keys)
        return self._dlms

    def read_apdu(self, data):
        """The reading in a bare APDU, with or without LLC, for which there is no checksum: for captures, not for a line.

        Raises MessageError.
        """
        start = 3 if data[:1] == b"\xe6" else 0
        return self._load_dlms().wrapped().apdu(bytearray(data), start, len(data), "dlms", True)
