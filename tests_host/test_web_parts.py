"""The pure rooms of the page: masked telegrams, the set-up's name server, Improv, passwords, amsreader's files, HomeWizard's words."""

import asyncio
import hashlib
import importlib
import json
import sys
import types

import pytest

from firmware import ams_file, masking, password, settings
from han import Reader
from tools.meter.meters import METERS

START_MS = 1_770_000_000_000


@pytest.fixture(scope="module")
def chip():
    """room(name): a module of the firmware that asks for MicroPython's own modules, which nobody needs here."""
    fakes = {"micropython": types.SimpleNamespace(const=lambda value: value), "machine": types.SimpleNamespace(unique_id=lambda: b"\x01")}

    def room(name):
        kept = {each: sys.modules.get(each) for each in fakes}
        sys.modules.update(fakes)
        try:
            return importlib.import_module("firmware." + name)
        finally:
            for each, module in kept.items():
                if module is None:
                    del sys.modules[each]
                else:
                    sys.modules[each] = module

    return room


def lists(name):
    meter = METERS[name]
    return ["p1"] if name.startswith("p1") else ["1", "2", "3"], meter


@pytest.mark.parametrize("name", sorted(METERS))
def test_a_masked_telegram_is_the_same_but_for_its_number(name):
    kinds, meter = lists(name)
    for kind in kinds:
        data = meter.telegram(START_MS, meter.house(START_MS), kind)
        reader = Reader()
        reader.tap = taken = []
        (reading,) = reader.feed(data)
        (raw,) = taken
        assert raw == data[:len(raw)] or raw == data[-len(raw):], "the tap gives what came"
        number = reading.get("meter_id")
        text = masking.text(bytearray(raw), reading)
        masked = text.encode() if kind == "p1" else bytes.fromhex(text.replace("\n", ""))
        if number:
            assert number.encode() not in masked and number.encode().hex().encode() not in masked.lower()
        (again,) = Reader().feed(masked)
        before, after = dict(reading.items()), dict(again.items())
        assert set(after) == set(before)
        assert {key: value for key, value in after.items() if key != "meter_id"} == {key: value for key, value in before.items() if key != "meter_id"}
        if number:
            assert set(after["meter_id"]) == {"X"}


def test_numbers_of_gas_and_water_meters_are_covered_too():
    meter = METERS["p1-landis"]
    data = meter.telegram(START_MS, meter.house(START_MS), "p1")
    lines = data[:data.rindex(b"!")] + b"0-1:96.1.0(4730303339303031)\r\n0-0:96.1.1(4B384547)\r\n0-2:24.2.1(231122100000W)(00012.345*m3)\r\n0-0:96.13.0()\r\n!"
    crc = 0
    for octet in lines:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    text = masking.text(bytearray(lines + b"%04X\r\n" % crc))
    assert "4730303339303031" not in text and "4B384547" not in text and "00012.345*m3" in text and "0-0:96.13.0()" in text
    assert len(Reader().feed(text.encode())) == 1


def test_passwords_are_those_of_rfc_8018():
    for word, salt, rounds in (("password", b"salt", 2), ("x" * 64, bytes(16), 5), ("ä" * 40, b"0123456789abcdef", 17)):
        assert asyncio.run(password.derive(word, salt, rounds)) == hashlib.pbkdf2_hmac("sha256", word.encode(), salt, rounds)
    made = asyncio.run(password.make("open sesame"))
    assert asyncio.run(password.fits("open sesame", made)) and not asyncio.run(password.fits("open sesame ", made))
    assert made != asyncio.run(password.make("open sesame"))
    clean, problems = settings.validate({"page_password": made})
    assert clean["page_password"] == made and not problems


def question(name, kind=1, klass=1, head=b"\x12\x34\x01\0\0\1\0\0\0\0\0\0"):
    return head + b"".join(bytes([len(part)]) + part for part in name.split(b".")) + b"\0" + bytes((0, kind, 0, klass))


def test_the_set_up_answers_every_name_with_one_address(chip):
    answer = chip("portal").answer
    here = bytes((192, 168, 4, 1))
    for name in (b"a", b"connectivitycheck.gstatic.com", b"x" * 63 + b".example"):
        asked = question(name)
        assert answer(asked, here) == b"\x12\x34\x85\0\0\1\0\1\0\0\0\0" + asked[12:] + b"\xc0\x0c\0\1\0\1\0\0\0\x0a\0\4" + here
    for kind in (28, 65, 16):
        asked = question(b"apple.com", kind)
        assert answer(asked, here) == b"\x12\x34\x85\0\0\1\0\0\0\0\0\0" + asked[12:]
    # EDNS: what follows the question is not ours to repeat.
    asked = question(b"a.b", head=b"\x12\x34\x01\0\0\1\0\0\0\0\0\1") + b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
    assert answer(asked, here)[12:12 + 9] == asked[12:12 + 9]
    whole = question(b"example.com")
    for size in range(len(whole)):
        assert answer(whole[:size], here) is None
    assert answer(whole[:2] + b"\x81" + whole[3:], here) is None, "answers are not answered"
    assert answer(b"\x12\x34\x01\0\0\2" + whole[6:], here) is None and answer(b"\0" * 12 + b"\xc0\x0c\0\1\0\1", here) is None


def test_improv_packets_are_found_among_noise(chip):
    improv = chip("improv")
    command = improv.packet(3, b"\1" + bytes((9,)) + b"\2PC\5abcde")
    assert command == b"IMPROV\1\3\x0b\1\x09\2PC\5abcde" + bytes((sum(command[:-2]) & 0xFF,)) + b"\n"
    reader = improv.Reader()
    noise = b"mpremote\r\nIMPIMPRO\x03\x00"
    found = [each for octet in noise + command + b"I" + command[:-1] for each in (reader.take(octet),) if each]
    assert found == [(3, b"\1\x09\2PC\5abcde")] * 2
    spoilt = bytearray(command)
    spoilt[12] ^= 1
    reader = improv.Reader()
    assert [each for octet in spoilt for each in (reader.take(octet),) if each] == [(3, None)]
    assert improv.credentials(b"\1\x09\2PC\5abcde") == ("PC", "abcde") and improv.credentials(b"\1\4\2PC\0") == ("PC", "")
    for bad in (b"", b"\1", b"\1\3\2P", b"\1\5\2PC\5a", b"\1\6\2PC\1ab", b"\1\5\1\xff\1a"):
        with pytest.raises(ValueError):
            improv.credentials(bad)
    assert improv.texts(("a", "åb", "")) == b"\1a\3\xc3\xa5b\0"
    # ports/esp32/boards: MICROPY_HW_BOARD_NAME " with " MICROPY_HW_MCU_NAME.
    assert [improv.family(each) for each in ("Generic ESP32 module with ESP32", "Generic ESP32S3 module with ESP32S3", "ESP32C3 module with ESP32C3",
                                             "linux [GCC 14.2.0] version", "")] == ["ESP32", "ESP32-S3", "ESP32-C3", "ESP32", "ESP32"]


def test_an_amsreaders_file():
    found, ignored = ams_file.read("hostname ams-x\r\nssid  two  blanks \nmqttHost h\nmqttPayloadFormat 0\nmeterBaud 115200\nmeterParity 8N1\nfoo 1\nmqttPort x\n")
    assert found == {"hostname": "ams-x", "wifi_ssid": " two  blanks ", "wifi_password": "", "mqtt_host": "h", "mqtt_user": "", "mqtt_password": "", "mqtt_layout": "ams-json"}
    assert ignored == ["foo", "mqttPort"]
    for text in ("", "nonsense", "{}", "a b\nc d\n", "\0\xff" * 100):
        assert ams_file.read(text) == ({}, [])
    known = {field.key for field in settings.FIELDS}
    assert set(ams_file._SAME.values()) <= known


def test_homewizard_gets_numbers_of_the_right_sign(chip):
    data = chip("web_homewizard").data
    meter = METERS["p1-landis"]
    (reading,) = Reader().feed(meter.telegram(START_MS, meter.house(START_MS), "p1"))
    said = json.loads(data(reading, "Hus \"4\"", 78))
    assert said["wifi_ssid"] == 'Hus "4"' and said["wifi_strength"] == 78 and said["smr_version"] == 50
    for phase in ("", "_l1", "_l2", "_l3"):
        assert said[f"active_power{phase}_w"] == reading[f"power_import{phase}_w"] - reading[f"power_export{phase}_w"]
    assert said["total_power_import_kwh"] == reading["energy_import_wh"] / 1000
    assert said["active_current_l1_a"] == reading["current_l1_ma"] / 1000
    assert json.loads(data(None, "", None)) == {"wifi_ssid": ""}
