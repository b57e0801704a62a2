"""The fuzzer: a slice of it, and that it sees what it looks for."""

import datetime
import os
import random
import shutil
import subprocess
import sys

import pytest

from han import Reader
from tools.fuzz import __main__ as fuzz, judge as fuzz_judge
from tools.fuzz.damage import KINDS
from tools.fuzz.judge import footprint, judge, work
from tools.fuzz.sources import Message, simulated
from tools.fuzz.streams import Stream, make_stream
from tools.fuzz.units import hdlc_length, units
from tools.fuzz.wire import hear, levels
from tools.fuzz.wrapped import AUTH_KEY, KEY, cipher, wrapped
from tools.meter import hdlc
from tools.meter.crc import x25
from tools.meter.meters import METERS

HEADER = bytes.fromhex("7ea02a410883130413")  # of Aidon's list 1, from the protocol


@pytest.fixture(scope="module")
def meters():
    return [simulated(name, 1) for name in ("p1-landis", "aidon-no", "kaifa-no", "kamstrup-no")]


@pytest.mark.parametrize("seed", (1, datetime.date.today().toordinal()))
def test_nothing_wrong_is_believed_and_nothing_intact_missed(seed):
    report = fuzz.run(seed, range(1000))
    assert report.violations == [], f"python -m tools.fuzz --seed {seed} --only {report.violations[0][0]}"
    assert set(report.rows) == set(KINDS)
    total = report.total()
    assert total["streams"] == 1000 and total["sent"] > 3000
    assert total["right"] + total["chance"] >= total["sent"]
    assert all(5 < report.work[sort][0] < most for sort, most in fuzz.MOST_WORK.items())


def test_a_stream_comes_again(meters):
    first, again, other = (make_stream(seed, 5, meters) for seed in (1, 1, 2))
    assert vars(first) == vars(again) != vars(other)


def spoiled(change):
    """A maker of readers whose feed() gives change(state, readings)."""

    class Spoiled(Reader):
        def __init__(self, **keys):
            super().__init__(**keys)
            self.state = []

        def feed(self, data, n=-1):
            return change(self.state, list(super().feed(data, n)))

    return Spoiled


class Other:
    """A reading that says something else."""

    def __init__(self, reading, key, value):
        self.protocol, self.vendor, self.list, self.other = reading.protocol, reading.vendor, reading.list, reading.other
        self._items = {**dict(reading.items()), key: value}

    def items(self):
        return self._items.items()


def one_more_watt(state, readings):
    return [Other(reading, "power_import_w", reading["power_import_w"] + 1) for reading in readings]


def an_invented_current(state, readings):
    return [Other(reading, "current_l2_ma", 7) if reading.list == "1" else reading for reading in readings]


def each_third_missing(state, readings):
    state += readings
    return [reading for n, reading in enumerate(state) if n >= len(state) - len(readings) and n % 3 != 2]


def one_feed_late(state, readings):
    state.append(readings)
    return state[-2] if len(state) > 1 else []


def twice(state, readings):
    return readings * 2


def in_other_order(state, readings):
    state += readings
    if len(state) < 2:
        return []
    given, state[:] = state[::-1], []
    return given


def raises(state, readings):
    if readings:
        raise IndexError("beyond the end")
    return readings


@pytest.mark.parametrize("change", (one_more_watt, an_invented_current, each_third_missing, one_feed_late, twice, in_other_order, raises))
def test_sees_a_reader_that_is_wrong(change, meters):
    streams = [make_stream(1, number, meters) for number in range(64)]
    assert not any(judge(stream, Reader).problems for stream in streams)
    assert sum(bool(judge(stream, spoiled(change)).problems) for stream in streams) > 8


def test_sees_a_reader_that_does_not_end(meters, monkeypatch):
    def endless(state, readings):
        while True:
            pass

    monkeypatch.setattr(fuzz_judge, "SECONDS", 0.1)
    problems = judge(make_stream(1, 0, meters), spoiled(endless)).problems
    assert len(problems) == 1 and problems[0].startswith("Stuck")


def test_sees_work_that_grows(meters):
    def looks_at_all_again(state, readings):
        state.append(0)
        for _ in state:
            for _ in range(200):
                pass
        return readings

    stream = next(s for s in (make_stream(1, n, meters) for n in range(99)) if len(s.cuts) > 200)
    plain = work(stream, fuzz.FORMS["chip"], str(fuzz.PARSER)) / len(stream.data)
    assert 5 < plain < fuzz.MOST_WORK["plain"] < work(stream, spoiled(looks_at_all_again), os.path.dirname(__file__)) / len(stream.data)


def test_sees_memory_that_grows(meters):
    streams = [make_stream(1, number, meters) for number in range(30)]

    def keeps(state, readings):
        state += readings
        return readings

    for form, make_reader in fuzz.FORMS.items():
        growth, peak = fuzz.memory(streams, make_reader)
        assert growth <= fuzz.MOST_MEMORY[form][0] and peak <= fuzz.MOST_MEMORY[form][1]
    assert fuzz.memory(streams, spoiled(keeps))[0] > fuzz.MOST_MEMORY["chip"][0]


def test_work_is_bounded_and_linear_for_the_worst_there_is(meters):
    # Headers that are right, one behind the other, each of which announces a frame that ends where another's flag stands.
    length = 9 * 226 - 1
    header = bytes((0xA0 | length >> 8, length & 0xFF, 0x41, 0x08, 0x83, 0x13))
    one = b"\x7e" + header + x25(header).to_bytes(2, "little")
    costs = []
    for count in (700, 1400):
        stream = Stream("", "")
        stream.data = one * count
        stream.cuts = [*range(64, len(stream.data), 64), len(stream.data)]
        costs.append(work(stream, fuzz.FORMS["chip"], str(fuzz.PARSER)) / len(stream.data))
    # Each of the 9 octets that begin a frame costs its checksum: 2047 octets at 3 lines each.
    assert max(costs) < 2047 * 3.3 // 9
    noise = random.Random(1).randbytes(20_000)
    stream.data = noise
    assert work(stream, fuzz.FORMS["chip"], str(fuzz.PARSER)) < 15 * len(noise)


def test_knows_by_when_a_message_is_due(meters):
    """A frame that is cut behind its header holds the reader up until as many octets have come as it announced, and no longer."""
    aidon = next(meter for meter in meters if meter.name == "aidon-no")
    streams = [make_stream(3, number, [aidon]) for number in range(list(KINDS).index("tail cut"), 3000, len(KINDS))]
    late = [stream for stream in streams if any(sent.due > sent.complete for sent in stream.sent)]
    assert len(late) > 3
    for stream in late:
        waiting = next(sent for sent in stream.sent if sent.due > sent.complete)
        before = sum(sent.complete < waiting.start for sent in stream.sent)
        reader = Reader()
        assert len(reader.feed(stream.data[:waiting.due - 1])) == before
        assert len(reader.feed(stream.data[waiting.due - 1:waiting.due])) > 0


@pytest.mark.parametrize("damage", ("frame checksum", "invocation counter"))
@pytest.mark.parametrize("control", (0x20, 0x30))
def test_one_bad_message_in_cipher_shuts_out_nothing(damage, control, meters):
    kamstrup = next(meter for meter in meters if meter.name == "kamstrup-no")
    frame = kamstrup.draw(random.Random(1)).data
    apdu = frame[frame.index(b"\xe6\xe7\x00") + 3:-3]

    def sealed(counter):
        auth_key = AUTH_KEY if control == 0x30 else None
        return repaired(b"\xe6\xe7\x00" + cipher(apdu, counter, auth_key, control))

    def repaired(information):
        return hdlc.frame(information, b"\x41", b"\x08\x83", 0x13)

    reader = Reader(key=KEY, auth_key=AUTH_KEY if control == 0x30 else None)
    bad = bytearray(sealed(5))
    if damage == "frame checksum":
        bad[-2] ^= 1
    else:  # with checksums that fit, as by chance
        counter = bad.index(b"\0\0\0\5")
        bad[counter:counter + 4] = b"\xff\xff\xff\xf0"
        bad = repaired(bytes(bad[9:-3]))
    reader.feed(bad)
    assert [len(reader.feed(sealed(counter))) for counter in (6, 7, 8)] == [1, 1, 1]


def test_tells_chance_from_mistakes(meters):
    aidon = next(meter for meter in meters if meter.name == "aidon-no")
    message = aidon.draw(random.Random(1))
    stream = Stream("", "")
    stream.data, stream.cuts = message.data, [len(message.data)]
    verdict = judge(stream, Reader)
    assert verdict.counts["chance"] == 1 and verdict.problems == []  # its checksums are right, and nobody sent it
    stream.originals = [message.truth]
    assert judge(stream, Reader).counts["harmless"] == 1


def test_the_second_opinion(meters):
    rng = random.Random(1)
    for meter in meters:
        message = meter.draw(rng)
        assert isinstance(message, Message)
        data = rng.randbytes(50) + message.data + rng.randbytes(50)
        assert [(unit.start, unit.end) for unit in units(data) if unit.protocol == meter.protocol] == [(50, 50 + message.complete)]
        for _ in range(40):
            at = rng.randrange(51, 49 + message.complete)
            damaged = data[:at] + bytes((data[at] ^ 1 << rng.randrange(8),)) + data[at + 1:]
            assert not [unit for unit in units(damaged) if unit.protocol == meter.protocol]
    assert hdlc_length(HEADER + bytes(40), 0) == 42
    assert hdlc_length(HEADER[:-1] + bytes(40), 0) == hdlc_length(HEADER, 0) - 42 == 0


def test_the_wire():
    data = bytes(range(256)) * 2
    for parity in (False, True):
        for keep in (False, True):
            assert hear(levels(data, parity), parity, keep) == data
    # A parity bit of 1 passes for the stop bit: what survives in full are the bytes with an odd number of ones.
    odd = bytes(byte for byte in data if bin(byte).count("1") & 1)
    assert hear(levels(odd, True), False, keep=False) == odd
    assert 0 < len(hear(levels(data, True), False, keep=False)) < len(data)


def test_footprint_counts_what_is_kept():
    kept = [bytes(1000)]
    assert 1000 < footprint(kept) < 1200 < footprint([*kept, bytearray(500)])


def fuzz_command(folder, *arguments):
    return subprocess.run([sys.executable, "-m", "tools.fuzz", *arguments], cwd=folder, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "HAMN_CAPTURES": "/nowhere"})


def test_the_command():
    done = fuzz_command(fuzz.ROOT, "-n", "66", "--seed", "9", "--jobs", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "66 streams of seed 9" in done.stdout and " 0 violations" in done.stdout
    assert "tail cut" in done.stdout
    done = fuzz_command(fuzz.ROOT, "--seed", "9", "--only", "13")
    assert done.returncode == 0 and "due at" in done.stdout
    assert fuzz_command(fuzz.ROOT, "-n", "0").returncode == 2


def test_the_command_reports_a_parser_that_is_wrong(tmp_path):
    for folder in ("lib", "tools"):
        shutil.copytree(fuzz.ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    with open(tmp_path / "lib/han/__init__.py", "a") as file:
        file.write("\n_feed = Reader.feed\nReader.feed = lambda self, data, n=-1: [_feed(self, data, n)] and ()\n")
    done = fuzz_command(tmp_path, "-n", "4", "--seed", "9")
    assert done.returncode == 1
    assert "VIOLATION: stream 0" in done.stdout and "lost" in done.stdout
    data = bytes.fromhex((tmp_path / "build/fuzz/9-0.hex").read_text())
    assert data == make_stream(9, 0, [simulated(name, 9) for name in METERS] + wrapped(9)).data
    assert "--only 0" in (tmp_path / "build/fuzz/9-0.txt").read_text()
