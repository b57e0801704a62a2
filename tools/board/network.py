"""Stand-in for the ESP32's `network` on a PC: the PC's own network, which this module says is up or not.

Sockets work in any case; the chip would have none before isconnected(). HAMN_WIFI names a file that cuts the link while it exists
(_host.link_cut). Constants and messages are those of ports/esp32/network_wlan.c, network_lan.c and network_common.c.
"""

import _host
import time

STA_IF = 0
AP_IF = 1

STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_BEACON_TIMEOUT = 200
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204

AUTH_OPEN = 0
AUTH_WPA2_PSK = 3
AUTH_WPA_WPA2_PSK = 4
AUTH_WPA3_PSK = 6

_CONNECT_MS = 700  # association and DHCP; a chip needs longer, and no test should depend on it
_ADDRESS = "127.0.0.1"
_NOBODY = "0.0.0.0"

_hostname = "mpy-esp32"
_country = "XX"


def hostname(name=None):
    """Get or set the name for DHCP and mDNS, at most 32 characters."""
    global _hostname
    if name is None:
        return _hostname
    if len(name) > 32:
        raise ValueError()
    _hostname = name


def country(code=None):
    """Get or set the two-letter country code."""
    global _country
    if code is None:
        return _country
    if len(code) != 2:
        raise ValueError()
    _country = code


class Interface:
    """What Wi-Fi and Ethernet share."""

    def __init__(self):
        self._active = False
        self._since = None  # ticks_ms of the moment from which the link has been wanted and possible

    def _linked(self):
        """Whether the interface has an address now."""
        if _host.link_cut() is not None:
            if self._since is not None:
                self._since = time.ticks_ms()
            return False
        return self._since is not None and time.ticks_diff(time.ticks_ms(), self._since) >= _CONNECT_MS

    def isconnected(self):
        """Whether there is an address."""
        return self._active and self._linked()

    def ifconfig(self, config=None):
        """(address, netmask, gateway, name server)."""
        if config is None:
            address = _ADDRESS if self.isconnected() else _NOBODY
            return (address, "255.0.0.0", address, address)

    def ipconfig(self, name=None, **kwargs):
        """Query "addr4", "gw4", "dhcp4" or "has_dhcp4"; settings are accepted and change nothing."""
        if name is None:
            return None
        here = self.isconnected()
        values = {
            "addr4": (_ADDRESS, "255.0.0.0") if here else (_NOBODY, _NOBODY),
            "gw4": _ADDRESS if here else _NOBODY,
            "dhcp4": True,
            "has_dhcp4": here,
        }
        if name not in values:
            raise ValueError("unexpected key argument")
        return values[name]


class WLAN(Interface):
    """See the ESP32's network.WLAN; one object an interface, whoever asks."""

    IF_STA = 0
    IF_AP = 1
    SEC_OPEN = 0
    SEC_WPA2 = 3
    SEC_WPA_WPA2 = 4
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2

    def __new__(cls, interface=STA_IF):
        if interface not in (STA_IF, AP_IF):
            raise ValueError("invalid WLAN interface identifier")
        return _wlan[interface]

    def __init__(self, interface=STA_IF):
        pass

    def _make(self, interface):
        Interface.__init__(self)
        self._interface = interface
        self._config = {"mac": _host.chip_id(), "pm": self.PM_PERFORMANCE, "reconnects": -1, "channel": 1, "txpower": 20}
        if interface == AP_IF:
            self._config["mac"] = self._config["mac"][:5] + bytes([self._config["mac"][5] + 1 & 255])
            self._config.update({"ssid": "ESP_" + self._config["mac"][3:].hex(), "password": "", "security": 0, "hidden": False, "max_clients": 4})
        else:
            self._config["ssid"] = ""
        return self

    def active(self, on=None):
        """Whether the radio is on; or switch it."""
        if on is not None:
            self._active = bool(on)
            if not on:
                self._since = None
        return self._active

    def connect(self, ssid=None, key=None, *, bssid=None):
        """Start to connect. OSError when the radio is off, or it is connecting already."""
        if self._interface != STA_IF:
            raise OSError("STA required")
        if not self._active:
            raise OSError("Wifi Not Started")
        if self._since is not None and not self._linked():
            raise OSError("Wifi Internal State Error")
        if ssid is not None:
            self._config["ssid"] = ssid
        self._since = time.ticks_ms()

    def disconnect(self):
        """Stop being or getting connected."""
        if not self._active:
            raise OSError("Wifi Not Started")
        self._since = None

    def isconnected(self):
        """Station: whether there is an address. Access point: whether someone is connected to it, which nobody ever is."""
        return self._interface == STA_IF and self._active and self._linked()

    def status(self, what=None):
        """One of the STAT codes, the last reason of failure while it retries; or "rssi" in dBm, "stations"."""
        if what == "rssi":
            if not self.isconnected():
                raise OSError("Wifi Not Connected")
            return -61
        if what == "stations":
            return []
        if what is not None:
            raise ValueError("unknown status param")
        if self._interface != STA_IF:
            return None
        if self._since is None:
            return STAT_IDLE
        return _host.link_cut() or (STAT_GOT_IP if self._linked() else STAT_CONNECTING)

    def scan(self):
        """One network, that of the PC."""
        if not self._active:
            raise OSError("STA must be active")
        return [(b"PC", b"\x02\x00\x00\x00\x00\x01", 1, -61, AUTH_WPA2_PSK, False)]

    def config(self, name=None, **kwargs):
        """Query one parameter by name, or set some by keyword. ValueError for an unknown one."""
        if name is not None:
            name = _OTHER_NAMES.get(name, name)
            if name == "hostname":
                return hostname()
            if name not in self._config:
                raise ValueError("unknown config param")
            return self._config[name]
        for name, value in kwargs.items():
            name = _OTHER_NAMES.get(name, name)
            if name == "hostname":
                hostname(value)
                continue
            if name not in _SETTABLE:
                raise ValueError("unknown config param")
            required = _SETTABLE[name]
            if required is not None and required != self._interface:
                raise OSError("AP required" if required == AP_IF else "STA required")
            self._config[name] = value


_OTHER_NAMES = {"essid": "ssid", "key": "password", "authmode": "security", "dhcp_hostname": "hostname"}
_SETTABLE = {  # parameter: the interface that it belongs to
    "mac": None, "pm": None, "channel": None, "txpower": None, "protocol": None, "reconnects": STA_IF,
    "ssid": AP_IF, "password": AP_IF, "security": AP_IF, "hidden": AP_IF, "max_clients": AP_IF,
}
_wlan = [object.__new__(WLAN)._make(STA_IF), object.__new__(WLAN)._make(AP_IF)]


def __getattr__(name):
    # Ethernet takes its part of the heap only on a board that has it.
    import _lan

    return getattr(_lan, name)
