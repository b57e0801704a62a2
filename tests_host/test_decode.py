"""tools.decode as a process: what goes in (text, hex, raw bytes, files, stdin), what comes out, and its exit status."""

import json
import subprocess
import sys

import pytest

from tools.meter import crc
from tools.meter.meters import METERS
from tools.runtime import ROOT

START_MS = 1_770_000_000_000 - 1_770_000_000_000 % 3_600_000 + 3_590_000
START = "2026-02-02T02:59:50"  # the same
KEY = "00112233445566778899aabbccddeeff"

P1_WORDS = """
    protocol vendor list meter_time
    energy_import_wh energy_export_wh reactive_energy_import_varh reactive_energy_export_varh
    power_import_w power_export_w reactive_power_import_var reactive_power_export_var
    power_import_l1_w power_export_l1_w power_import_l2_w power_export_l2_w power_import_l3_w power_export_l3_w
    reactive_power_import_l1_var reactive_power_export_l1_var reactive_power_import_l2_var reactive_power_export_l2_var
    reactive_power_import_l3_var reactive_power_export_l3_var
    voltage_l1_mv voltage_l2_mv voltage_l3_mv current_l1_ma current_l2_ma current_l3_ma
""".split()
KAIFA_WORDS = """
    protocol vendor list meter_time meter_id meter_type list_version
    power_import_w power_export_w reactive_power_import_var reactive_power_export_var
    current_l1_ma current_l2_ma current_l3_ma voltage_l1_mv voltage_l2_mv voltage_l3_mv
    energy_import_wh energy_export_wh reactive_energy_import_varh reactive_energy_export_varh
""".split()


def decode(*arguments, stdin=b""):
    """(exit status, the JSON objects of stdout, stderr)."""
    done = subprocess.run([sys.executable, "-m", "tools.decode", *map(str, arguments)], input=stdin, capture_output=True,
                          cwd=ROOT, timeout=60)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def sent(name, count=1):
    """What `python -m tools.meter --hex` prints, and the truths of those telegrams."""
    argv = [sys.executable, "-m", "tools.meter", "--hex", name, "--count", str(count), "--start", START]
    printed = subprocess.run(argv, capture_output=True, check=True, cwd=ROOT, timeout=60).stdout
    meter = METERS[name]
    house = meter.house(START_MS)
    due = meter.due(START_MS)
    return printed, [meter.truth(now_ms, house, which) for now_ms, which in (next(due) for _ in range(count))]


def telegram(*lines):
    """A P1 telegram of these lines, with its CRC."""
    body = b"\r\n".join([b"/LGF5E360", b"", *lines, b"!"])
    return body + b"%04X\r\n" % crc.arc(body)


@pytest.mark.parametrize("name", ["p1-landis", "p1-aidon-1ph", "aidon-no", "aidon-se", "kaifa-no", "kamstrup-no", "landis-no"])
def test_every_value_of_a_capture(tmp_path, name):
    printed, truths = sent(name, 12)  # across a full hour: with the list of the registers
    capture = tmp_path / "capture"
    capture.write_bytes(printed)
    status, readings, said = decode(capture)
    assert status == 0
    # Not every list tells the vendor; the reader knows it from those before.
    assert readings == [dict(truth, vendor=truth.get("vendor", reading["vendor"])) for reading, truth in zip(readings, truths, strict=True)]
    assert any("vendor" in truth for truth in truths)
    good = "telegrams 12" if name.startswith("p1") else "frames 12"
    assert said.splitlines() == [f"{capture}: bytes {said.split()[2][:-1]}, {good}, readings 12"]


@pytest.mark.parametrize(("name", "words"), [("p1-landis", P1_WORDS), ("kaifa-no", KAIFA_WORDS)])
def test_the_words_of_the_vocabulary(name, words):
    status, readings, _ = decode("-", stdin=sent(name, 12)[0])
    fullest = max(readings, key=len)
    assert status == 0
    assert sorted(fullest) == sorted(words)
    texts = {"protocol", "vendor", "list", "meter_time", "meter_id", "meter_type", "list_version"}
    assert {key for key, value in fullest.items() if type(value) is str} == texts & set(words)
    assert {key for key, value in fullest.items() if type(value) is int} == set(words) - texts


@pytest.mark.parametrize("spelling", [
    lambda data: data,
    lambda data: data.hex().encode(),
    lambda data: data.hex(" ").upper().encode() + b"\r\n",
    lambda data: data.hex(":").encode(),
    lambda data: b", ".join(b"0x%02x" % octet for octet in data) + b"\n",
    lambda data: data.hex("\n", 16).encode(),
    lambda data: data.hex().encode() + b"7",  # cut in the middle of an octet
])
@pytest.mark.parametrize("name", ["aidon-no", "p1-landis"])
def test_raw_bytes_and_hex_in_every_spelling(tmp_path, name, spelling):
    printed, truths = sent(name)
    raw = printed if name == "p1-landis" else bytes.fromhex(printed.decode())
    capture = tmp_path / "capture"
    capture.write_bytes(spelling(raw))
    status, readings, _ = decode(capture)
    assert status == 0
    assert [reading["power_import_w"] for reading in readings] == [truths[0]["power_import_w"]]


def test_what_has_no_word_stands_under_other():
    gas = b"0-1:24.2.1(260202025500W)(00012.345*m3)"
    status, readings, _ = decode("-", stdin=telegram(b"1-0:1.7.0(0001.234*kW)", gas, b"0-0:17.0.0(016.1*kW)"))
    assert status == 0
    assert readings[0]["power_import_w"] == 1234
    assert readings[0]["other"] == {
        "0-1:24.2.1": {"value": [{"value": "260202025500W", "unit": ""}, {"value": "00012.345", "unit": "m3"}], "unit": ""},
        "0-0:17.0.0": {"value": "016.1", "unit": "kW"},
    }


def test_one_good_file_of_several_is_enough(tmp_path):
    good, noise, empty = tmp_path / "good", tmp_path / "noise", tmp_path / "empty"
    good.write_bytes(sent("kamstrup-no", 2)[0])
    noise.write_bytes(bytes(range(128, 256)) * 3)
    empty.touch()
    status, readings, said = decode(noise, good, empty, "-", stdin=sent("p1-landis")[0])
    assert status == 0
    assert [reading["protocol"] for reading in readings] == ["hdlc", "hdlc", "p1"]
    assert [line.partition(": ")[0] for line in said.splitlines()] == [str(noise), str(good), str(empty), "-"]
    assert "bytes 384, dropped 384" in said and "frames 2, readings 2" in said and "no bytes" in said


def test_files_do_not_run_into_each_other(tmp_path):
    frame = bytes.fromhex(sent("aidon-no")[0].decode())
    head, tail = tmp_path / "head", tmp_path / "tail"
    head.write_bytes(frame[:20])
    tail.write_bytes(frame[20:])
    assert decode(head, tail)[:2] == (1, [])


@pytest.mark.parametrize("name", ["p1-landis", "aidon-no"])
def test_damage_gives_nothing_and_status_1(name):
    printed = bytearray(sent(name)[0])
    at = printed.index(b"1.7.0") + 8 if name == "p1-landis" else 60
    printed[at] = ord("8") if printed[at] != ord("8") else ord("9")
    status, readings, said = decode("-", stdin=bytes(printed))
    assert (status, readings) == (1, [])
    assert "checksum_errors 1" in said


def test_nothing_at_all_is_status_1():
    assert decode("-") == (1, [], "-: no bytes\n")


def test_good_keys_are_taken():
    status, readings, _ = decode("--key", KEY, "--auth-key", KEY.upper(), "-", stdin=sent("aidon-no")[0])
    assert (status, len(readings)) == (0, 1)


@pytest.mark.parametrize(("arguments", "sentence"), [
    ([], "the following arguments are required: FILE"),
    (["no-such-file"], "no-such-file: No such file or directory"),
    (["tests_host"], "tests_host: Is a directory"),
    (["--key", KEY[:-1], "-"], "argument --key: a key is 32 hex digits (0-9, a-f), got 31 characters"),
    (["--auth-key", KEY + "00", "-"], "argument --auth-key: a key is 32 hex digits (0-9, a-f), got 34 characters"),
    (["--key", "g" * 32, "-"], "argument --key: a key is 32 hex digits"),
    (["--key", "", "-"], "got 0 characters"),
    (["--fast", "-"], "unrecognized arguments: --fast"),
])
def test_bad_usage_is_status_2_and_a_sentence(arguments, sentence):
    status, readings, said = decode(*arguments, stdin=sent("aidon-no")[0])
    assert (status, readings) == (2, [])
    assert sentence in said
    assert "Traceback" not in said
    assert KEY[:-1] not in said  # a key with a typing error is a secret all the same
