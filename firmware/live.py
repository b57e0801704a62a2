"""What the page shows of the meter: the latest values, the mean power of the last hour in steps of 10 s and of the last day in
steps of 5 min. Nothing of it grows."""

from array import array

from micropython import const

_HOUR = const(360)
_DAY = const(288)
_STEP_S = const(10)
_STEPS = const(30)  # of the hour in one of the day
_NONE = const(-32768)
# Meters that speak every 10 s leave a step out now and then: the last value holds for so many steps.
_HOLD = const(2)


class Live:
    """Takes every reading, hands it on to `on_reading`. Attributes:

    latest   a Reading of everything that the meter said, each as last heard; None before the first
    count    of readings
    heard    uptime in s at the last reading; registers: at the last one with registers
    hour     ring of mean power as pack() makes it of W, below 0 for export; the place of a step is the uptime divided by its
             length, modulo the number of steps
    day      the same, means of import, then means of export
    step     the number of the present step of the hour; it and what comes after it in the ring is older, or not yet
    """

    def __init__(self, log, on_reading):
        self._log = log
        self._on_reading = on_reading
        self.latest = self.heard = self.registers = None
        self.count = 0
        self.hour = array("h", b"\0\x80" * _HOUR)
        self.day = array("h", b"\0\x80" * (2 * _DAY))
        self.step = log.uptime() // _STEP_S
        self._sum = self._size = self._age = 0  # of the present step; how often the last one has been taken again
        self._held = _NONE

    def take(self, reading):
        """Take a reading."""
        self.turn()
        self.heard = self._log.uptime()
        if "energy_import_wh" in reading:
            self.registers = self.heard
        if self.latest is None:
            from han.reading import Reading

            self.latest = Reading(reading.protocol)
        self.latest.merge(reading)
        power = reading.get("power_import_w")
        if power is not None:
            # The short list of some meters has the import alone: what they feed in is as last heard, while they draw nothing.
            self._sum += power - reading.get("power_export_w", 0 if power else self.latest.get("power_export_w", 0))
            self._size += 1
        self.count += 1
        self._on_reading(reading)

    def turn(self):
        """Close the steps that are over. To be called before the rings are read."""
        now = self._log.uptime() // _STEP_S
        if now - self.step > _HOUR:
            # An hour of silence leaves nothing to count, and a long one took too long to.
            for at in range(_HOUR):
                self.hour[at] = _NONE
            for step in range(max(self.step // _STEPS, now // _STEPS - _DAY), now // _STEPS):
                self.day[step % _DAY] = self.day[_DAY + step % _DAY] = _NONE
            self.step = now
            self._sum = self._size = 0
            self._held = _NONE
        while self.step < now:
            if self._size:
                self._held = pack(self._sum // self._size)
                self._sum = self._size = self._age = 0
            elif self._age < _HOLD:
                self._age += 1
            else:
                self._held = _NONE
            self.hour[self.step % _HOUR] = self._held
            self.step += 1
            if self.step % _STEPS == 0:
                self._close()

    def _close(self):
        """The mean of the hour's last steps becomes a step of the day."""
        drawn = fed = n = 0
        for step in range(self.step - _STEPS, self.step):
            value = self.hour[step % _HOUR]
            if value != _NONE:
                power = unpack(value)
                if power > 0:
                    drawn += power
                else:
                    fed -= power
                n += 1
        at = (self.step // _STEPS - 1) % _DAY
        self.day[at] = pack(drawn // n) if n else _NONE
        self.day[_DAY + at] = pack(fed // n) if n else _NONE


def pack(power):
    """W in 16 bits: to the watt below 24576, in steps of 128 W up to a megawatt."""
    size = abs(power)
    if size >= 0x6000:
        size = min(0x6000 + (size - 0x6000 >> 7), 0x7FFF)
    return size if power >= 0 else -size


def unpack(value):
    """What pack() made of W, in W; None where there is nothing."""
    if value == _NONE:
        return None
    size = abs(value)
    if size >= 0x6000:
        size = 0x6000 + (size - 0x6000 << 7)
    return size if value >= 0 else -size
