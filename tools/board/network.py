"""Stand-in for the ESP32's `network` on a PC: the PC's own network, which this module says is up or not.

Sockets work in any case; the chip would have none before isconnected(). HAMN_WIFI names a file that cuts the link while it exists
(_host.link_cut). With HAMN_WIFI_KEY only the network "PC" lets us in, with that password. Constants and messages are those of ports/esp32/network_wlan.c, network_lan.c and network_common.c.

Here is only what is asked all the time. What connects (_station) is loaded for each call, the rest of Wi-Fi (_radio) and Ethernet
(_lan) where they are asked for.
"""

import _host
import sys
import time

_CONNECT_MS = const(700)  # association and DHCP; a chip needs longer, and no test should depend on it

kept = {"hostname": "mpy-esp32", "country": "XX"}  # and the interfaces by number: what outlives _station


class Interface:
    """What Wi-Fi and Ethernet share."""

    _on = False
    _began = None  # ticks_ms of the moment from which the link has been wanted and possible
    _refused = None  # the reason why the network did not let us in

    def isconnected(self):
        """Whether there is an address."""
        if not self._on:
            return False
        if _host.link_cut() is not None:
            if self._began is not None:
                self._began = time.ticks_ms()
            return False
        return self._began is not None and time.ticks_diff(time.ticks_ms(), self._began) >= _CONNECT_MS

    def __getattr__(self, name):
        function = __getattr__(name)
        return lambda *args, **kwargs: function(self, *args, **kwargs)


def __getattr__(name):
    import _station

    sys.modules.pop("_station", None)
    if hasattr(_station, name):
        return getattr(_station, name)
    import _radio

    sys.modules.pop("_radio", None)
    if hasattr(_radio, name):
        return getattr(_radio, name)
    import _lan

    return getattr(_lan, name)
