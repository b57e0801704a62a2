"""Stand-in for the ESP32's `network` on a PC: the PC's own network, which this module says is up or not.

Sockets work in any case; the chip would have none before isconnected(). HAMN_WIFI names a file that cuts the link while it exists
(_host.link_cut). Constants and messages are those of ports/esp32/network_wlan.c, network_lan.c and network_common.c.

Here is the station that the firmware uses; Ethernet (_lan) and the rest of Wi-Fi (_radio) are loaded when they are asked for.
"""

import _host
import time

STA_IF = 0

_CONNECT_MS = const(700)  # association and DHCP; a chip needs longer, and no test should depend on it
_NOBODY = const("0.0.0.0")

_names = ["mpy-esp32", "XX"]  # host name, country


def hostname(name=None):
    """Get or set the name for DHCP and mDNS, at most 32 characters."""
    if name is None:
        return _names[0]
    if len(name) > 32:
        raise ValueError()
    _names[0] = name


def country(name=None):
    """Get or set the two-letter country code."""
    if name is None:
        return _names[1]
    if len(name) != 2:
        raise ValueError()
    _names[1] = name


class Interface:
    """What Wi-Fi and Ethernet share, and the station's way to connect."""

    def __init__(self):
        self._on = False
        self._began = None  # ticks_ms of the moment from which the link has been wanted and possible

    def active(self, on=None):
        """Whether the radio is on; or switch it."""
        if on is not None:
            self._on = bool(on)
            if not on:
                self._began = None
        return self._on

    def isconnected(self):
        """Whether there is an address."""
        if not self._on:
            return False
        if _host.link_cut() is not None:
            if self._began is not None:
                self._began = time.ticks_ms()
            return False
        return self._began is not None and time.ticks_diff(time.ticks_ms(), self._began) >= _CONNECT_MS

    def ifconfig(self):
        """(address, netmask, gateway, name server)."""
        address = "127.0.0.1" if self.isconnected() else _NOBODY
        return (address, "255.0.0.0", address, address)

    def connect(self, ssid=None, key=None):
        """Start to connect. OSError when the radio is off, or it is connecting already."""
        if not self._on:
            raise OSError("Wifi Not Started")
        if self._began is not None and not self.isconnected():
            raise OSError("Wifi Internal State Error")
        self._began = time.ticks_ms()

    def disconnect(self):
        """Stop being or getting connected."""
        if not self._on:
            raise OSError("Wifi Not Started")
        self._began = None

    def status(self, what=None):
        """One of the STAT codes, the last reason of failure while it retries; or "rssi" in dBm."""
        if what is not None:
            return self.query(what)
        if self._began is None:
            return 1000  # STAT_IDLE
        return _host.link_cut() or (1010 if self.isconnected() else 1001)  # STAT_GOT_IP, STAT_CONNECTING

    def __getattr__(self, name):
        import _radio

        return _radio.method(self, name)


_station = Interface()


def WLAN(interface=STA_IF):
    """The one object of an interface, whoever asks."""
    if interface == STA_IF:
        return _station
    import _radio

    return _radio.other(interface)


def __getattr__(name):
    import _radio

    if hasattr(_radio, name):
        return getattr(_radio, name)
    import _lan

    return getattr(_lan, name)
