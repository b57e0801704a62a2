"""Which networks there are, and whether one lets us in: for who sets Wi-Fi up. Entered for one question.

Both need the station's radio, which works beside our own access point.
"""

import asyncio
import time

from micropython import const

from firmware import sentence

_TRY_MS = const(15000)
_MOST = const(20)


async def run(link, network, what, *how):
    """link, network: as joining.join() has them. what: "scan", or "attempt" with a name and a password."""
    nic = network.WLAN(network.STA_IF)
    if not nic.active():
        nic.active(True)
    return await (_scan(nic) if what == "scan" else _attempt(link, nic, *how))


async def _scan(nic):
    """[{"ssid", "rssi_dbm", "secure"}], the strongest first, each name once. The driver holds everything up for 2 s."""
    best = {}
    for found in nic.scan():
        try:
            name = found[0].decode()
        except UnicodeError:
            continue
        if name and (name not in best or best[name][0] < found[3]):
            best[name] = found[3], found[4] != 0
    names = sorted(best, key=lambda name: -best[name][0])[:_MOST]
    return [{"ssid": name, "rssi_dbm": best[name][0], "secure": best[name][1]} for name in names]


async def _attempt(link, nic, ssid, password):
    """(address, ""), or ("", what is wrong) after at most 15 s; then the old network is the link's business again."""
    link.trying = True
    try:
        try:
            nic.disconnect()
        except OSError:
            pass
        await asyncio.sleep_ms(500)
        nic.connect(ssid, password or None)
        end = time.ticks_add(time.ticks_ms(), _TRY_MS)
        while time.ticks_diff(end, time.ticks_ms()) > 0:
            if nic.isconnected():
                return nic.ifconfig()[0], ""
            await asyncio.sleep_ms(100)
        why = sentence("LINK", nic.status())
        nic.disconnect()
        return "", why
    except (OSError, RuntimeError, ValueError) as error:
        return "", "the Wi-Fi driver failed (%s)" % (error.args[0] if error.args else "")
    finally:
        link.trying = False
