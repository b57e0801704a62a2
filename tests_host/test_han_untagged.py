"""Messages in cipher that no tag covers: believed where all that they say of themselves is right, and once."""

import random

import pytest

from han import Reader
from test_han_messages import KEY, PLAIN, VALUES, ciphered, llc, mbus
from test_han_vectors import frame, notification, register

POWER = register("1.0.1.7.0.255", "06 00000552", 0, 27)
TIME = "0C 07E8 01 1F 03 0C 22 0A FF FFC4 00"


def only(apdu):
    """(readings, reader) of the plain APDU, in cipher without tag, in one M-Bus frame."""
    reader = Reader(key=KEY)
    return list(reader.feed(mbus(ciphered(apdu, control=0x20), 0x10))), reader


@pytest.mark.parametrize("when", ("00", TIME, "09" + TIME, "0C FFFF FF FF FF FF FF FF FF 8000 FF"))
def test_a_whole_message_is_believed(when):
    readings, _ = only(notification("0101" + POWER, when)[3:])
    assert [r["power_import_w"] for r in readings] == [1362]


@pytest.mark.parametrize("body, when", (
    ("0101" + POWER + "00", "00"), ("0101" + POWER + POWER, "00"), ("0102" + POWER + "0203 0906 0100", "00"), ("0102" + POWER + "13", "00"),
    ("0101" + POWER, "0C 07E8 0D 1F 03 0C 22 0A FF FFC4 00"), ("0101" + POWER, "0C 07E8 01 1F 03 0C 22 0A FF 7FC4 00"),
    ("0101" + POWER, "0C 07E8 01 1F 83 0C 22 0A FF FFC4 00"), ("0101" + POWER, "0C 07E8 01 1F 03 0C 22 0A 80 FFC4 00"),
    ("0101" + POWER, "0C 0FE8 01 1F 03 0C 22 0A FF FFC4 00")))
def test_what_is_not_right_to_its_end_is_not(body, when):
    readings, reader = only(notification(body, when)[3:])
    assert readings == [] and reader.stats.wrong_key == 1 and "damaged" in reader.trouble


def test_a_list_that_announces_more_than_it_sends_is_whole():
    assert [dict(r.items()) for r in only(notification("0203 0906 0101010700FF 0600000552")[3:])[0]] == [{"power_import_w": 1362}]


def test_a_frame_checks_more_so_less_is_asked():
    readings = Reader(key=KEY).feed(frame(llc(ciphered(PLAIN + b"\0", control=0x20))))
    assert [dict(r.items()) for r in readings] == [VALUES]


@pytest.mark.parametrize("wrap", (lambda apdu: mbus(apdu, 0x10), lambda apdu: frame(llc(apdu))))
def test_the_counter_must_grow(wrap):
    reader = Reader(key=KEY)
    assert [len(reader.feed(wrap(ciphered(counter=n, control=0x20)))) for n in (5, 6, 6, 4, 9)] == [1, 1, 0, 0, 1]
    assert reader.stats.replayed == 2


def test_a_damaged_counter_shuts_nothing_out():
    rng = random.Random(1)
    reader = Reader(key=KEY)
    for n in range(1, 200):
        bad = bytearray(ciphered(counter=n, control=0x20))
        bad[12] ^= rng.randrange(1, 256)
        assert list(reader.feed(mbus(bytes(bad), 0x10))) == []
        assert len(reader.feed(mbus(ciphered(counter=n, control=0x20), 0x10))) == 1


def test_two_changes_that_a_sum_does_not_see():
    """What may still be changed unseen is an octet of a number or a code, by pairs of bits; nothing is added or lost."""
    apdu = ciphered(notification("0102" + POWER + register("1.0.32.7.0.255", "12 090B", -1, 35), TIME)[3:], control=0x20)
    seen = 0
    for first in range(17, len(apdu)):
        for second in range(first + 1, len(apdu)):
            bad = bytearray(apdu)
            bad[first] ^= 1
            bad[second] ^= 1
            if sum(bad) & 0xFF != sum(apdu) & 0xFF:
                continue
            readings = Reader(key=KEY).feed(mbus(bytes(bad), 0x10))
            seen += len(readings)
            assert all(len(r) + len(r.other) == 3 for r in readings)
    assert seen
