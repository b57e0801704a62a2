"""What a quantity cannot be is not said to be it, and not lost either; what can be is not refused."""

import pytest

from test_han_vectors import frame, notification, register, telegram
from tools.fuzz_forms import FORMS


def only(data, form):
    (reading,) = FORMS[form](3072).feed(data)
    return reading


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("line, name, value, code, other", (
    ("1-0:32.7.0(2315*V)", "voltage_l1_mv", None, "1-0:32.7.0", ("2315", "V")),
    ("1-0:32.7.0(1000.1*V)", "voltage_l1_mv", None, "1-0:32.7.0", ("1000.1", "V")),
    ("1-0:32.7.0(-0230*V)", "voltage_l1_mv", None, "1-0:32.7.0", ("-0230", "V")),
    ("1-0:52.7.0(1000*V)", "voltage_l2_mv", 1000000, None, None),
    ("1-0:52.7.0(0.4*kV)", "voltage_l2_mv", 400000, None, None),
    ("1-0:72.7.0(000.0*V)", "voltage_l3_mv", 0, None, None),
    ("1-0:72.7.0(057.7*V)", "voltage_l3_mv", 57700, None, None),
    ("1-0:14.7.0(5.00*Hz)", "frequency_mhz", None, "1-0:14.7.0", ("5.00", "Hz")),
    ("1-0:14.7.0(500*Hz)", "frequency_mhz", None, "1-0:14.7.0", ("500", "Hz")),
    ("1-0:14.7.0(49.98*Hz)", "frequency_mhz", 49980, None, None),
    ("1-0:14.7.0(60.02*Hz)", "frequency_mhz", 60020, None, None),
    ("1-0:13.7.0(4.556)", "power_factor_milli", None, "1-0:13.7.0", ("4.556", "")),
    ("1-0:33.7.0(0998)", "power_factor_l1_milli", None, "1-0:33.7.0", ("0998", "")),
    ("1-0:33.7.0(-1.000)", "power_factor_l1_milli", -1000, None, None),
    ("1-0:53.7.0(1.0)", "power_factor_l2_milli", 1000, None, None),
    ("1-0:73.7.0(0.00)", "power_factor_l3_milli", 0, None, None),
    # A transformer's secondary side, or its primary side, however large.
    ("1-0:31.7.0(06000.00*A)", "current_l1_ma", 6000000, None, None),
    ("1-0:31.7.0(-2000000*A)", "current_l1_ma", -2000000000, None, None),
    ("1-0:1.7.0(99999.999*kW)", "power_import_w", 99999999, None, None),
    ("1-0:3.7.0(-4294967295*var)", "reactive_power_import_var", -4294967295, None, None),
))
def test_telegrams(form, line, name, value, code, other):
    reading = only(telegram("1-0:2.7.0(0001*W)", line), form)
    assert reading.get(name) == value
    assert reading.other == ({code: other} if code else {})
    assert reading["power_export_w"] == 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("obis, value, scaler, unit, name, said, other", (
    ("1.0.32.7.0.255", "12 090B", 0, 35, "voltage_l1_mv", None, (2315, "V")),
    ("1.0.32.7.0.255", "12 FFFF", -1, 35, "voltage_l1_mv", None, ("6553.5", "V")),
    ("1.0.32.7.0.255", "10 FF1A", 0, 35, "voltage_l1_mv", None, (-230, "V")),
    ("1.0.32.7.0.255", "12 090B", -1, 35, "voltage_l1_mv", 231500, None),
    ("1.0.72.7.0.255", "12 02B2", 0, 35, "voltage_l3_mv", 690000, None),
    ("1.0.14.7.0.255", "12 C350", -2, 44, "frequency_mhz", None, ("500.00", "Hz")),
    ("1.0.14.7.0.255", "12 C350", -3, 44, "frequency_mhz", 50000, None),
    ("1.0.13.7.0.255", "12 11CC", -3, 255, "power_factor_milli", None, ("4.556", "")),
    ("1.0.13.7.0.255", "10 FC18", -3, 255, "power_factor_milli", -1000, None),
    ("1.0.13.7.0.255", "0F 64", -2, 255, "power_factor_milli", 1000, None),
    ("1.0.31.7.0.255", "06 0000EA60", -1, 33, "current_l1_ma", 6000000, None),
    ("1.0.1.7.0.255", "06 FFFFFFFF", 0, 27, "power_import_w", 4294967295, None),
))
def test_registers(form, obis, value, scaler, unit, name, said, other):
    reading = only(frame(notification("0102" + register("1.0.2.7.0.255", "06 00000001", 0, 27) + register(obis, value, scaler, unit))), form)
    assert reading.get(name) == said
    code = "%s-%s:%s.%s.%s" % tuple(obis.split(".")[:5])
    assert reading.other == ({code: other} if other else {})
    assert reading["power_export_w"] == 1
