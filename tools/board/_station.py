"""The functions of `network` and the methods of its interfaces that a station needs; in memory only while they run."""

from network import Interface, _host, kept, time

STA_IF = 0


def hostname(name=None):
    """Get or set the name for DHCP and mDNS, at most 32 characters."""
    if name is None:
        return kept["hostname"]
    if len(name) > 32:
        raise ValueError()
    kept["hostname"] = name


def country(code=None):
    """Get or set the two-letter country code."""
    if code is None:
        return kept["country"]
    if len(code) != 2:
        raise ValueError()
    kept["country"] = code


def WLAN(interface=STA_IF):
    """The one object of an interface, whoever asks."""
    if interface not in kept:
        if interface == STA_IF:
            kept[STA_IF] = Interface()
        else:
            import _radio

            kept[interface] = _radio.access_point(interface)
    return kept[interface]


def active(nic, on=None):
    """Whether the radio is on; or switch it."""
    if on is not None:
        nic._on = bool(on)
        if not on:
            nic._began = None
    return nic._on


def connect(nic, ssid=None, key=None):
    """Start to connect. OSError when the radio is off, or it is connecting already."""
    if not nic._on:
        raise OSError("Wifi Not Started")
    if nic._began is not None and not nic.isconnected():
        raise OSError("Wifi Internal State Error")
    wanted = _host.setting("HAMN_WIFI_KEY")
    nic._refused = None if wanted is None or ssid == "PC" and key == wanted else 202 if ssid == "PC" else 201
    nic._began = None if nic._refused else time.ticks_ms()


def disconnect(nic):
    """Stop being or getting connected."""
    if not nic._on:
        raise OSError("Wifi Not Started")
    nic._began = None


def status(nic, what=None):
    """One of the STAT codes of _radio, the last reason of failure while it retries; the strength; or what its query() knows."""
    if what == "rssi" and nic.isconnected():
        return -61  # asked for every minute: the names in _radio, which a chip has in its flash, would stay in the heap
    if what is not None:
        return nic.query(what)
    if nic._began is None:
        return nic._refused or 1000  # STAT_IDLE
    return _host.link_cut() or (1010 if nic.isconnected() else 1001)  # STAT_GOT_IP, STAT_CONNECTING


def ifconfig(nic):
    """(address, netmask, gateway, name server)."""
    address = "127.0.0.1" if nic.isconnected() else "0.0.0.0"
    return (address, "255.0.0.0", address, address)
