"""The time of day, from NTP, in UTC. The meter's own clock is not a source: half of them are an hour off."""

import asyncio
import time

import ntptime
from micropython import const

from firmware.backoff import Backoff

# An answer from before this firmware is a wrong answer.
_OLDEST = const(2025)
_AGAIN_S = const(86400)


class Clock:
    """Attributes: known (bool)."""

    def __init__(self, host, link, log):
        self._link = link
        self._log = log
        self.known = False
        ntptime.host = host
        ntptime.timeout = 1

    async def run(self, beat):
        """For ever: ask when the link is up, again with back-off until it works, then once a day."""
        backoff = Backoff(5000, 900000)
        told = False
        while True:
            while not self._link.connected:
                await asyncio.sleep_ms(500)
            if self._ask():
                backoff.reset()
                told = False
                self._log.line("clock", "it is %s" % self.iso_utc())
                for _ in range(_AGAIN_S // 60):
                    await asyncio.sleep(60)
            else:
                if not told:
                    self._log.line("clock", "the time server does not answer; trying on")
                    told = True
                await asyncio.sleep_ms(backoff.next())

    def _ask(self):
        """One question; blocks for a name look-up and up to 1 s. True when the time is known."""
        try:
            ntptime.settime()
        except Exception:
            # OSError on the network, OverflowError and IndexError on odd answers: no time in any case.
            return False
        if time.gmtime()[0] < _OLDEST:
            return False
        self.known = True
        return True

    def iso_utc(self):
        """Such as '2026-01-31T23:59:59Z', or '' while unknown."""
        return "%04d-%02d-%02dT%02d:%02d:%02dZ" % time.gmtime()[:6] if self.known else ""
