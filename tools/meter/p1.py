"""P1 / H1 text telegrams of Swedish meters (Branschrekommendation v2.0 appendix 3; DSMR P1 5.0.2 for frame and CRC)."""

from tools.meter import clock, obis
from tools.meter.crc import arc

# How the vendors order the twelve lines of phase powers: import of each phase first, or import and export side by side.
BY_DIRECTION = tuple(f"{base + n}.7.0" for n in (1, 2, 3, 4) for base in (20, 40, 60))
BY_PHASE = tuple(f"{base + n}.7.0" for pair in ((1, 2), (3, 4)) for base in (20, 40, 60) for n in pair)

KILO_VAR = {obis.W: "kW", obis.VAR: "kVAr", obis.WH: "kWh", obis.VARH: "kVArh", obis.V: "V", obis.A: "A"}
KILO_VAR_LOWER = {**KILO_VAR, obis.VAR: "kvar", obis.VARH: "kvarh"}
SCALERS = {obis.A: -1, obis.V: -1}


def _text(row):
    """A value with the digits of appendix 3: 8.3 energy, 4.3 power, 3.1 voltage and current; a sign goes in front."""
    sign, raw = ("-", -row.raw) if row.raw < 0 else ("", row.raw)
    if row.unit in (obis.A, obis.V):
        return f"{sign}{raw // 10:03d}.{raw % 10}"
    digits = 8 if row.unit in (obis.WH, obis.VARH) else 4
    return f"{sign}{raw // 1000:0{digits}d}.{raw % 1000:03d}"


class P1:
    """A meter that sends text. `ident` is all of the first line behind the slash; `last_line_end` is missing on some before the `!`."""

    protocol = "p1"

    def __init__(self, vendor, ident, order=BY_PHASE, units=KILO_VAR, phases=3, signed_currents=False, last_line_end="\r\n"):
        self.vendor = vendor
        self.ident = ident
        self.units = units
        self.signed_currents = signed_currents
        self.last_line_end = last_line_end
        base = 20 * phases + 20
        self.codes = tuple(code for code in obis.ENERGIES + obis.POWERS + order + obis.VOLTAGES + obis.CURRENTS
                           if int(code.split(".")[0]) < base)

    def _sent(self, state):
        return obis.send_all(self.codes, state.values, SCALERS, self.signed_currents)

    def telegram(self, now_ms, state, name):
        lines = [f"0-0:1.0.0({clock.normal_time(now_ms):%y%m%d%H%M%S}W)"]
        lines += [f"1-0:{row.code}({_text(row)}*{self.units[row.unit]})" for row in self._sent(state)]
        text = f"/{self.ident}\r\n\r\n" + "\r\n".join(lines) + self.last_line_end + "!"
        return (text + f"{arc(text.encode()):04X}\r\n").encode()

    def truth(self, now_ms, state, name):
        read = obis.truth(self._sent(state))
        read.update(list=name, vendor=self.vendor, meter_time=clock.normal_time(now_ms).isoformat())
        return read
