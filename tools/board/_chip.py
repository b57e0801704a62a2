"""What `machine` is seldom asked for: resets, the chip's identity, the clock and the memory that survives a restart."""

import _host
import time

# How the process ends; tools/pcboard.py reads these. The watchdog's way is the signal SIGALRM.
_EXIT_RESET = const(80)
_EXIT_SOFT_RESET = const(81)

_RTC_BYTES = const(2048)
_RTC_FILE = const(".rtc-memory")  # in the run directory, which the runner empties at "power on"


def _exit(status):
    _host.libc.func("v", "_exit", "i")(status)


def reset():
    """Restart as after a power cut that RTC memory survives."""
    _exit(_EXIT_RESET)


def soft_reset():
    """Start the program anew."""
    _exit(_EXIT_SOFT_RESET)


def reset_cause():
    """Why the program runs."""
    return int(_host.setting("HAMN_RESET", "1"))


def __getattr__(name):
    # One text: five names would stay in the heap.
    causes = "PWRON_RESET HARD_RESET WDT_RESET DEEPSLEEP_RESET SOFT_RESET".split()
    if name not in causes:
        raise AttributeError(name)
    return causes.index(name) + 1


def unique_id():
    """Six bytes, the chip's own (environment variable HAMN_CHIP, hexadecimal)."""
    return bytes.fromhex(_host.setting("HAMN_CHIP", "240ac4123456").replace(" ", ""))


class RTC:
    """The clock, which is the PC's and always right, and the memory that survives a restart."""

    def datetime(self, when=None):
        """(year, month, day, weekday, hour, minute, second, microsecond) in UTC; setting it changes nothing."""
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
