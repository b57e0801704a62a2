"""Lists of rarer layouts: values in a row with their scales, and descriptors first, then bare values."""

from datetime import datetime

import pytest

from han import Reader
from test_han_vectors import frame, notification as listed, register
from tools.meter import axdr

CLOCK = axdr.cosem_time(datetime(2026, 3, 1, 12, 30, 5))
NUMBER = axdr.octet_string(b"181234567890")


def triple(code, value, scaler, unit):
    return [axdr.obis(code), value, axdr.scaler_unit(scaler, unit)]


def notification(elements):
    """A data-notification with a clock of its own, in one HDLC frame."""
    return frame(b"\xe6\xe7\x00\x0f\x00\x00\x00\x01\x0c" + CLOCK + axdr.structure(elements))


def read(elements):
    reader = Reader()
    return reader.feed(notification(elements)), reader


FULL = [axdr.octet_string(CLOCK), *triple("1-0:1.8.0", axdr.double_long_unsigned(1234567), 0, 30), *triple("1-0:1.7.0", axdr.double_long_unsigned(812), 0, 27),
        *triple("1-0:32.7.0", axdr.long_unsigned(2337), -1, 35), *triple("1-0:31.7.0", axdr.long_unsigned(152), -2, 33),
        *triple("1-0:13.7.0", axdr.long_unsigned(991), -3, 255), *triple("1-0:97.7.0", axdr.long_unsigned(12), 0, 27), NUMBER]


@pytest.mark.parametrize("first", (0, 1), ids=("clock first", "no clock"))
def test_values_have_the_scale_that_follows_them(first):
    (reading,), _ = read(FULL[first:])
    assert dict(reading.items()) == {
        "meter_time": "2026-03-01T12:30:05", "meter_id": "181234567890", "energy_import_wh": 1234567, "power_import_w": 812,
        "voltage_l1_mv": 233700, "current_l1_ma": 1520, "power_factor_milli": 991}
    assert reading.rule == "", "the wire tells the scale"
    assert reading.other == {"1-0:97.7.0": (12, "W")}


def test_a_list_cut_after_a_value_is_refused():
    readings, reader = read(FULL[:3] + FULL[4:])
    assert not readings
    assert reader.stats.unknown == 1


def test_a_text_with_a_code_needs_no_scale():
    (reading,), _ = read([*triple("1-0:1.7.0", axdr.double_long_unsigned(5), 0, 27), axdr.obis("0-0:96.1.0"), axdr.octet_string(b"77"),
                          *triple("1-0:2.7.0", axdr.double_long_unsigned(6), 0, 27)])
    assert dict(reading.items()) == {
        "meter_time": "2026-03-01T12:30:05", "meter_id": "77", "power_import_w": 5, "power_export_w": 6}


def descriptor(code, kind=3):
    """{class, OBIS code, attribute, index}."""
    return axdr.structure((axdr.long_unsigned(kind), axdr.obis(code), axdr.integer(2), axdr.long_unsigned(0)))


def test_described_values_without_a_scale_are_read_as_landis_gyr_sends_them():
    codes = ("1-0:1.7.0", "1-0:31.7.0", "1-0:32.7.0", "1-0:13.7.0", "1-0:14.7.0")
    values = (axdr.double_long_unsigned(187), axdr.long_unsigned(130), axdr.long_unsigned(238), axdr.long_unsigned(286),
              axdr.long_unsigned(50))
    (reading,), _ = read([axdr.array([descriptor("0-8:25.9.0", 40), *map(descriptor, codes)]), *values])
    assert dict(reading.items()) == {
        "meter_time": "2026-03-01T12:30:05", "power_import_w": 187, "current_l1_ma": 1300, "voltage_l1_mv": 238000,
        "power_factor_milli": 286, "frequency_mhz": 50000}
    assert reading.rule.startswith("Landis+Gyr")


@pytest.mark.parametrize("medium, said", ((15, True), (16, False), (129, False)))
def test_a_register_of_no_medium_condemns_its_list(medium, said):
    reader = Reader()
    found = reader.feed(frame(listed("0102" + register("1.0.1.7.0.255", "06 00000552", 0, 27)
                                     + register("%d.0.31.7.0.255" % medium, "12 005D", -1, 33))))
    assert bool(found) == said
