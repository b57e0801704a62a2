"""Kaifa lists: positional in Norway and on newer Swedish firmware, pairs of OBIS and value on older Swedish firmware.

Nothing on the wire says scale or sign: W, var, mA, 0.1 V, Wh, all unsigned 32-bit (KFM_001, and captures where it errs).
"""

from tools.meter import axdr, clock, hdlc, obis

SCALERS = {obis.A: -3, obis.V: -1}
TEXTS = (("0-0:" + obis.METER_ID, "meter_id"), ("0-0:" + obis.METER_TYPE, "meter_type"))


class Kaifa:
    """A structure of 1, 9, 13, 14 or 18 values, or of as many OBIS and value pairs.

    `swedish`: normal time with its deviation stated, and other addresses. `pairs`: each value follows its OBIS code and the
    notification has no time. `dead_voltage`: the voltage that a 3-wire meter always sends as 0. `wide`: 64-bit energies.
    """

    vendor = "Kaifa"
    protocol = "hdlc"

    def __init__(self, meter_type, meter_id, phases=3, swedish=False, pairs=False, dead_voltage=None, wide=False):
        self.texts = {"list_version": "KFM_001", "meter_id": meter_id, "meter_type": meter_type}
        self.codes = obis.POWERS + obis.CURRENTS[:phases] + obis.VOLTAGES[:phases]
        self.swedish = swedish
        self.pairs = pairs
        self.dead_voltage = dead_voltage
        self.energy = axdr.long64_unsigned if wide else axdr.double_long_unsigned
        self.source = hdlc.address(0, 0) if swedish else hdlc.address(1, 0)

    def _sent(self, state, name):
        if name == "1":
            return obis.send_all(obis.POWERS[:1], state.values, SCALERS), []
        values = dict(state.values)
        if self.dead_voltage:
            values[obis.QUANTITIES[self.dead_voltage][0]] = 0
        # A Norwegian meter latches the registers at the full hour; a Swedish one sends them as they stand.
        registers = state.values if self.swedish else state.hour
        energies = obis.send_all(obis.ENERGIES, registers, SCALERS) if name == "3" else []
        return obis.send_all(self.codes, values, SCALERS, signed=False), energies

    def _wall(self, now_ms):
        return clock.normal_time(now_ms) if self.swedish else clock.local_time(now_ms)

    def _time(self, now_ms):
        return axdr.cosem_time(self._wall(now_ms), deviation=-60 if self.swedish else 0x8000, status=0)

    def telegram(self, now_ms, state, name):
        registers, energies = self._sent(state, name)
        time = self._time(now_ms)
        values = []
        if name != "1":
            values += [(code, axdr.octet_string(self.texts[key].encode()))
                       for code, key in (("1-0:" + obis.LIST_ID, "list_version"), *TEXTS)]
        values += [("1-0:" + row.code, axdr.double_long_unsigned(row.raw)) for row in registers]
        if energies:
            values.append(("0-0:" + obis.CLOCK, axdr.octet_string(time)))
            values += [("1-0:" + row.code, self.energy(row.raw)) for row in energies]
        elements = []
        for code, value in values:
            elements += [axdr.obis(code), value] if self.pairs else [value]
        apdu = hdlc.notification(axdr.structure(elements), 0x40000000, None if self.pairs else time, tagged=True)
        return hdlc.frame(hdlc.LLC + apdu, hdlc.address(0), self.source, 0x10)

    def truth(self, now_ms, state, name):
        registers, energies = self._sent(state, name)
        read = obis.truth(registers + energies)
        read.update(list=name, vendor=self.vendor, meter_time=self._wall(now_ms).isoformat())
        if name != "1":
            read.update(self.texts)
        return read
