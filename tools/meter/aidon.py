"""Aidon lists of Norway and Sweden, and Landis+Gyr EMBRIQ, which copies their layout and addresses.

An array of structures {OBIS, value, {scaler, unit}}; texts and the clock have no scaler (AIDON_V0001; HAN interface v1.1A, RJ12 HAN v1.7A).
"""

from tools.meter import axdr, clock, hdlc, obis

INVOKE = 0x40000000
DESTINATION, SOURCE, CONTROL = hdlc.address(0x20), hdlc.address(0x04, 0x41), 0x13
FULL_PREFIX = {obis.LIST_ID: "1-1:", obis.METER_ID: "0-0:", obis.METER_TYPE: "0-0:", obis.CLOCK: "0-0:"}


def _frame(elements):
    apdu = hdlc.notification(axdr.array(elements), INVOKE)
    return hdlc.frame(hdlc.LLC + apdu, DESTINATION, SOURCE, CONTROL)


def _text(code, text):
    return axdr.structure([axdr.obis(FULL_PREFIX[code] + code), axdr.visible_string(text)])


def _clock(twelve):
    return axdr.structure([axdr.obis(FULL_PREFIX[obis.CLOCK] + obis.CLOCK), axdr.octet_string(twelve)])


def _value(row):
    if row.unit == obis.A:
        return axdr.long(row.raw)
    if row.unit == obis.V:
        return axdr.long_unsigned(row.raw)
    return axdr.double_long_unsigned(row.raw)


class AidonNorway:
    """Lists 1, 2 and 3 of AIDON_V0001 (protocol of the NVE letter of 2016); EMBRIQ_V1_1 differs in what the arguments say.

    `currents`: the codes sent, a 3-wire meter leaves 51.7.0 out. `stamp_s`: the second that the clock of list 3 shows.
    `swapped_tags`: the OBIS of the currents starts 06 09 instead of 09 06, a firmware fault of the ZMF100.
    """

    protocol = "hdlc"

    def __init__(self, meter_type, meter_id, currents=obis.CURRENTS, voltages=obis.VOLTAGES, vendor="Aidon", list_id="AIDON_V0001",
                 current_scaler=-1, energy_scaler=1, energy_medium="1-0:", stamp_s=0, swapped_tags=False):
        self.vendor = vendor
        self.texts = ((obis.LIST_ID, "list_version", list_id), (obis.METER_ID, "meter_id", meter_id),
                      (obis.METER_TYPE, "meter_type", meter_type))
        self.codes = obis.POWERS + currents + voltages
        self.scalers = {obis.A: current_scaler, obis.V: -1, obis.WH: energy_scaler, obis.VARH: energy_scaler}
        self.energy_medium = energy_medium
        self.stamp_s = stamp_s
        self.swapped_tags = swapped_tags

    def _sent(self, state, name):
        if name == "1":
            return obis.send_all(obis.POWERS[:1], state.values, self.scalers), []
        energies = obis.send_all(obis.ENERGIES, state.hour, self.scalers) if name == "3" else []
        return obis.send_all(self.codes, state.values, self.scalers), energies

    def _stamp(self, now_ms):
        return clock.local_time(now_ms).replace(minute=0, second=self.stamp_s)

    def _register(self, row, medium="1-0:"):
        code = axdr.obis(medium + row.code)
        if self.swapped_tags and row.unit == obis.A:
            code = code[1::-1] + code[2:]
        return axdr.structure([code, _value(row), axdr.scaler_unit(row.scaler, row.unit)])

    def telegram(self, now_ms, state, name):
        registers, energies = self._sent(state, name)
        elements = [] if name == "1" else [_text(code, text) for code, _, text in self.texts]
        elements += [self._register(row) for row in registers]
        if energies:
            stamp = self._stamp(now_ms)
            day_of_week = 0 if self.vendor != "Aidon" else stamp.isoweekday() % 7
            elements.append(_clock(axdr.cosem_time(stamp, deviation=0, status=0, day_of_week=day_of_week)))
            elements += [self._register(row, self.energy_medium) for row in energies]
        return _frame(elements)

    def truth(self, now_ms, state, name):
        registers, energies = self._sent(state, name)
        read = obis.truth(registers + energies)
        read["list"] = name
        if name != "1":
            read["vendor"] = self.vendor
            read.update((key, text.rstrip("\0")) for _, key, text in self.texts)
        if energies:
            read["meter_time"] = self._stamp(now_ms).isoformat()
        return read


class AidonSweden:
    """The one list of AIDON_H0001: 27 items without list id or meter id, energies in Wh, normal time (RJ12 HAN v1.7A)."""

    vendor = "Aidon"
    protocol = "hdlc"
    codes = (obis.POWERS + obis.CURRENTS + obis.VOLTAGES
             + tuple(f"{base + n}.7.0" for base in (20, 40, 60) for n in (1, 2, 3, 4)) + obis.ENERGIES)
    scalers = {obis.A: -1, obis.V: -1}

    def telegram(self, now_ms, state, name):
        wall = clock.normal_time(now_ms)
        elements = [_clock(axdr.cosem_time(wall, day_of_week=wall.isoweekday() % 7))]
        for row in obis.send_all(self.codes, state.values, self.scalers):
            elements.append(axdr.structure([axdr.obis("1-0:" + row.code), _value(row), axdr.scaler_unit(row.scaler, row.unit)]))
        return _frame(elements)

    def truth(self, now_ms, state, name):
        read = obis.truth(obis.send_all(self.codes, state.values, self.scalers))
        read.update(list=name, vendor=self.vendor, meter_time=clock.normal_time(now_ms).isoformat())
        return read
