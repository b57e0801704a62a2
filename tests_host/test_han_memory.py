"""A message that is remembered is read as if it were not: whatever octet of it changes, under a checksum that is right."""

import random

import pytest

from han import Reader, _memory
from test_captures import CAPTURES
from test_han_forms import hold_equal
from test_han_vectors import arc
from test_simulated import stream
from tools.meter import crc
from tools.meter.meters import METERS

SPOILT = 40  # of each message


def sealed(message):
    """The frame or telegram with its last checksum made right."""
    message = bytearray(message)
    if message[0] == 0x7E:
        message[-3:-1] = crc.x25(message[1:-3]).to_bytes(2, "little")
    else:
        end = message.rfind(b"!") + 1
        message[end:end + 4] = b"%04X" % arc(bytes(message[:end]))
    return bytes(message)


def inside(message):
    """The places of a message that only the last checksum covers."""
    if message[0] == 0x7E:
        return range(message.index(b"\xe6\xe7\x00"), len(message) - 3)
    return range(8, message.rfind(b"!"))


def one_of_each(name):
    """A message of each length that the meter sends."""
    return {len(telegram): telegram for telegram, _ in stream(METERS[name], 400)}.values()


@pytest.fixture
def recalled(monkeypatch):
    """Counts the readings that were not read in full."""
    count = [0]
    whole = _memory._Plan.reading

    def counting(self, *arguments):
        reading = whole(self, *arguments)
        count[0] += reading is not None
        return reading

    monkeypatch.setattr(_memory._Plan, "reading", counting)
    return count


def changed(message, rng):
    """The message with one octet changed, many times."""
    for at in rng.choices(inside(message), k=SPOILT):
        octets = message[at] ^ 1 << rng.randrange(8), 0x30 | rng.randrange(16), rng.choice(b"012349.:-(*)\r\n \0\x7f\x80\xff")
        other = bytearray(message)
        other[at] = rng.choice(octets)
        yield sealed(other)


def hold_changed_equal(messages):
    rng = random.Random(1)
    for message in messages:
        if message[:1] == b"/" and b"!" in message or message[:1] == b"~" and b"\xe6\xe7\x00" in message:
            hold_equal([message] * 2 + [each for other in changed(message, rng) for each in (message, other)])


@pytest.mark.parametrize("name", METERS)
def test_octets_changed(name, recalled):
    hold_changed_equal(one_of_each(name))
    # What only its place names is always read in full.
    assert (recalled[0] > SPOILT) == (not name.startswith("kaifa") or name == "kaifa-se")


@pytest.mark.skipif(not CAPTURES.exists(), reason="the captures (../shared/telegrams) are not here")
def test_octets_of_captures_changed(recalled):
    for path in sorted(path for path in CAPTURES.rglob("*") if path.suffix in (".bin", ".txt", ".hex")):
        data = path.read_bytes()
        data = bytes.fromhex(data.decode()) if path.suffix == ".hex" else data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if len(data) < 2500:
            hold_changed_equal([data.rstrip(b"\r\n") + b"\r\n" if data[:1] == b"/" else data])
    assert recalled[0] > 10 * SPOILT


def test_what_is_remembered_has_a_bound():
    reader = Reader()
    for n in range(300):
        text = b"/ADN9 1\r\n1-0:1.7.0(1*W)\r\n" + b"x" * n + b"\r\n!"
        for _ in range(n & 3):
            assert len(reader.feed(text + b"%04X\r\n" % arc(text))) == 1
    assert 0 < len(reader._plans) <= 32 and max(len(known.plans) for known in reader._plans.values()) <= 2


def test_readings_share_nothing():
    text = b"/ADN9 1\r\n1-0:1.7.0(1*W)\r\n0-0:98.1.0(3)(4)\r\n0-0:96.1.0(7)\r\n!"
    readings = Reader().feed((text + b"%04X\r\n" % arc(text)) * 4)
    for reading in readings[:3]:
        reading.other["0-0:98.1.0"][0].append("spoilt")
        reading.other["x"] = 1
        reading.put_text(48, "spoilt")
    assert readings[3].other == {"0-0:98.1.0": ([("3", ""), ("4", "")], "")} and "list_version" not in readings[3]
