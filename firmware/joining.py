"""One attempt to join the network, over Wi-Fi or Ethernet. A rare room: link.py enters it to connect, and lets it go."""

import asyncio
import time

from machine import Pin
from micropython import const

from firmware import sentence
from firmware.backoff import pause

_CONNECT_MS = const(20000)
# So many tries in vain, and the interface is switched off and on.
_TRIES_BEFORE_RESTART = const(3)


async def join(link, network, beat):
    """Connect `link` within a deadline; True when it is. Never raises.

    network: the module, which link.py alone imports.
    """
    wired = link.profile.ethernet is not None
    try:
        if link.nic is None:
            # Before the interface exists: DHCP and mDNS take the name when it comes up.
            network.hostname(link.hostname)
            link.nic = _ethernet(network, link.profile.ethernet) if wired else _wifi(network, link.settings)
        nic = link.nic
        if not nic.isconnected():
            await _start(link, wired, beat)
        deadline = time.ticks_add(time.ticks_ms(), _CONNECT_MS)
        while not nic.isconnected():
            if time.ticks_diff(deadline, time.ticks_ms()) <= 0:
                link.tries += 1
                link.log.line("link", sentence("LINK", "cable" if wired else nic.status()))
                return False
            beat()
            await asyncio.sleep_ms(100)
        here = nic.ifconfig()
        link.address = here[0]
        link.dns = here[3]
    except Exception as error:
        # The drivers raise OSError, RuntimeError and ValueError of their own; none of them may end the watch.
        link.tries += 1
        link.log.line("link", "the %s driver failed (%s %s)" % (
            "Ethernet" if wired else "Wi-Fi", type(error).__name__, error.args[0] if error.args else ""))
        return False
    link.tries = 0
    link.connected = True
    link.log.line("link", "connected as %s, address %s" % (link.hostname, link.address))
    return True


def _wifi(network, settings):
    if settings["wifi_country"]:
        network.country(settings["wifi_country"])
    return network.WLAN(network.STA_IF)


def _ethernet(network, phy):
    return network.LAN(mdc=Pin(phy.mdc), mdio=Pin(phy.mdio), power=Pin(phy.power), phy_addr=phy.address,
                       phy_type=getattr(network, phy.phy), ref_clk=Pin(phy.ref_clk), ref_clk_mode=Pin.IN)


async def _start(link, wired, beat):
    nic = link.nic
    if link.tries and link.tries % _TRIES_BEFORE_RESTART == 0:
        nic.active(False)
        await pause(1000, beat)
    if not nic.active():
        nic.active(True)
    if wired:
        return
    if link.tries or link.losses:
        # connect() while the driver is still trying raises; a second of rest frees stuck access points.
        try:
            nic.disconnect()
        except OSError:
            pass
        await pause(1000, beat)
    nic.connect(link.settings["wifi_ssid"], link.settings["wifi_password"] or None)
