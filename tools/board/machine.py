"""Stand-in for the ESP32's `machine` on a PC: the meter's UART, pins, watchdog, clock, resets.

What ends the program on the chip ends the process here, on the spot: nothing is cleaned up, no exception can be caught.
tools/run.py starts the firmware again, as the chip would, and hands the reason on in HAMN_RESET.
"""

import _host
import time
import uctypes

from _pin import Pin
from _uart import UART

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

_ITIMER_REAL = 0
_RTC_BYTES = 2048
_RTC_FILE = ".rtc-memory"  # in the run directory, which the runner empties at "power on"


def reset():
    """Restart as after a power cut that RTC memory survives."""
    _host.exit_now(_host.EXIT_RESET)


def soft_reset():
    """Start the program anew."""
    _host.exit_now(_host.EXIT_SOFT_RESET)


def reset_cause():
    """Why the program runs."""
    return int(_host.setting("HAMN_RESET", str(PWRON_RESET)))


def unique_id():
    """Six bytes, the chip's own."""
    return _host.chip_id()


class WDT:
    """The watchdog: without feed() in time the kernel ends the process, whatever Python is doing."""

    _timeout = 0

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError()
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        # struct itimerval: no interval, then seconds and microseconds; each a long.
        size = uctypes.sizeof({"long": uctypes.LONG | 0})
        self._value = bytearray(4 * size)
        layout = {"seconds": uctypes.LONG | 2 * size, "microseconds": uctypes.LONG | 3 * size}
        timer = uctypes.struct(uctypes.addressof(self._value), layout)
        timer.seconds = timeout // 1000
        timer.microseconds = timeout % 1000 * 1000
        WDT._timeout = timeout
        self.feed()

    def feed(self):
        """Start the time again."""
        _host.set_timer(_ITIMER_REAL, self._value, None)


class RTC:
    """The clock, which is the PC's and always right, and the memory that survives a restart."""

    def datetime(self, value=None):
        """(year, month, day, weekday, hour, minute, second, microsecond) in UTC. Setting is accepted and changes nothing."""
        if value is None:
            now = time.gmtime()
            return (now[0], now[1], now[2], now[6], now[3], now[4], now[5], 0)
        if len(value) != 8:
            raise ValueError("requested length 8 but object has length %d" % len(value))

    def memory(self, data=None):
        """Get, or set to `data`, at most 2048 bytes."""
        if data is not None:
            if len(data) > _RTC_BYTES:
                raise ValueError("buffer too long")
            with open(_RTC_FILE, "wb") as file:
                file.write(data)
            return None
        try:
            with open(_RTC_FILE, "rb") as file:
                return file.read()
        except OSError:
            return b""
