"""When Home Assistant is told what the meter sends. What it is told, and what is found out for it, is discovery.py's work.

Only this much stays in memory, and it does not grow.
"""

import time

from micropython import const

from firmware import let_go

# Nearly 20 s. The devices of a house answer a birth at different times, since their clocks were started at such.
_SPREAD_MS = const(0x3FFF)
# What good telegrams of 26 h have not brought is gone: hours, and days that begin at any hour, are then past.
_GONE_MS = const(93600000)
# A longer pause than that between readings is no time of good telegrams.
_PAUSE_MS = const(60000)


class Announcer:
    """Knows when to tell. about: Home Assistant's prefix ("": only what was told is taken back), the device's identity, T, the
    device's name for people, the pauses of Layout, whether it is on Wi-Fi, what foretold.py tells of.

    Attributes, for discovery.py: known, fresh and times (as it says), vendor (of the meter), before (the prefix where things
    were told so far; None: not looked up yet), stale (long enough seen what comes), at (when to tell, None: not so far); for the
    uplink: greeted (False at the beginning of a session).
    """

    def __init__(self, *about):
        self.about = about
        self.known = bytearray(28)
        self.fresh = bytearray(28)
        self.times = [0] * 12
        self.vendor = ""
        self.before = self.at = None
        self.greeted = self.stale = False
        self._good = 0
        self._last = time.ticks_ms()

    def note(self, reading):
        """Take notice of a reading."""
        at = "123p".find(reading.list[:1])
        if at < 0 or not self.about[0]:
            return
        times = self.times
        times[8 + at] = times[4 + at]
        times[4 + at] = times[at]
        times[at] = now = time.ticks_ms()
        self._good += max(0, min(time.ticks_diff(now, self._last), _PAUSE_MS))
        self._last = now
        if self._good > _GONE_MS:
            self._good = 0
            self.stale = True
            self.at = now
        # Another number of quantities: another list than the last of its kind.
        if self.fresh[24 + at] != len(reading):
            self.fresh[24 + at] = len(reading)
            try:
                from firmware import discovery

                discovery.look(self, reading, at)
            finally:
                # Also where memory was short: else it stays so.
                discovery = None
                let_go("discovery")

    def heard(self, payload, at, rest):
        """Take a message about Home Assistant itself."""
        if payload == b"online":
            now = time.ticks_ms()
            self.at = time.ticks_add(now, now & _SPREAD_MS)

    def due(self):
        """Whether there is something to tell now."""
        return not self.greeted or self.at is not None and time.ticks_diff(time.ticks_ms(), self.at) >= 0

    async def tell(self, client, beat):
        """Tell it; `beat()` at every message. Raises MqttError."""
        try:
            from firmware import discovery

            discovery.restore(self)
            before = self.before
            await discovery.tell(self, client, beat)
            # One room after the other.
            del discovery
            let_go("discovery")
            from firmware import foretold

            await foretold.tell(self, before, client, beat)
        except MemoryError:
            self.at = None  # readings matter more
        finally:
            self.greeted = True
            discovery = foretold = None
            let_go("discovery", "foretold")
