"""Which readings are not worth a message: pauses and dead bands, for those who asked for them. Loaded when somebody did.

Groups: 0 power, 1 phases (voltages, currents, power factors, frequency). Registers are always sent.
"""

import time

from han.quantities import find
from micropython import const

# So long at most does a dead band keep a group back, in s: silence must not look like a dead meter.
_HEARTBEAT_S = const(300)
# Meters do not keep exact time: a reading that comes so much early counts, in ms.
_EARLY_MS = const(1000)
_PHASES_FIRST = const(16)
_ENERGY_FIRST = const(22)
_FACTORS_FIRST = const(40)
_TEXTS_FIRST = const(45)


class Pace:
    """settings: power_interval and phases_interval in s, power_band in W, phases_band in tenths of V and A.

    Attributes: pauses, how far apart messages of either group may be when nothing happens, in s.
    """

    def __init__(self, settings):
        self._intervals = settings["power_interval"], settings["phases_interval"]
        # In the integers of a reading: W, and thousandths of V and A.
        self._bands = settings["power_band"], settings["phases_band"] * 100
        self.pauses = tuple(max(self._intervals[n], _HEARTBEAT_S if self._bands[n] else 0) for n in range(2))
        self._values = [None] * _TEXTS_FIRST
        self.again()

    def again(self):
        """Everything is due again."""
        self._sent = [None] * 8  # by group and list, in ticks

    def due(self, group, reading):
        """Whether to send the group now; then that is kept in mind."""
        at = "123p".find(reading.list[:1])
        now = time.ticks_ms()
        sent = self._sent[4 * group + at]
        band = self._bands[group]
        if sent is not None:
            # Below 0: days ago.
            elapsed = time.ticks_diff(now, sent) + _EARLY_MS
            if 0 <= elapsed < 1000 * self.pauses[group]:
                if elapsed < 1000 * self._intervals[group] or not self._moved(group, band, reading):
                    return False
        # A longer list brings what the shorter ones do, not the other way round.
        for n in range(at + 1):
            self._sent[4 * group + n] = now
        if band:
            for quantity, value in _integers(group, reading):
                self._values[quantity] = value
        return True

    def _moved(self, group, band, reading):
        """Whether a value is further than the dead band from what was sent of it."""
        for quantity, value in _integers(group, reading):
            last = self._values[quantity]
            if last is None or abs(value - last) > band:
                return True
        return False


def _integers(group, reading):
    """(quantity, integer) of the values in the group."""
    for name, value in reading.items():
        quantity = find(name)
        if group == 0:
            wanted = quantity < _PHASES_FIRST
        else:
            wanted = _PHASES_FIRST <= quantity < _ENERGY_FIRST or _FACTORS_FIRST <= quantity < _TEXTS_FIRST
        if wanted:
            yield quantity, value
