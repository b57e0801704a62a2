"""network.LAN of the ESP32 port and its constants (ports/esp32/network_lan.c)."""

import _host
import _station
import machine
import time

from _pin import number
from network import Interface

PHY_LAN8710 = 0
PHY_LAN8720 = 1
PHY_IP101 = 2
PHY_RTL8201 = 3
PHY_DP83848 = 4
PHY_KSZ8041 = 5
PHY_KSZ8081 = 6

ETH_INITIALIZED = 0
ETH_STARTED = 1
ETH_STOPPED = 2
ETH_CONNECTED = 3
ETH_DISCONNECTED = 4
ETH_GOT_IP = 5


class LAN(Interface):
    """See the ESP32's network.LAN."""

    def __init__(
        self, id=0, *, mdc=None, mdio=None, reset=None, power=None, phy_addr, phy_type,
        spi=None, cs=None, int=None, ref_clk_mode=-1, ref_clk=None,
    ):
        if id not in (0, None):
            raise ValueError("invalid LAN interface identifier")
        for pin in (mdc, mdio, reset, power, ref_clk):
            if pin is not None:
                number(pin)
        if not 0 <= phy_addr <= 31:
            raise ValueError("invalid phy address")
        if not PHY_LAN8710 <= phy_type <= PHY_KSZ8081:
            raise ValueError("invalid phy type")
        if mdc is None or mdio is None:
            raise ValueError("mdc and mdio must be specified")

    def active(self, on=None):
        """Whether the interface is started; or start or stop it."""
        if on and not self._on:
            self._began = time.ticks_ms()
        return _station.active(self, on)

    def status(self):
        """One of the ETH codes."""
        if not self._on:
            return ETH_STOPPED
        if _host.link_cut() is not None:
            return ETH_DISCONNECTED
        return ETH_GOT_IP if self.isconnected() else ETH_CONNECTED

    def config(self, name=None, **kwargs):
        """Query or set "mac"."""
        if name == "mac":
            return machine.unique_id()
        if name is not None:
            raise ValueError("unknown config param")
