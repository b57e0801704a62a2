"""The program's own time: it stands while it waits for a processor of the PC. What watches the loop measures with it, so that a stall
is the firmware's doing and not that of a busy PC; what it waits for otherwise, and what it computes, counts.

Linux keeps the account in /proc/self/schedstat: ns computed, ns waited for a processor, turns. Elsewhere this is the time on the clock.
"""

import time

_line = bytearray(64)
try:
    _account = open("/proc/self/schedstat", "rb")
except OSError:
    _account = None


def ticks_ms():
    """As time.ticks_ms()."""
    now = time.ticks_ms()
    if _account is None:
        return now
    _account.seek(0)
    _account.readinto(_line)
    # Digit by digit, without the last six: a look leaves nothing in the heap that is being watched.
    at = _line.find(b" ") + 1
    waited = 0
    for digit in range(at, _line.find(b" ", at) - 6):
        waited = waited * 10 + _line[digit] - 48
    return time.ticks_add(now, -waited)
