"""What the page shows of the meter: the latest values, the mean power of the last hour in steps of 10 s and of the last day in
steps of 5 min. Nothing of it grows."""

from array import array

from micropython import const

_HOUR = const(360)
_DAY = const(288)
_STEP_S = const(10)
_STEPS = const(30)  # of the hour in one of the day
_NONE = const(0xFFFF)
# Meters that speak every 10 s leave a step out now and then: the last value holds for so many steps.
_HOLD = const(3)


class Live:
    """Takes every reading, hands it on to `on_reading`. Attributes:

    latest   a Reading of everything that the meter said, each as last heard; None before the first
    count    of readings
    heard    uptime in s at the last reading; registers: at the last one with registers
    hour, day  arrays of mean import then export power as pack() makes it of W, two rings: the place of a step is the uptime
             divided by its length, modulo the number of steps
    step     the number of the present step of the hour; it and what comes after it in the rings is older, or not yet
    """

    def __init__(self, log, on_reading):
        self._log = log
        self._on_reading = on_reading
        self.latest = None
        self.count = 0
        self.heard = self.registers = None
        self.hour = array("H", b"\xff" * (4 * _HOUR))
        self.day = array("H", b"\xff" * (4 * _DAY))
        self.step = log.uptime() // _STEP_S
        self._sums = [0] * 3  # import, export, readings in the present step
        self._held = _NONE, _NONE
        self._age = _HOLD

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
            sums = self._sums
            sums[0] += power
            # The short list of some meters has the import alone: what they feed in is as last heard, while they draw nothing.
            sums[1] += reading.get("power_export_w", 0 if power else self.latest.get("power_export_w", 0))
            sums[2] += 1
        self.count += 1
        self._on_reading(reading)

    def turn(self):
        """Close the steps that are over. To be called before the rings are read."""
        now = self._log.uptime() // _STEP_S
        if now - self.step > _HOUR:
            # An hour of silence leaves nothing to count, and a long one took too long to.
            for at in range(2 * _HOUR):
                self.hour[at] = _NONE
            for step in range(max(self.step // _STEPS, now // _STEPS - _DAY), now // _STEPS):
                self.day[step % _DAY] = self.day[_DAY + step % _DAY] = _NONE
            self.step = now
            self._sums = [0] * 3
            self._held = _NONE, _NONE
        while self.step < now:
            self._close()
            self.step += 1
            if self.step % _STEPS == 0:
                self._close_long()

    def _close(self):
        sums = self._sums
        n = sums[2]
        if n:
            self._held = pack(sums[0] // n), pack(sums[1] // n)
            self._age = 0
            sums[0] = sums[1] = sums[2] = 0
        elif self._age < _HOLD:
            self._age += 1
            if self._age == _HOLD:
                self._held = _NONE, _NONE
        at = self.step % _HOUR
        self.hour[at], self.hour[_HOUR + at] = self._held

    def _close_long(self):
        """The mean of the hour's last steps becomes a step of the day."""
        to = (self.step // _STEPS - 1) % _DAY
        for half in range(2):
            total = n = 0
            for step in range(self.step - _STEPS, self.step):
                value = self.hour[half * _HOUR + step % _HOUR]
                if value != _NONE:
                    total += unpack(value)
                    n += 1
            self.day[half * _DAY + to] = pack(total // n) if n else _NONE


def pack(power):
    """W in 16 bits: to the watt below 32768, in steps of 32 W up to a megawatt."""
    return power if power < 0x8000 else 0x8000 | min(power >> 5, 0x7FFE)


def unpack(value):
    """What pack() made of W, in W."""
    return value if value < 0x8000 else (value & 0x7FFF) << 5
