"""When Home Assistant is told what the meter sends. What it is told, and what is found out for it, is discovery.py's work.

Only this much stays in memory, and it does not grow.
"""

import time

from micropython import const

from firmware import let_go

# Nearly 20 s. The devices of a house answer a birth at different times, since their clocks were started at such.
_SPREAD_MS = const(0x3FFF)


class Announcer:
    """Knows when to tell. about: Home Assistant's prefix, the device's identity, T, the device's name for people.

    Attributes, for discovery.py: seen and times (as it says), vendor (of the meter), told (once at least), at (when to
    tell, None: not so far); for the uplink: greeted (False at the beginning of a session).
    """

    def __init__(self, *about):
        self.about = about
        self.seen = bytearray(32)
        self.times = [0] * 12
        self.vendor = ""
        self.told = self.greeted = False
        self.at = None

    def note(self, reading):
        """Take notice of a reading."""
        at = "123p".find(reading.list[:1])
        times = self.times
        times[8 + at] = times[4 + at]
        times[4 + at] = times[at]
        times[at] = time.ticks_ms()
        # Another number of quantities: another list than the last of its kind.
        if self.seen[28 + at] != len(reading):
            self.seen[28 + at] = len(reading)
            from firmware import discovery

            discovery.look(self, reading, at)
            del discovery
            let_go("discovery")

    def heard(self, _, payload):
        """Take a message about Home Assistant itself."""
        if payload == b"online" and self.told:
            now = time.ticks_ms()
            self.at = time.ticks_add(now, now & _SPREAD_MS)

    def due(self):
        """Whether there is something to tell now."""
        return not self.greeted or self.at is not None and time.ticks_diff(time.ticks_ms(), self.at) >= 0

    async def tell(self, client, beat):
        """Tell it; `beat()` at every message. Raises MqttError."""
        try:
            from firmware import discovery

            await discovery.tell(self, client, beat)
        except MemoryError:
            self.at = None  # readings matter more
        finally:
            self.greeted = True
            discovery = None
            let_go("discovery")
