"""The guided search: what it holds for an input, a few seconds of it, and inputs that once broke the parser."""

import random
import re
import shutil
import subprocess
import sys
from contextlib import nullcontext

import pytest

from conftest import obtain
from tools import side_venv
from tools.campaign import __main__ as campaign, target as campaign_target
from tools.fuzz import crc as fuzz_crc
from tools.campaign.repair import AUTH_KEY, KEY, repair
from tools.fuzz.sources import simulated
from tools.fuzz.units import units
from tools.meter import crc

FORMS, NAMES = campaign_target.load(nullcontext())
READER = FORMS[0]


def p1(text):
    """The telegram as an input: checksums are made to fit."""
    return b"\x21" + text + b"!\r\n"


@pytest.mark.parametrize("data", (
    p1(b"/ADN9 65"),                               # no line: was an empty reading
    p1(b"/ADN9\r\n\r\n1-0:1.8.\x00(1*kWh)\r\n"),  # no digit: was a quantity without a name
))
def test_what_once_broke_it(data):
    campaign_target.hold(data, FORMS, NAMES)


def test_a_slice_without_guidance():
    rng = random.Random(1)
    inputs = list(campaign.seeds())
    read = 0
    for _ in range(1500):
        data = bytearray(rng.choice(inputs))
        for _ in range(rng.randrange(4)):
            at = rng.randrange(len(data))
            data[at:at + rng.randrange(3)] = rng.choice((rng.randbytes(rng.randrange(4)), b"\x00", b"\xff", b"\x7f", b"\x80"))
        campaign_target.hold(bytes(data), FORMS, NAMES)
        read += bool(data and READER(key=KEY, auth_key=AUTH_KEY).feed(campaign_target.octets(bytes(data))))
    assert read > 500


def test_a_slice_of_the_search(tmp_path):
    python = obtain(side_venv.python, "campaign")
    for seconds in (5, 30):  # on a busy machine the seeds alone may take the first time
        text, found = campaign.search(tmp_path, seconds, python)
        assert not found, text[-3000:]
        if len(list((tmp_path / "corpus").iterdir())) > 20:
            break
    reached = [int(n) for n in re.findall(r"cov: (\d+)", text)]
    assert reached[-1] > 500 and len(list((tmp_path / "corpus").iterdir())) > 20
    assert re.fullmatch(r"\d+ inputs, \d+ places in the code, \d+ features, \d+ inputs kept", campaign.summary(text))


def test_the_search_finds_what_is_there(tmp_path, monkeypatch):
    """In a copy of the parser that fails on some telegrams, checksum and all."""
    python = obtain(side_venv.python, "campaign")
    for folder in ("lib", "tools"):
        shutil.copytree(campaign.ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    with open(tmp_path / "lib/han/__init__.py", "a") as file:
        file.write("\n_feed = Reader.feed\n\n\ndef feed(self, data, n=-1):\n    readings = _feed(self, data, n)\n"
                   "    assert not any('voltage_l1_mv' in reading for reading in readings), 'planted'\n    return readings\n\n\n"
                   "Reader.feed = feed\n")
    monkeypatch.setattr(campaign, "ROOT", tmp_path)
    text, found = campaign.search(tmp_path / "found", 10, python)
    assert len(found) == 1 and "AssertionError: planted" in text
    again = subprocess.run([str(python), "-m", "tools.campaign.target", str(found[0])], cwd=tmp_path, capture_output=True, text=True,
                           timeout=60)
    assert again.returncode == 1 and "planted" in again.stderr
    fed = bytes.fromhex(again.stdout.strip())
    assert any("voltage_l1_mv" in reading for reading in READER(key=KEY, auth_key=AUTH_KEY, unchecked=True).feed(fed))


def spoiled(change):
    class Spoiled(READER):
        def feed(self, data, n=-1):
            return change(list(super().feed(data, n)), data)

    return Spoiled


@pytest.mark.parametrize("change, words", (
    (lambda readings, data: readings * 2, "counters"),
    (lambda readings, data: readings if len(data) > 7 else [], "counters"),
))
def test_sees_what_must_not_be(change, words):
    telegram = b"\x00" + simulated("p1-landis", 1).lists[0][0].data
    campaign_target.hold(telegram, FORMS, NAMES)
    with pytest.raises(campaign_target.Broken, match=words):
        campaign_target.hold(telegram, [spoiled(change)], NAMES)


def test_sees_forms_that_differ():
    telegram = b"\x00" + simulated("p1-landis", 1).lists[0][0].data

    class Other(READER):
        def feed(self, data, n=-1):
            readings = super().feed(data, n)
            for reading in readings:
                reading.vendor = "Someone"
            return readings

    with pytest.raises(campaign_target.Broken, match="Someone"):
        campaign_target.hold(telegram, [READER, Other], NAMES)


def test_sees_a_value_that_is_none():
    telegram = b"\x00" + simulated("p1-landis", 1).lists[0][0].data
    with pytest.raises(campaign_target.Broken, match="power_import_w"):
        campaign_target.hold(telegram, FORMS, NAMES - {"power_import_w"})


@pytest.mark.parametrize("name", ("p1-landis", "aidon-no", "kaifa-no", "kamstrup-no"))
def test_repair_leaves_what_is_right_and_mends_what_is_not(name):
    rng = random.Random(name)
    for messages in simulated(name, 1).lists:
        data = messages[0].data
        assert repair(data) == data
        for _ in range(20):
            at = rng.randrange(12, len(data) - 8)
            # Neither a beginning in the middle nor a longer end: one frame stays one frame.
            damaged = data[:at] + bytes((rng.choice(b"0123456789"),)) * rng.randrange(3) + data[at + 1:]
            assert [unit for unit in units(repair(damaged)) if unit.start == 0], damaged


def test_repair_seals_what_is_to_be_enciphered():
    plain = simulated("aidon-no", 1).lists[0][0].data
    information = plain[plain.index(b"\xe6\xe7\x00"):-3]
    apdu = b"\xdb\x08KAM\x00\x00\x00\x00\x01" + bytes((len(information) - 3 + 17,)) + b"\x30\x00\x00\x00\x07" + information[3:] + bytes(12)
    fed = repair(plain[:9] + b"\xe6\xe7\x00" + apdu + b"\0\0\x7e")
    readings = READER(key=KEY, auth_key=AUTH_KEY).feed(fed)
    assert len(readings) == 1 and dict(readings[0].items()) == dict(READER().feed(plain)[0].items())


def test_checksums_by_table():
    rng = random.Random(1)
    for size in (*range(40), 600):
        data = rng.randbytes(size)
        assert fuzz_crc.x25(data) == crc.x25(data) and fuzz_crc.arc(data) == crc.arc(data)


def test_the_command_refuses_no_time():
    done = subprocess.run([sys.executable, "-m", "tools.campaign", "--seconds", "0"], cwd=campaign.ROOT, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 2
