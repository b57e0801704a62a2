"""The time of day, from NTP, in UTC. The meter's own clock is not a source: half of them are an hour off."""

import asyncio
import time

from micropython import const

from firmware import let_go
from firmware.backoff import Backoff

_AGAIN_S = const(86400)
# Seconds from the port's own epoch to 2000, where the chip's begins.
BEFORE = 0 if time.gmtime(0)[0] == 2000 else 946684800


def iso(utc):
    """Such as 2026-01-31T23:59:50Z, from seconds since 2000-01-01 UTC."""
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % time.gmtime(utc + BEFORE)[:6]


class Clock:
    """Attributes: known (bool)."""

    def __init__(self, host, link, log):
        self._host = host
        self._link = link
        self._log = log
        self.known = False

    async def run(self, beat):
        """For ever: ask when the link is up, again with back-off until it works, then once a day."""
        backoff = Backoff(5000, 900000)
        told = False
        while True:
            while not self._link.connected:
                await asyncio.sleep_ms(500)
            if await self._ask():
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

    async def _ask(self):
        """One question, at most 7 s. True when it was answered."""
        from firmware import sntp

        try:
            answered = await sntp.set_clock(self._host, self._link.dns, BEFORE)
        finally:
            del sntp
            let_go("sntp")
            let_go("names")
        self.known = self.known or answered
        return answered

    def iso_utc(self):
        """Such as '2026-01-31T23:59:59Z', or '' while unknown."""
        return iso(self.epoch()) if self.known else ""

    def epoch(self):
        """Seconds since 2000-01-01 UTC, 0 while unknown."""
        return int(time.time()) - BEFORE if self.known else 0
