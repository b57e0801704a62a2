"""Stand-in for `ntptime` on a PC: the host's clock answers, as long as the network is there."""

import _host
import time as _time

host = "pool.ntp.org"
timeout = 1


def time():
    """Seconds since this port's epoch (1970 on a PC, 2000 on the chip). OSError while the network is cut."""
    if _host.link_cut() is not None:
        _time.sleep(timeout)
        raise OSError(110)  # ETIMEDOUT
    return int(_time.time())


def settime():
    """Set the clock, which is right already."""
    time()
