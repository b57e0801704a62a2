"""Stand-in for the ESP32's `machine` on a PC: the meter's UART, pins, watchdog, clock, resets.

What ends the program on the chip ends the process here, on the spot: nothing is cleaned up, no exception can be caught.
tools/run.py starts the firmware again, as the chip would, and hands the reason on in HAMN_RESET.
"""

import _host
import array
import time

from _pin import Pin
from _uart import UART

# How the process ends; tools/pcboard.py reads these. The watchdog's way is the signal SIGALRM.
_EXIT_RESET = const(80)
_EXIT_SOFT_RESET = const(81)

_ITIMER_REAL = const(0)
_RTC_BYTES = const(2048)
_RTC_FILE = const(".rtc-memory")  # in the run directory, which the runner empties at "power on"


def reset():
    """Restart as after a power cut that RTC memory survives."""
    _host.exit_now(_EXIT_RESET)


def soft_reset():
    """Start the program anew."""
    _host.exit_now(_EXIT_SOFT_RESET)


def reset_cause():
    """Why the program runs: PWRON_RESET (1) and so on."""
    return int(_host.setting("HAMN_RESET", "1"))


def __getattr__(name):
    causes = "PWRON_RESET HARD_RESET WDT_RESET DEEPSLEEP_RESET SOFT_RESET".split()
    if name not in causes:
        raise AttributeError(name)
    return causes.index(name) + 1


def unique_id():
    """Six bytes, the chip's own (environment variable HAMN_CHIP, hexadecimal)."""
    return bytes.fromhex(_host.setting("HAMN_CHIP", "240ac4123456").replace(" ", ""))


class WDT:
    """The watchdog: without feed() in time the kernel ends the process, whatever Python is doing."""

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError()
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        # struct itimerval: no interval, then seconds and microseconds; each a long.
        self.timeout = array.array("l", (0, 0, timeout // 1000, timeout % 1000 * 1000))
        self.feed()

    def feed(self):
        """Start the time again."""
        _host.set_timer(_ITIMER_REAL, self.timeout, None)


class RTC:
    """The clock, which is the PC's and always right, and the memory that survives a restart."""

    def datetime(self):
        """(year, month, day, weekday, hour, minute, second, microsecond) in UTC."""
        now = time.gmtime()
        return (now[0], now[1], now[2], now[6], now[3], now[4], now[5], 0)

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
