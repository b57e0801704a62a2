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
from firmware.backoff import Backoff

_CONNECT_MS = const(20000)
_POLL_MS = const(500)
# So many tries in vain, and the interface is switched off and on.
_TRIES_BEFORE_RESTART = const(3)


class Link:
    """Keeps the network up. Attributes: connected (bool), address (text, '' without one), losses (count)."""

    def __init__(self, profile, settings, hostname, log):
        self._profile = profile
        self._settings = settings
        self._hostname = hostname
        self._log = log
        self._nic = None
        self._tries = 0
        self.connected = False
        self.address = ""
        self.losses = 0

    async def run(self, beat):
        """For ever: connect, watch, connect again. Never raises; `beat()` at every turn."""
        wired = self._profile.ethernet is not None
        if not wired and not self._settings["wifi_ssid"]:
            self._log.line("link", sentence("LINK", "unset"))
            while True:
                beat()
                await asyncio.sleep_ms(_POLL_MS)
        backoff = Backoff(1000, 60000)
        while True:
            if await self._try(wired, beat):
                backoff.reset()
                self._tries = 0
                await self._watch(beat)
            wait = backoff.next()
            if not self.connected:
                self._log.line("link", "not connected; next try in %d s" % ((wait + 999) // 1000))
            await _pause(wait, beat)

    async def _try(self, wired, beat):
        """One attempt within its deadline; True when connected."""
        try:
            if self._nic is None:
                self._nic = self._make(wired)
            nic = self._nic
            if not nic.isconnected():
                await self._start(nic, wired, beat)
            deadline = time.ticks_add(time.ticks_ms(), _CONNECT_MS)
            while not nic.isconnected():
                if time.ticks_diff(deadline, time.ticks_ms()) <= 0:
                    self._tries += 1
                    self._log.line("link", sentence("LINK", "cable" if wired else nic.status()))
                    return False
                beat()
                await asyncio.sleep_ms(100)
            self.address = nic.ifconfig()[0]
        except Exception as error:
            # The drivers raise OSError, RuntimeError and ValueError of their own; none of them may end the watch.
            self._tries += 1
            self._log.line("link", "the %s driver failed (%s %s)" % (
                "Ethernet" if wired else "Wi-Fi", type(error).__name__, error.args[0] if error.args else ""))
            return False
        self.connected = True
        self._log.line("link", "connected as %s, address %s" % (self._hostname, self.address))
        return True

    def _make(self, wired):
        # Before the interface exists: DHCP and mDNS take the name when it comes up.
        network.hostname(self._hostname)
        if not wired:
            if self._settings["wifi_country"]:
                network.country(self._settings["wifi_country"])
            return network.WLAN(network.STA_IF)
        from firmware import wired

        nic = wired.make(network, self._profile.ethernet)
        del wired
        let_go("wired")
        return nic

    async def _start(self, nic, wired, beat):
        if self._tries and self._tries % _TRIES_BEFORE_RESTART == 0:
            nic.active(False)
            await _pause(1000, beat)
        if not nic.active():
            nic.active(True)
        if wired:
            return
        if self._tries or self.losses:
            # connect() while the driver is still trying raises; a second of rest frees stuck access points.
            try:
                nic.disconnect()
            except OSError:
                pass
            await _pause(1000, beat)
        nic.connect(self._settings["wifi_ssid"], self._settings["wifi_password"] or None)

    async def _watch(self, beat):
        """Return when the connection is gone. The driver gets a moment to mend it by itself."""
        gone = None
        while True:
            beat()
            now = time.ticks_ms()
            try:
                up = self._nic.isconnected()
            except Exception:
                up = False
            if up:
                gone = None
                self.connected = True
            elif gone is None:
                gone = now
                self.connected = False
                self.losses += 1
                self._log.line("link", "lost")
            elif time.ticks_diff(now, gone) > _CONNECT_MS // 2:
                self.address = ""
                return
            await asyncio.sleep_ms(_POLL_MS)


async def _pause(ms, beat):
    end = time.ticks_add(time.ticks_ms(), ms)
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        beat()
        await asyncio.sleep_ms(100)
