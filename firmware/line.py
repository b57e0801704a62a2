"""The meter's line settings and the search for the right ones. Pure: time comes in as an argument.

Documents and meters disagree about parity, and P1 adapters about polarity, so with `auto` the settings are found by
trying them. The judge is the parser's checksums, never the look of the bytes.
"""

from collections import namedtuple

# parity as machine.UART takes it: None, 0 (even), 1 (odd)
Line = namedtuple("Line", ("baud", "bits", "parity", "stop", "inverted"))

# No good frame in this time although bytes come: try the next settings. Meters push every 10 s or faster.
HUNT_MS = 20000
# Settings that have worked on this port deserve more patience with noise.
KEEP_MS = 60000
# A UART with the wrong parity or polarity may hand over nothing at all, so silence moves the search on too, slowly.
SILENT_HUNT_MS = 60000
# When a person is told about it: three push intervals of 10 s.
QUIET_MS = 30000

# What people are told about them: firmware.sentences.
WAITING, SILENT, NOISE, DAMAGED, GOOD = range(5)


def describe(line):
    """Such as '115200 8N1 inverted'."""
    parity = "N" if line.parity is None else "EO"[line.parity]
    return "%d %d%s%d%s" % (line.baud, line.bits, parity, line.stop, " inverted" if line.inverted else "")


def candidates(setting, profile):
    """The lines to try, best guess first, for the setting `meter_line` and a board. A fixed setting gives just one."""
    inverted = profile.inverted
    fast = Line(115200, 8, None, 1, inverted)
    even = Line(2400, 8, 0, 1, inverted)
    none = Line(2400, 8, None, 1, inverted)
    if setting == "p1" or setting == "hdlc-115200":
        return (fast,)
    if setting == "mbus-8e1":
        return (even,)
    if setting == "mbus-8n1":
        return (none,)
    if profile.adapter == "mbus":
        return (even, none)
    # The second is an adapter whose transistor has turned the signal round already; then Kamstrup's RJ12 module at
    # 2400 baud, and Iskraemeco AM550 meters that send seven bits.
    return (fast, Line(115200, 8, None, 1, not inverted), none, even, Line(115200, 7, 0, 1, inverted))


class LineSearch:
    """Decides which of `lines` the port uses. Call `update` about once a second with the parser's counters.

    Attributes: line (the Line in use), state (one of the words above).
    """

    def __init__(self, lines):
        self._lines = list(lines)
        self._bytes = self._good = self._bad = 0
        self._hunt_ms = -1  # time since the first byte without a good frame; -1: no byte yet
        self._quiet_ms = 0  # time since the last byte
        self._works = False  # the first of _lines has given good frames
        self.line = self._lines[0]
        self.state = WAITING

    def resume(self, line, received, good, bad, quiet_ms, hunt_ms):
        """Go on with the line that works. Running totals as for update(), at the last byte, good and last good telegram; time since
        the last byte and since the last good telegram."""
        self._lines.remove(line)
        self._lines.insert(0, line)
        self.line = line
        self._bytes = received
        self._good = good
        self._bad = bad
        self._quiet_ms = quiet_ms
        self._hunt_ms = hunt_ms
        self._works = True
        self.state = GOOD

    def update(self, elapsed_ms, received, good, bad):
        """Take the time since the last call and three running totals: bytes received, frames and telegrams with a
        good checksum, frames and telegrams with a bad one. Returns True when `line` has changed."""
        got = received != self._bytes
        self._bytes = received
        if good != self._good:
            self._good = good
            self._hunt_ms = self._quiet_ms = 0
            self._bad = bad
            self.state = GOOD
            # What worked is tried first whenever a search begins again.
            self._lines.remove(self.line)
            self._lines.insert(0, self.line)
            self._works = True
            return False
        if got:
            self._quiet_ms = 0
            self._hunt_ms = max(self._hunt_ms, 0)
        else:
            self._quiet_ms += elapsed_ms
        if self._quiet_ms >= QUIET_MS:
            self._hunt_ms = -1  # after a silence the search begins with the next byte
            self.state = SILENT
        elif self._hunt_ms >= 0:
            self._hunt_ms += elapsed_ms
            if self._hunt_ms >= QUIET_MS or (self._hunt_ms >= HUNT_MS and self.state != GOOD):
                self.state = DAMAGED if bad != self._bad else NOISE
        at = self._lines.index(self.line)
        if self._works and at == 0:
            # A meter that falls silent comes back with the settings that it had.
            if self._hunt_ms < KEEP_MS:
                return False
        elif self._hunt_ms < HUNT_MS and self._quiet_ms < SILENT_HUNT_MS:
            return False
        if len(self._lines) == 1:
            return False
        self.line = self._lines[(at + 1) % len(self._lines)]
        self._hunt_ms = -1
        self._quiet_ms = 0
        return True
