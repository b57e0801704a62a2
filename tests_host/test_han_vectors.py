"""Frames and telegrams written out by hand from the protocol, field by field, and what they mean."""

import pytest

from han import Reader, kernel
from han.reading import decimal
from han.work import _CRC as CRC
from han.work import _FILL as FILL
from han.work import _MODE as MODE
from han.work import _SEEN as SEEN
from han.work import scale, work_area


def x25(octets):
    crc = 0xFFFF
    for b in octets:
        crc ^= b
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return (crc ^ 0xFFFF).to_bytes(2, "little")


def arc(octets):
    crc = 0
    for b in octets:
        crc ^= b
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def frame(information, addresses="41 08 83", control=0x13):
    """An HDLC frame type 3 around the information field."""
    addresses = bytes.fromhex(addresses)
    length = 2 + len(addresses) + 1 + 2 + len(information) + 2
    head = bytes((0xA0 | length >> 8, length & 0xFF)) + addresses + bytes((control,))
    body = head + x25(head) + information
    return b"\x7e" + body + x25(body) + b"\x7e"


def notification(body, when="00"):
    """LLC, then a Data-Notification with that date-time and body, all hex."""
    return bytes.fromhex("E6E700 0F 40000000" + when + body)


def telegram(*lines):
    """A P1 telegram of these lines."""
    text = "\r\n".join(("/ADN9 6534", "") + lines + ("!",)).encode()
    return text + b"%04X\r\n" % arc(text)


def only(data):
    readings = Reader().feed(data)
    assert len(readings) == 1
    return readings[0]


def register(obis, value, scaler=None, unit=0):
    """Aidon's structure: OBIS code, value and, for a number, scaler and unit."""
    tail = "" if scaler is None else "0202 0F%02X 16%02X" % (scaler & 0xFF, unit)
    return "020%d 0906 %s %s %s" % (2 if scaler is None else 3, bytes(map(int, obis.split("."))).hex(), value, tail)


def test_checksums_of_the_standard_string():
    digits = b"123456789"
    assert kernel.crc_x25(digits, 0, 9) == 0x906E
    work = work_area(12)
    work[MODE] = 2
    work[FILL] = 1
    assert kernel.advance(bytearray(12), 10, digits + b"!", work) == 1
    assert work[SEEN] == 10
    assert work[CRC] == arc(b"\0" + digits) == 0xBB3D
    assert x25(bytes.fromhex("033F")) == bytes.fromhex("5BEC")


def test_aidon_list_1():
    # Header and its checksum as Aidon's papers print them; 0x0552 = 1362 W.
    data = frame(notification("0101" + register("1.0.1.7.0.255", "06 00000552", 0, 27)))
    assert data[:8] == bytes.fromhex("7E A02A 41 0883 13 04")
    reading = only(data)
    assert dict(reading.items()) == {"power_import_w": 1362}
    assert (reading.protocol, reading.vendor, reading.list) == ("hdlc", "Aidon", "1")


def test_scaler_sign_and_unit_come_from_the_wire():
    reading = only(frame(notification(
        "0106" + register("1.1.0.2.129.255", "0A0B" + b"AIDON_V0001".hex())
        + register("1.0.31.7.0.255", "10 FFCD", -1, 33)  # -51 x 0.1 A
        + register("1.0.32.7.0.255", "12 090B", -1, 35)  # 2315 x 0.1 V
        + register("0.0.1.0.0.255", "090C 07E6 0A 0F 06 14 00 00 FF 0000 00")
        + register("1.0.1.8.0.255", "06 00FA0001", 1, 30)  # 16384001 x 10 Wh
        + register("1.0.3.8.0.255", "06 00000007", 1, 32))))
    assert dict(reading.items()) == {
        "list_version": "AIDON_V0001", "current_l1_ma": -5100, "voltage_l1_mv": 231500,
        "meter_time": "2022-10-15T20:00:00", "energy_import_wh": 163840010, "reactive_energy_import_varh": 70}
    assert reading.list == "3"
    assert dict(reading.customary())["energy_import_kwh"] == "163840.01"
    assert dict(reading.customary())["current_l1_a"] == "-5.1"


@pytest.mark.parametrize("when", ("00", "0C 07E1 09 0D 03 0C 22 0A FF 8000 00", "090C 07E1 09 0D 03 0C 22 0A FF 8000 00"))
def test_the_three_forms_of_date_time(when):
    reading = only(frame(notification("0201 06 000004D2", when), "01 0201", 0x10))
    assert reading["power_import_w"] == 1234
    assert reading.get("meter_time") == (None if when == "00" else "2017-09-13T12:34:10")
    assert (reading.vendor, reading.list) == ("Kaifa", "1")


def test_a_unit_that_does_not_fit_is_not_believed():
    reading = only(frame(notification("0102" + register("1.0.1.7.0.255", "06 00000001", 0, 27)
                                      + register("1.0.2.7.0.255", "06 00000002", 0, 28))))
    assert dict(reading.items()) == {"power_import_w": 1}
    assert reading.other == {"1-0:2.7.0": (2, "VA")}


def test_kamstrup_pads_and_hides_its_scale():
    def pair(obis, value):
        return "0906 %s %s" % (bytes(map(int, obis.split("."))).hex(), value)

    def body(type_number):
        return ("0219 0A0E" + b"Kamstrup_V0001".hex() + pair("1.1.0.0.5.255", "0A10" + b"5706567000000000".hex())
                + pair("1.1.96.1.1.255", "0A12" + type_number.encode().hex()) + pair("1.1.1.7.0.255", "06 0000012C")
                + pair("1.1.31.7.0.255", "06 000003E8") + pair("1.1.32.7.0.255", "12 00E6") + "00000000")

    reading = only(frame(notification(body("6861111BN242101040")), "2B 21"))
    assert dict(reading.items()) == {
        "list_version": "Kamstrup_V0001", "meter_id": "5706567000000000", "meter_type": "6861111BN242101040",
        "power_import_w": 300, "current_l1_ma": 10000, "voltage_l1_mv": 230000}
    assert dict(reading.customary())["voltage_l1_v"] == "230"
    assert only(frame(notification(body("6851111BN242101040")), "2B 21"))["current_l1_ma"] == 1000


def test_a_later_list_tells_the_maker_of_list_1():
    list_1 = frame(notification("0101" + register("1.0.1.7.0.255", "06 00000001", 0, 27)))
    list_2 = frame(notification("0102" + register("1.1.0.2.129.255", "0A0B" + b"EMBRIQ_V1_1".hex())
                                + register("1.0.1.7.0.255", "06 00000001", 0, 27)))
    assert [r.vendor for r in Reader().feed(list_1 + list_2 + list_1)] == ["Aidon", "Landis+Gyr", "Landis+Gyr"]


@pytest.mark.parametrize("body", (
    "", "00", "0100", "0200", "0101", "01FF", "0182", "02820102", "0101" + "0203", "0203 0A05 41",
    "0101 0203 0906 0100010700FF 06 0000", "01" * 40, "02" * 40, "0213 0906", "0201 13 0000", "0201 1F",
    "0209" + "0A" + "07" + b"KFM_001".hex() + "0600000000" * 8,
))
def test_nonsense_with_a_good_checksum_gives_no_reading(body):
    reader = Reader()
    assert list(reader.feed(frame(notification(body)))) == []
    assert (reader.stats.frames, reader.stats.unknown) == (1, 1)


def test_shared_flag_and_flags_inside():
    one = frame(notification("0201 06 00007E7E"), "01 0201", 0x10)
    assert [r["power_import_w"] for r in Reader().feed(one[:-1] + one + b"\x7e\x7e" + one)] == [0x7E7E] * 3


def test_a_false_start_costs_no_frame():
    one = frame(notification("0201 06 00000001"), "01 0201", 0x10)
    for cut in range(1, len(one)):
        whole = cut == len(one) - 1  # but for the closing flag, which the next frame brings
        assert len(Reader().feed(one[:cut] + one + one)) == 2 + whole


def test_units_in_any_spelling_and_signs():
    reading = only(telegram(
        "0-0:1.0.0(221105140250W)", "1-0:1.8.0(00001071.363*kWh)", "1-0:3.8.0(00000182.031*KVARH)",
        "1-0:3.7.0(0000.120*kVAr)", "1-0:31.7.0(-001.2*A)", "1-0:32.7.0(229.3*v)", "1-0:1.7.0(0012*W)",
        "1-0:2.8.0*255(99999999.999*kWh)", "1-0:14.7.0(50.01*Hz)", "1-0:13.7.0(0.998)"))
    assert dict(reading.items()) == {
        "meter_time": "2022-11-05T14:02:50", "energy_import_wh": 1071363, "reactive_energy_import_varh": 182031,
        "reactive_power_import_var": 120, "current_l1_ma": -1200, "voltage_l1_mv": 229300, "power_import_w": 12,
        "energy_export_wh": 99999999999, "frequency_mhz": 50010, "power_factor_milli": 998}
    assert (reading.protocol, reading.vendor, reading.list) == ("p1", "Aidon", "p1")


def test_what_has_no_name_is_kept():
    reading = only(telegram("0-1:24.2.1(221105140000W)(00996.617*m3)", "0-0:96.14.0(0002)", "0-0:96.13.0()",
                            "1-0:1.7.0(00.1*kVA)", "(13376.292)", "what is this", "1-0:300.7.0(1*W)"))
    assert dict(reading.items()) == {}
    assert reading.other["0-1:24.2.1"] == ([("221105140000W", ""), ("00996.617", "m3")], "")
    assert reading.other["0-0:96.14.0"] == ("0002", "")
    assert reading.other["0-0:96.13.0"] == ("", "")
    assert reading.other["1-0:1.7.0"][0] == [("00.1", "kVA"), ("13376.292", "")]
    assert reading.other["#4"] == ("what is this", "")
    assert reading.other["#5"] == ("1-0:300.7.0(1*W)", "")


def test_the_crc_may_be_in_small_letters_and_must_be_there():
    good = telegram("1-0:1.7.0(0012*W)")
    assert len(Reader().feed(good[:-6] + good[-6:].lower())) == 1
    reader = Reader()
    assert list(reader.feed(good[:-6] + b"\r\n" + good)) != []
    assert (reader.stats.unchecked, reader.stats.telegrams) == (1, 1)


def test_a_cut_telegram_cannot_lend_its_beginning_to_the_next():
    # The CRC of what is left of the first telegram is 0, as if nothing stood before the second.
    head = b"/ADN9 6534\r\n\r\n0-0:1.0.0(221105140240W)\r\n1-0:1.7.0("
    state = arc(head)
    # Two octets bring any state of this CRC to 0; letters alone may not, so search short texts.
    tail = next(t for t in (b"%05x" % n for n in range(1 << 20)) if arc(head + t) == 0)
    assert state and arc(head + tail) == 0
    good = telegram("0-0:1.0.0(221105140250W)", "1-0:1.7.0(0012*W)")
    assert [r["meter_time"] for r in Reader().feed(head + tail + good)] == ["2022-11-05T14:02:50"]


def test_a_telegram_longer_than_the_buffer_costs_only_itself():
    reader = Reader(2049)
    text = telegram("0-0:96.13.0(" + "30" * 1500 + ")")
    good = telegram("1-0:1.7.0(0012*W)")
    assert [r.get("power_import_w") for r in reader.feed(text + good)] == [12]


def test_buffer_must_hold_a_frame():
    with pytest.raises(ValueError):
        Reader(100)


@pytest.mark.parametrize("value, exponent, result", (
    (5, 0, 5), (5, 3, 5000), (15, -1, 2), (14, -1, 1), (-15, -1, -2), (-14, -1, -1), (999999999999, -3, 1000000000)))
def test_scale_rounds_half_away_from_zero(value, exponent, result):
    assert scale(value, exponent) == result


@pytest.mark.parametrize("value, places, shown, text", (
    (229300, 3, 1, "229.3"), (229300, 3, 0, "229"), (-5, 3, 3, "-0.005"), (1071363, 3, 3, "1071.363"), (12, 0, 0, "12")))
def test_decimal_writes_integers(value, places, shown, text):
    assert decimal(value, places, shown) == text


@pytest.mark.parametrize("when, offset, summer, invalid", (
    ("0C 07E6 0A 0F 06 14 00 00 FF FF88 80", 120, True, False),
    ("0C 07E6 0A 0F 06 14 00 00 FF FFC4 00", 60, None, False),
    ("0C 07E6 0A 0F 06 14 00 00 FF 003C 01", -60, None, True),
    ("0C 07E6 0A 0F 06 14 00 00 FF 8000 FF", None, None, False)))
def test_what_the_meter_says_of_its_clock(when, offset, summer, invalid):
    reading = only(frame(notification("0201 06 000004D2", when), "01 0201", 0x10))
    assert reading["meter_time"] == "2022-10-15T20:00:00"
    assert (reading.clock_offset, reading.clock_summer, reading.clock_invalid) == (offset, summer, invalid)


def test_aidons_deviation_of_0_is_none():
    reading = only(frame(notification("0102" + register("1.0.1.7.0.255", "06 00000001", 0, 27)
                                      + register("0.0.1.0.0.255", "090C 07E6 0A 0F 06 14 00 00 FF 0000 00"))))
    assert (reading["meter_time"], reading.clock_offset) == ("2022-10-15T20:00:00", None)


@pytest.mark.parametrize("flag, summer", (("W", False), ("S", True)))
def test_summer_time_in_telegrams(flag, summer):
    assert only(telegram("0-0:1.0.0(220715140250%s)" % flag)).clock_summer is summer


def kaifa_list_2(volts):
    return frame(notification("0209" + "".join("09%02X%s" % (len(t), t.encode().hex()) for t in ("KFM_001", "69", "MA105"))
                              + "0600000001" * 4 + "0600001F40" + "06%08X" % volts, "090C 07E109 0D 03 0C 22 0A FF 8000 00"),
                 "01 0201", 0x10)


@pytest.mark.parametrize("raw, volts, rule", (
    (2345, 234500, "Kaifa"), (234, 234000, "Kaifa, voltage by its size"), (23456, 234560, "Kaifa, voltage by its size"),
    (0, 0, "Kaifa"), (9, None, "Kaifa"), (700000, None, "Kaifa")))
def test_a_voltage_that_cannot_be_is_none(raw, volts, rule):
    reading = only(kaifa_list_2(raw))
    assert reading.get("voltage_l1_mv") == volts
    assert reading.rule == rule
    assert reading.other == ({} if volts is not None else {"#8": (raw, "")})
    assert reading["current_l1_ma"] == 8000
