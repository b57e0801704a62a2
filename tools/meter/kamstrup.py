"""Kamstrup lists: a structure of the list id and then OBIS and value pairs, without scaler or unit (Kamstrup_V0001, KAM-NVE rev 3.1).

The 10-second list has power, current and voltage; the hourly one adds clock and registers. What a raw value counts in depends on the meter.
"""

from tools.meter import axdr, clock, hdlc, obis

DESTINATION, SOURCE, CONTROL = hdlc.address(0x15), hdlc.address(0x10), 0x13
PADDING = [axdr.null(), axdr.null()]


class Kamstrup:
    """An OMNIPOWER. `meter_type` is its 18 character type number.

    `phases` 1: the pairs of L2 and L3 are sent as nulls and counted. `current_scaler`: -2, or -3 on transformer meters.
    `energy_scaler`: 1, or 0 on the Swedish type. `old_firmware`: the notification's time carries a tag, and its clock keeps normal time.
    """

    vendor = "Kamstrup"
    protocol = "hdlc"
    list_id = "Kamstrup_V0001"

    def __init__(self, meter_type, meter_id, phases=3, current_scaler=-2, energy_scaler=1, old_firmware=False):
        self.meter_type = meter_type
        self.meter_id = meter_id
        self.phases = phases
        self.scalers = {obis.A: current_scaler, obis.V: 0, obis.WH: energy_scaler, obis.VARH: energy_scaler}
        self.old_firmware = old_firmware

    def _sent(self, state, name):
        codes = obis.POWERS + obis.CURRENTS[:self.phases] + obis.VOLTAGES[:self.phases]
        energies = obis.send_all(obis.ENERGIES, state.hour, self.scalers) if name == "3" else []
        return obis.send_all(codes, state.values, self.scalers, signed=False), energies

    def _wall(self, now_ms):
        return clock.normal_time(now_ms) if self.old_firmware else clock.local_time(now_ms)

    def _time(self, now_ms):
        summer = clock.is_summer(now_ms) and not self.old_firmware
        return axdr.cosem_time(self._wall(now_ms), status=0x80 if summer else 0)

    def telegram(self, now_ms, state, name):
        registers, energies = self._sent(state, name)
        time = self._time(now_ms)
        elements = [axdr.visible_string(self.list_id),
                    axdr.obis("1-1:0.0.5"), axdr.visible_string(self.meter_id),
                    axdr.obis("1-1:96.1.1"), axdr.visible_string(self.meter_type)]
        sent = {row.code: row for row in registers}
        for code in obis.POWERS + obis.CURRENTS + obis.VOLTAGES:
            row = sent.get(code)
            if row is None:
                elements += PADDING
            else:
                value = axdr.long_unsigned if row.unit == obis.V else axdr.double_long_unsigned
                elements += [axdr.obis("1-1:" + code), value(row.raw)]
        if energies:
            elements += [axdr.obis("0-1:" + obis.CLOCK), axdr.octet_string(time)]
            for row in energies:
                elements += [axdr.obis("1-1:" + row.code), axdr.double_long_unsigned(row.raw)]
        apdu = hdlc.notification(axdr.structure(elements), 0, time, tagged=self.old_firmware)
        return hdlc.frame(hdlc.LLC + apdu, DESTINATION, SOURCE, CONTROL)

    def truth(self, now_ms, state, name):
        registers, energies = self._sent(state, name)
        read = obis.truth(registers + energies)
        read.update(list=name, vendor=self.vendor, meter_time=self._wall(now_ms).isoformat(),
                    list_version=self.list_id, meter_id=self.meter_id, meter_type=self.meter_type)
        return read
