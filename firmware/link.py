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
# Wi-Fi that stays away for so long may have got another name or password.
_AWAY_MS = const(600000)


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
        self.wanted = False  # the set-up Wi-Fi
        self.trying = False  # somebody is trying another network
        self._away = None  # since when there has been no connection

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
            self.open_portal()
            self.enter("improv")
            while True:
                beat()
                await asyncio.sleep_ms(_POLL_MS)
        backoff = Backoff(1000, 60000)
        opened = False
        while True:
            if await self._join(beat):
                backoff.reset()
                self._away = None
                if opened:
                    # Nobody asked for it.
                    opened = self.wanted = False
                await self._watch(beat)
            now = time.ticks_ms()
            if self._away is None:
                self._away = now
            elif time.ticks_diff(now, self._away) > _AWAY_MS and self.profile.ethernet is None and not self.wanted:
                opened = True
                self.open_portal()
            while self.trying:
                await pause(_POLL_MS, beat)
            wait = backoff.next()
            if not self.connected:
                self.log.line("link", "not connected; next try in %d s" % ((wait + 999) // 1000))
            await pause(wait, beat)

    def open_portal(self):
        """Let people set up: our own Wi-Fi comes beside whatever else there is, until the next start, or until Wi-Fi that had stayed
        away is back."""
        if not self.wanted:
            self.wanted = True
            self.enter("portal")

    def enter(self, room, *what):
        """Visit a room beside everything else; what goes wrong there is only told."""
        asyncio.create_task(self._enter(room, what))

    async def _enter(self, room, what):
        try:
            await self.visit(room, *what)
        except Exception as error:
            self.log.line("link", "%s failed (%s)" % (room, type(error).__name__))

    async def visit(self, room, *what):
        """What run() of firmware.<room>, a rare room about the network, makes of that."""
        try:
            module = getattr(__import__("firmware." + room), room)
            return await module.run(self, network, *what)
        finally:
            module = None
            let_go(room)

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
