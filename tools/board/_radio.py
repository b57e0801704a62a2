"""What `network` knows of Wi-Fi that a station can do without: constants, parameters, scans, the access point."""

import machine
from _station import STA_IF, hostname
from network import Interface, kept

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

_NOBODY = const("0.0.0.0")

_OTHER_NAMES = {"essid": "ssid", "key": "password", "authmode": "security", "dhcp_hostname": "hostname"}
_STATION = ("mac", "pm", "channel", "txpower", "protocol", "reconnects")  # what can be set
_ACCESS_POINT = ("mac", "pm", "channel", "txpower", "protocol", "ssid", "password", "security", "hidden", "max_clients")


class AccessPoint(Interface):
    """See the ESP32's network.WLAN(network.AP_IF). Whoever is on this PC has joined it: its address is 127.0.0.1."""

    def connect(self, *args, **kwargs):
        raise OSError("STA required")

    def isconnected(self):
        """Whether someone is connected to it, which nobody ever is."""
        return False

    def status(self, what=None):
        return None if what is None else query(self, what)

    def ifconfig(self):
        """(address, netmask, gateway, name server)."""
        address = "127.0.0.1" if self._on else _NOBODY
        return (address, "255.0.0.0", address, address)


def access_point(interface):
    """A new one; ValueError where `interface` is no access point."""
    if interface != AP_IF:
        raise ValueError("invalid WLAN interface identifier")
    return AccessPoint()


def query(nic, what):
    """status("rssi") in dBm, status("stations")."""
    if what == "stations":
        return []
    if what != "rssi":
        raise ValueError("unknown status param")
    if not nic.isconnected():
        raise OSError("Wifi Not Connected")
    return -61


def ipconfig(nic, name=None, **kwargs):
    """Query "addr4", "gw4", "dhcp4" or "has_dhcp4"; settings are accepted and change nothing."""
    if name is None:
        return None
    address, mask, gateway, _ = nic.ifconfig()
    here = nic.isconnected()
    values = {"addr4": (address, mask if here else _NOBODY), "gw4": gateway, "dhcp4": True, "has_dhcp4": here}
    if name not in values:
        raise ValueError("unexpected key argument")
    return values[name]


def scan(nic):
    """One network, that of the PC, from two access points, and a hidden one."""
    if not nic.active():
        raise OSError("STA must be active")
    return [(b"PC", b"\x02\x00\x00\x00\x00\x01", 1, -73, AUTH_WPA2_PSK, False), (b"", b"\x02\x00\x00\x00\x00\x02", 6, -70, AUTH_OPEN, True),
            (b"PC", b"\x02\x00\x00\x00\x00\x03", 11, -61, AUTH_WPA2_PSK, False)]


def config(nic, name=None, **kwargs):
    """Query one parameter by name, or set some by keyword. ValueError for an unknown one."""
    is_station = nic is kept.get(STA_IF)
    key = is_station, "config"
    if key not in kept:
        mac = machine.unique_id()
        kept[key] = values = {"mac": mac, "pm": 1, "reconnects": -1, "channel": 1, "txpower": 20, "ssid": ""}
        if not is_station:
            mac = mac[:5] + bytes([mac[5] + 1 & 255])
            values.update({"mac": mac, "ssid": "ESP_" + mac[3:].hex(), "password": "", "security": 0, "hidden": False, "max_clients": 4})
    values = kept[key]
    if name is not None:
        name = _OTHER_NAMES.get(name, name)
        if name == "hostname":
            return hostname()
        if name not in values:
            raise ValueError("unknown config param")
        return values[name]
    for name, value in kwargs.items():
        name = _OTHER_NAMES.get(name, name)
        if name == "hostname":
            hostname(value)
        elif name in (_STATION if is_station else _ACCESS_POINT):
            values[name] = value
        elif name in _STATION + _ACCESS_POINT:
            raise OSError("AP required" if is_station else "STA required")
        else:
            raise ValueError("unknown config param")
