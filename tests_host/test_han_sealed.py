"""Telegrams whose lines are in cipher behind an ident line in clear, as Polish meters send them."""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from han import Reader
from test_han_messages import AUTH, KEY, PLAIN, TITLE, ciphered, llc, mbus, read
from test_han_vectors import arc, frame, notification, register, telegram
from tools.fuzz.forms import FORMS

IDENT = b"/EGM5G35\r\n\r\n"
LINES = (b"0-0:1.0.0(260122101500W)\r\n1-0:1.8.0(000123.456*kWh)\r\n1-0:1.7.0(00.321*kW)\r\n1-0:32.7.0(231.5*V)\r\n"
         b"0-0:96.13.0(" + b"30" * 70 + b")\r\n")
VALUES = {"meter_time": "2026-01-22T10:15:00", "energy_import_wh": 123456, "power_import_w": 321, "voltage_l1_mv": 231500}
DEFAULT_AUTH = bytes(range(0, 0x100, 0x11))


def sealed(plain=LINES, counter=0, control=0x30, auth=AUTH, title=TITLE, with_title=False, ident=IDENT):
    """The telegram: title length (and title), BER length, security control, counter, ciphertext, tag, `!`, CRC of it all."""
    apdu = ciphered(plain, counter, control, auth=auth, title=title)
    assert apdu[10] == 0x82 or len(plain) < 250
    head = ident + (apdu[1:] if with_title else b"\0" + apdu[10:]) + b"!"
    return head + b"%04X\r\n" % arc(head)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cut", (1, 7, 64, 5000))
def test_title_given_by_the_user(form, cut):
    data = sealed(LINES * 2) + sealed(LINES * 2)
    reader = FORMS[form](2056, key=KEY, auth_key=AUTH, title=TITLE)
    readings = [r for at in range(0, len(data), cut) for r in reader.feed(data[at:at + cut])]
    assert [dict(r.items()) for r in readings] == [VALUES] * 2
    assert [(r.protocol, r.vendor, r.list, r.clock_summer) for r in readings] == [("p1", "Elgama", "p1", False)] * 2
    assert reader.trouble == "" and reader.stats.telegrams == 2


@pytest.mark.parametrize("auth", (AUTH, DEFAULT_AUTH, None))
def test_title_on_the_wire_needs_the_key_alone(auth):
    given = {"auth_key": AUTH} if auth == AUTH else {}
    readings, reader = read(sealed(counter=5, auth=auth, with_title=True, title=b"KFM\x81!/\xffZ"), key=KEY, **given)
    assert readings == [VALUES]
    assert reader.trouble == ""


@pytest.mark.parametrize("keys, counter, words", (
    ({}, "needs_key", "needs a key"),
    ({"key": KEY, "auth_key": AUTH}, "needs_key", "needs the system title"),
    ({"key": AUTH, "auth_key": AUTH, "title": TITLE}, "wrong_key", "does not fit"),
    ({"key": KEY, "auth_key": AUTH, "title": TITLE[::-1]}, "wrong_key", "does not fit"),
    ({"key": KEY, "title": TITLE}, "needs_key", "authentication key"),
))
def test_says_what_is_missing(keys, counter, words):
    readings, reader = read(sealed(), **keys)
    assert readings == []
    assert getattr(reader.stats, counter) == 1 and words in reader.trouble


def test_a_whole_telegram_or_a_notification_may_be_inside():
    inner = telegram("1-0:1.7.0(00.321*kW)")
    assert read(sealed(inner), key=KEY, auth_key=AUTH, title=TITLE)[0] == [{"power_import_w": 321}]
    plain = notification("0102" + register("1.0.1.7.0.255", "06 00000141", 0, 27)
                         + register("0.0.96.13.0.255", "097F" + "41" * 127))[3:]
    assert read(sealed(plain), key=KEY, auth_key=AUTH, title=TITLE)[0] == [{"power_import_w": 321}]
    assert read(sealed(LINES + b"!1234\r\n"), key=KEY, auth_key=AUTH, title=TITLE)[0] == [VALUES]
    assert read(sealed(b"\r\n" + LINES[:-2]), key=KEY, auth_key=AUTH, title=TITLE)[0] == [VALUES]


def test_what_no_tag_covers_needs_the_checksum():
    good = sealed(control=0x20)
    assert read(good, key=KEY, title=TITLE)[0] == [VALUES]
    assert read(good, key=KEY, auth_key=AUTH, title=TITLE)[0] == []
    readings, reader = read(good, key=AUTH, title=TITLE)
    assert readings == [] and reader.stats.wrong_key + reader.stats.unknown == 1
    bad = bytearray(good)
    bad[-3] ^= 1
    assert read(bytes(bad), key=KEY, title=TITLE)[0] == []


def test_the_tag_is_enough_where_the_checksum_is_of_something_else():
    good = bytearray(sealed())
    good[-6:-2] = b"0000"
    (reading,) = Reader(key=KEY, auth_key=AUTH, title=TITLE).feed(bytes(good))
    # The ident line may be damaged: nothing vouches for it.
    assert dict(reading.items()) == VALUES and reading.vendor == ""


def test_what_stands_in_clear_before_the_cipher_is_no_line():
    for line in (b"1-0:2.7.0(00.999*kW)\r\n", b"!!)\r\n", b"0-0:96.1.0(31)\r\n"):
        good = sealed()
        (reading,) = Reader(key=KEY, auth_key=AUTH, title=TITLE).feed(good[:len(IDENT)] + line + good[len(IDENT):])
        assert dict(reading.items()) == VALUES and list(reading.other) == ["0-0:96.13.0"]


def test_damage_is_told_from_a_wrong_key_and_costs_one_telegram():
    rng = random.Random(1)
    good = sealed()
    for at in range(len(IDENT) - 2, len(good) - 6):
        bad = bytearray(good)
        bad[at] ^= 1 << rng.randrange(8)
        readings, reader = read(bytes(bad) + good + good, key=KEY, auth_key=AUTH, title=TITLE)
        assert readings in ([VALUES] * 2, [VALUES] * 3)
        assert reader.stats.wrong_key == 0
    for at in range(0, len(good), 3):
        readings, reader = read(good[:at] + good[at + 1:] + good * 3, key=KEY, auth_key=AUTH, title=TITLE)
        assert readings == [VALUES] * len(readings) and len(readings) in (3, 4)
        reader.idle()
        assert [dict(r.items()) for r in reader.feed(good)] == [VALUES]


def test_a_damaged_length_that_ends_where_another_telegram_does_swallows_none():
    good = sealed()
    bad = bytearray(good)
    at = len(IDENT) + 2
    assert bad[at - 2:at] == b"\x00\x82"
    bad[at:at + 2] = (int.from_bytes(bad[at:at + 2], "big") + len(good)).to_bytes(2, "big")
    readings, reader = read(bytes(bad) + good * 2, key=KEY, auth_key=AUTH, title=TITLE)
    assert readings == [VALUES] * 2 and reader.stats.checksum_errors == 1 and reader.stats.telegrams == 2


def test_a_counter_that_counts_must_grow():
    reader = Reader(key=KEY, auth_key=AUTH, title=TITLE)
    assert [len(reader.feed(sealed(counter=n))) for n in (0, 0, 4, 4, 0, 5)] == [1, 1, 1, 0, 0, 1]
    assert reader.stats.replayed == 2


def test_a_title_has_8_octets():
    with pytest.raises(ValueError):
        Reader(title=bytes(7))


def test_a_frame_without_a_title_needs_it_too():
    apdu = ciphered()
    data = frame(llc(b"\xdb\x00" + apdu[10:]))
    assert len(read(data, key=KEY, auth_key=AUTH, title=TITLE)[0]) == 1
    assert "needs the system title" in read(data, key=KEY, auth_key=AUTH)[1].trouble


def test_under_micropython(micropython, tmp_path):
    data = sealed()
    rest = data[:-6] + b"0000\r\n" + data[:40] + b"\r\n" + sealed(counter=9)
    untagged = b"".join(mbus(ciphered(PLAIN, n, 0x20), 0x10) for n in (3, 3, 4))
    cases = ((data, (KEY, AUTH, TITLE), 1, ""), (data, (KEY, AUTH, None), 0, "needs the system title"), (rest, (KEY, AUTH, TITLE), 2, ""),
             (sealed(with_title=True, auth=None), (KEY, None, None), 1, ""), (data, (AUTH, AUTH, TITLE), 0, "does not fit"),
             (untagged, (KEY, None, None), 2, ""), (mbus(ciphered(PLAIN + b"\0", 1, 0x20), 0x10), (KEY, None, None), 0, "damaged"))
    lines = []
    for n, (octets, keys, _, _) in enumerate(cases):
        (tmp_path / str(n)).write_bytes(octets)
        lines.append("%s %s %s %s\n" % (tmp_path / str(n), *(key.hex() if key else "-" for key in keys)))
    (tmp_path / "listing").write_text("".join(lines))
    here = Path(__file__).resolve().parent
    done = subprocess.run([*micropython, str(here / "device/feed_vectors.py"), str(tmp_path / "listing"), "50"], capture_output=True,
                          text=True, timeout=60, env={**os.environ, "MICROPYPATH": ".frozen:%s" % (here.parent / "lib")})
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    for (_, _, count, words), line in zip(cases, done.stdout.splitlines(), strict=True):
        readings, _, trouble = json.loads(line)
        assert len(readings) == count and words in trouble, (line, words)
