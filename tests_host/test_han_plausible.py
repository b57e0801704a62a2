"""Where the wire tells no scale, what a quantity cannot be is not said to be it, and not lost either. Where it does, the meter's word
stands.
"""

import pytest

from test_han_lists import descriptor, notification as described
from test_han_vectors import frame, notification, register, telegram
from tools.fuzz.forms import FORMS
from tools.meter import axdr


def only(data, form):
    (reading,) = FORMS[form](3072).feed(data)
    return reading


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("line, name, value", (
    ("1-0:32.7.0(230.1*V)", "voltage_l1_mv", 230100),
    ("1-0:52.7.0(0.4*kV)", "voltage_l2_mv", 400000),
    ("1-0:72.7.0(11547.0*V)", "voltage_l3_mv", 11547000),
    ("1-0:14.7.0(49.98*Hz)", "frequency_mhz", 49980),
    ("1-0:13.7.0(4.556)", "power_factor_milli", 4556),
    ("1-0:33.7.0(-1.000)", "power_factor_l1_milli", -1000),
    ("1-0:31.7.0(06000.00*A)", "current_l1_ma", 6000000),
    ("1-0:31.7.0(-2000000*A)", "current_l1_ma", -2000000000),
    ("1-0:1.7.0(99999.999*kW)", "power_import_w", 99999999),
    ("1-0:3.7.0(-4294967295*var)", "reactive_power_import_var", -4294967295),
))
def test_a_telegram_is_taken_at_its_word(form, line, name, value):
    reading = only(telegram("1-0:2.7.0(0001*W)", line), form)
    assert reading[name] == value
    assert reading.other == {}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("obis, value, scaler, unit, name, said", (
    ("1.0.32.7.0.255", "12 090B", -1, 35, "voltage_l1_mv", 231500),
    ("1.0.72.7.0.255", "12 2D1B", 0, 35, "voltage_l3_mv", 11547000),
    ("1.0.14.7.0.255", "12 C350", -3, 44, "frequency_mhz", 50000),
    ("1.0.13.7.0.255", "12 11CC", -3, 255, "power_factor_milli", 4556),
    ("1.0.13.7.0.255", "10 FC18", -3, 255, "power_factor_milli", -1000),
    ("1.0.31.7.0.255", "06 0000EA60", -1, 33, "current_l1_ma", 6000000),
    ("1.0.1.7.0.255", "06 FFFFFFFF", 0, 27, "power_import_w", 4294967295),
))
def test_a_register_with_its_scale_is_taken_at_its_word(form, obis, value, scaler, unit, name, said):
    reading = only(frame(notification("0102" + register("1.0.2.7.0.255", "06 00000001", 0, 27) + register(obis, value, scaler, unit))), form)
    assert reading[name] == said
    assert reading.other == {}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("code, value, name, said, other", (
    ("1-0:32.7.0", 231, "voltage_l1_mv", 231000, None),
    ("1-0:32.7.0", 2315, "voltage_l1_mv", 231500, None),
    ("1-0:32.7.0", 23150, "voltage_l1_mv", 231500, None),
    ("1-0:32.7.0", 0, "voltage_l1_mv", 0, None),
    ("1-0:32.7.0", 60000, "voltage_l1_mv", None, 60000),
    ("1-0:14.7.0", 50, "frequency_mhz", 50000, None),
    ("1-0:14.7.0", 5000, "frequency_mhz", None, 5000),
    ("1-0:13.7.0", 286, "power_factor_milli", 286, None),
    ("1-0:13.7.0", 1000, "power_factor_milli", 1000, None),
    ("1-0:13.7.0", 1001, "power_factor_milli", None, 1001),
    ("1-0:31.7.0", 65535, "current_l1_ma", 655350, None),
))
def test_what_a_bare_number_cannot_be_is_kept_under_its_code(form, code, value, name, said, other):
    reading = only(described([axdr.array([descriptor("0-8:25.9.0", 40), descriptor("1-0:2.7.0"), descriptor(code)]),
                              axdr.double_long_unsigned(1), axdr.long_unsigned(value)]), form)
    assert reading.get(name) == said
    assert reading["power_export_w"] == 1
    assert reading.other == ({code: (other, "")} if other is not None else {})
