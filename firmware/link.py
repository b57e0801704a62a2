"""Wi-Fi or Ethernet, whichever the board has, never both; the only importer of `network`.

Both at once would send everything over Wi-Fi (the IDF prefers its route), so a board with Ethernet never touches
Wi-Fi. `isconnected()` and deadlines of ours decide, not `status()`, which shows the last failure while the driver
retries by itself.
"""

import asyncio
import time

import network
from micropython import const

from firmware import let_go, sentence
from firmware.backoff import Backoff, pause

# So long the driver may try to mend a lost connection by itself.
_MEND_MS = const(10000)
_POLL_MS = const(500)


class Link:
    """Keeps the network up. Attributes: connected (bool), address and dns (of us and of the name server, text, '' without
    one), losses (count), portal (our address in the set-up Wi-Fi, '' while there is none)."""

    def __init__(self, profile, settings, hostname, log):
        self.profile = profile
        self.settings = settings
        self.hostname = hostname
        self.log = log
        self.nic = None
        self.tries = 0  # in vain, since the last connection
        self.connected = False
        self.address = ""
        self.dns = ""
        self.losses = 0
        self.portal = ""

    def strength(self):
        """The strength of the Wi-Fi in dBm; None with a cable, or where it is unknown."""
        try:
            return None if self.profile.ethernet else self.nic.status("rssi")
        except Exception:
            return None  # no interface so far, or an error of the driver's own

    async def run(self, beat):
        """For ever: connect, watch, connect again; `beat()` at every turn."""
        if self.profile.ethernet is None and not self.settings["wifi_ssid"]:
            self.log.line("link", sentence("LINK", "unset"))
            while True:
                beat()
                await asyncio.sleep_ms(_POLL_MS)
        backoff = Backoff(1000, 60000)
        while True:
            if await self._join(beat):
                backoff.reset()
                await self._watch(beat)
            wait = backoff.next()
            if not self.connected:
                self.log.line("link", "not connected; next try in %d s" % ((wait + 999) // 1000))
            await pause(wait, beat)

    async def _join(self, beat):
        from firmware import joining

        try:
            return await joining.join(self, network, beat)
        finally:
            del joining
            let_go("joining")

    async def _watch(self, beat):
        """Return when the connection is gone. The driver gets a moment to mend it by itself."""
        gone = None
        while True:
            beat()
            now = time.ticks_ms()
            try:
                up = self.nic.isconnected()
            except Exception:
                up = False
            if up:
                gone = None
                self.connected = True
            elif gone is None:
                gone = now
                self.connected = False
                self.losses += 1
                self.log.line("link", "lost")
            elif time.ticks_diff(now, gone) > _MEND_MS:
                self.address = ""
                return
            await asyncio.sleep_ms(_POLL_MS)
