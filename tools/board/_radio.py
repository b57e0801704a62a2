"""What `network` knows of Wi-Fi beside the station's way to connect: constants, parameters, scans, the access point."""

import machine
from network import Interface, hostname

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

_OTHER_NAMES = {"essid": "ssid", "key": "password", "authmode": "security", "dhcp_hostname": "hostname"}
_STATION = ("mac", "pm", "channel", "txpower", "protocol", "reconnects")  # what can be set
_ACCESS_POINT = ("mac", "pm", "channel", "txpower", "protocol", "ssid", "password", "security", "hidden", "max_clients")


class AccessPoint(Interface):
    """See the ESP32's network.WLAN(network.AP_IF)."""

    def connect(self, *args, **kwargs):
        raise OSError("STA required")

    def isconnected(self):
        """Whether someone is connected to it, which nobody ever is."""
        return False

    def status(self, what=None):
        return None if what is None else query(self, what)


_access_point = AccessPoint()
_mac = machine.unique_id()
_common = {"mac": _mac, "pm": 1, "reconnects": -1, "channel": 1, "txpower": 20, "ssid": ""}
_parameters = {
    False: _common,
    True: dict(_common, mac=_mac[:5] + bytes([_mac[5] + 1 & 255]), ssid="ESP_" + _mac[3:].hex(), password="", security=0, hidden=False, max_clients=4),
}


def other(interface):
    """WLAN(interface) where that is not the station."""
    if interface != AP_IF:
        raise ValueError("invalid WLAN interface identifier")
    return _access_point


def method(nic, name):
    """The method `name` of an interface, where Interface has none."""
    if name not in ("query", "scan", "config", "ipconfig"):
        raise AttributeError(name)
    function = globals()[name]
    return lambda *args, **kwargs: function(nic, *args, **kwargs)


def query(nic, what):
    """status("rssi") in dBm, status("stations")."""
    if what == "stations":
        return []
    if what != "rssi":
        raise ValueError("unknown status param")
    if not nic.isconnected():
        raise OSError("Wifi Not Connected")
    return -61


def scan(nic):
    """One network, that of the PC."""
    if not nic.active():
        raise OSError("STA must be active")
    return [(b"PC", b"\x02\x00\x00\x00\x00\x01", 1, -61, AUTH_WPA2_PSK, False)]


def ipconfig(nic, name=None, **kwargs):
    """Query "addr4", "gw4", "dhcp4" or "has_dhcp4"; settings are accepted and change nothing."""
    if name is None:
        return None
    address, mask, gateway, _ = nic.ifconfig()
    values = {"addr4": (address, mask if nic.isconnected() else address), "gw4": gateway, "dhcp4": True, "has_dhcp4": nic.isconnected()}
    if name not in values:
        raise ValueError("unexpected key argument")
    return values[name]


def config(nic, name=None, **kwargs):
    """Query one parameter by name, or set some by keyword. ValueError for an unknown one."""
    here = nic is _access_point
    values = _parameters[here]
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
        elif name in (_ACCESS_POINT if here else _STATION):
            values[name] = value
        elif name in _ACCESS_POINT + _STATION:
            raise OSError("STA required" if here else "AP required")
        else:
            raise ValueError("unknown config param")
