"""Console lines that a person can read: uptime, a word that says which part speaks, a sentence.

No line may hold a secret or a meter number.
"""

import time

_LONGEST = 160
# A reading with voltages or registers is worth a line, the bare power of every other second is not.
_FULL_MS = 5000
_POWER_MS = 30000


class Log:
    """Prints. `seconds` is the uptime, kept here because ticks_ms wraps after 12 days."""

    def __init__(self):
        self._ticks = time.ticks_ms()
        self._rest = 0
        self._seconds = 0
        self._reading = None

    @property
    def seconds(self):
        """Uptime in s. Right as long as somebody asks at least once in six days."""
        now = time.ticks_ms()
        self._rest += time.ticks_diff(now, self._ticks)
        self._ticks = now
        self._seconds += self._rest // 1000
        self._rest %= 1000
        return self._seconds

    def line(self, word, sentence):
        """Print one line."""
        print(("%s %s: %s" % (self._uptime(), word, sentence))[:_LONGEST])

    def reading(self, reading):
        """Print a reading in one short line, unless the last one was moments ago."""
        short = "voltage_l1_mv" not in reading and "energy_import_wh" not in reading
        now = time.ticks_ms()
        if self._reading is not None:
            if time.ticks_diff(now, self._reading) < (_POWER_MS if short else _FULL_MS):
                return
        self._reading = now
        print("%s reading: %s" % (self._uptime(), summary(reading)))

    def _uptime(self):
        minutes, seconds = divmod(self.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        clock = "%02d:%02d:%02d" % (hours, minutes, seconds)
        return "%dd %s" % (days, clock) if days else clock


def summary(reading):
    """Power, voltages, currents and the register of a reading, such as 'import 1234 W  230.1 229.8 231.0 V'."""
    power = ""
    volts = ""
    amperes = ""
    energy = ""
    for key, text in reading.customary():
        if key == "power_import_w":
            power += "import %s W  " % text
        elif key == "power_export_w":
            power += "export %s W  " % text
        elif key.startswith("voltage_"):
            volts += text + " "
        elif key.startswith("current_"):
            amperes += text + " "
        elif key == "energy_import_kwh":
            energy = "register %s kWh" % text
    parts = power + (volts + "V  " if volts else "") + (amperes + "A  " if amperes else "") + energy
    return parts.strip() or "list " + reading.list
