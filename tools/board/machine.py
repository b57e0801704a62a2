"""Stand-in for the ESP32's `machine` on a PC: the meter's UART, pins, watchdog; the rest (_chip) is loaded while it is used.

What ends the program on the chip ends the process here, on the spot: nothing is cleaned up, no exception can be caught.
tools/run.py starts the firmware again, as the chip would, and hands the reason on in HAMN_RESET.
"""

import _host
import array
import sys

from _pin import Pin
from _uart import UART

_ITIMER_REAL = const(0)


class WDT:
    """The watchdog: without feed() in time the kernel ends the process, whatever Python is doing."""

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError()
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        # struct itimerval: no interval, then seconds and microseconds; each a long.
        self.timeout = array.array("l", (0, 0, timeout // 1000, timeout % 1000 * 1000))
        self.set = _host.libc.func("i", "setitimer", "ipp")
        self.feed()

    def feed(self):
        """Start the time again."""
        self.set(_ITIMER_REAL, self.timeout, None)


def __getattr__(name):
    import _chip

    sys.modules.pop("_chip")
    return getattr(_chip, name)
