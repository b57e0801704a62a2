"""Console lines that a person can read: uptime, a word that says which part speaks, a sentence.

No line may hold a secret or a meter number.
"""

import time

from micropython import const

_LONGEST = const(160)
# Octets of the lines that are kept for the page.
_KEPT = const(640)
# A reading with voltages or registers is worth a line, the bare power of every other second is not.
_FULL_MS = const(5000)
_POWER_MS = const(30000)


class Log:
    """Prints, with the uptime, which is right as long as somebody asks for it at least once in six days: ticks_ms wraps.

    Attributes: ring (the last lines but for readings and hours, UTF-8, each with its LF), end (where the next one goes in it).
    """

    def __init__(self):
        self._ticks = time.ticks_ms()
        self._rest = 0
        self._seconds = 0
        self._reading = None
        self.ring = bytearray(_KEPT)
        self.end = 0

    def uptime(self):
        """Seconds since the start."""
        now = time.ticks_ms()
        self._rest += time.ticks_diff(now, self._ticks)
        self._ticks = now
        self._seconds += self._rest // 1000
        self._rest %= 1000
        return self._seconds

    def line(self, word, sentence):
        """Print one line."""
        minutes, seconds = divmod(self.uptime(), 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        uptime = "%02d:%02d:%02d" % (hours, minutes, seconds)
        if days:
            uptime = "%dd %s" % (days, uptime)
        text = ("%s %s: %s" % (uptime, word, sentence))[:_LONGEST]
        print(text)
        if word not in ("reading", "energy"):
            self._keep((text + "\n").encode())

    def _keep(self, data):
        end = self.end
        first = min(len(data), _KEPT - end)
        self.ring[end:end + first] = data[:first]
        self.ring[:len(data) - first] = data[first:]
        self.end = (end + len(data)) % _KEPT

    def reading(self, reading):
        """Print a reading in one short line, unless the last one was moments ago: power, voltages, currents and the
        register, such as 'import 1234 W  230.1 229.8 231.0 V'."""
        short = "voltage_l1_mv" not in reading and "energy_import_wh" not in reading
        now = time.ticks_ms()
        if self._reading is not None:
            if time.ticks_diff(now, self._reading) < (_POWER_MS if short else _FULL_MS):
                return
        self._reading = now
        power = volts = amperes = energy = ""
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
        self.line("reading", parts.strip() or "list " + reading.list)
