"""The wire of the simulated meters: pace, a reader that is not there, the command line and the account at the end."""

import itertools
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tools.meter.line import Line, LineError
from tools.meter.meters import MBUS_8E1, METERS, RJ12

ROOT = Path(__file__).resolve().parents[1]
DEADLINE_S = 30


@pytest.fixture
def line(tmp_path):
    opened = Line(MBUS_8E1, str(tmp_path / "tty"), str(tmp_path / "line.json"))
    yield opened
    opened.close()


def drain(fd):
    data = b""
    while select.select([fd], [], [], 0.2)[0]:
        data += os.read(fd, 65536)
    return data


def test_bytes_leave_at_the_pace_of_the_line(line, tmp_path):
    ends = []
    line.send(bytes(500), ends.append)
    line.pump(10.0)
    for step in range(1, 101):           # a second in steps of 10 ms: 2400 baud, 11 bits a byte
        line.pump(10.0 + step / 100)
    assert 217 <= line.sent <= 218 and line.busy() and not ends
    line.pump(12.3)
    assert line.sent == 500 and ends == [True] and not line.busy()
    fd = os.open(tmp_path / "tty", os.O_RDONLY | os.O_NOCTTY)
    assert drain(fd) == bytes(500)
    os.close(fd)


def test_every_byte_value_passes_unchanged(line, tmp_path):
    fd = os.open(tmp_path / "tty", os.O_RDONLY | os.O_NOCTTY)
    line.send(bytes(range(256)), lambda whole: None)
    line.pump(0.0)
    line.pump(2.0)
    assert drain(fd) == bytes(range(256))
    os.close(fd)


def test_idle_time_is_not_saved_up(line):
    line.send(b"a", lambda whole: None)
    line.pump(0.0)
    line.pump(1.0)
    line.pump(5.0)
    line.send(bytes(100), lambda whole: None)
    line.pump(100.0)
    assert line.sent == 1
    line.pump(100.1)
    assert line.sent == 1 + 21


def test_without_a_reader_bytes_are_lost_and_nothing_waits(line):
    ends = []
    for _ in range(3):
        line.send(bytes(60_000), ends.append)
    line.pump(0.0)
    began = time.monotonic()
    line.pump(1000.0)
    assert time.monotonic() - began < 5
    assert ends == [False, False, False] and line.dropped > 100_000 and line.sent + line.dropped == 180_000


def test_a_slow_reader_still_gets_the_end(tmp_path):
    line = Line(RJ12, str(tmp_path / "tty"), str(tmp_path / "line.json"))
    fd = os.open(tmp_path / "tty", os.O_RDONLY | os.O_NOCTTY)
    line.send(b"the end", lambda whole: None)
    line.pump(0.0)
    line.pump(1.0)
    got = []
    reader = threading.Timer(0.1, lambda: got.append(os.read(fd, 100)))
    reader.start()
    line.close()
    reader.join()
    os.close(fd)
    assert got == [b"the end"]


def test_what_was_not_sent_counts_as_not_whole(tmp_path):
    ends = []
    line = Line(RJ12, str(tmp_path / "tty"), str(tmp_path / "line.json"))
    line.send(bytes(1000), ends.append)
    line.close()
    assert ends == [False] and not (tmp_path / "tty").is_symlink()


def test_the_line_file_says_the_settings(tmp_path):
    Line(RJ12, str(tmp_path / "tty"), str(tmp_path / "line.json")).close()
    assert json.loads((tmp_path / "line.json").read_text()) == {"baud": 115200, "bits": 8, "parity": None, "stop": 1, "inverted": True}


def test_an_old_link_is_replaced_but_nothing_else(tmp_path):
    (tmp_path / "tty").symlink_to("/dev/null")
    line = Line(RJ12, str(tmp_path / "tty"), str(tmp_path / "line.json"))
    assert os.readlink(tmp_path / "tty").startswith("/dev/pts/")
    line.close()
    (tmp_path / "tty").write_text("mine")
    with pytest.raises(LineError, match="left alone"):
        Line(RJ12, str(tmp_path / "tty"), str(tmp_path / "line.json"))
    with pytest.raises(LineError, match="cannot write"):
        Line(RJ12, str(tmp_path / "other"), str(tmp_path / "no" / "line.json"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["line.json", "tty"]


def talk(tmp_path, *arguments, stop=False):
    """Run the command, read all it says; return (bytes, totals, seconds)."""
    link, totals = tmp_path / "tty", tmp_path / "totals.json"
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "tools.meter", *arguments, "--pty", link, "--line", tmp_path / "line.json",
                                "--totals", totals], cwd=ROOT)
    try:
        while not link.is_symlink():
            assert process.poll() is None and time.monotonic() - began < DEADLINE_S
            time.sleep(0.01)
        fd = os.open(link, os.O_RDONLY | os.O_NOCTTY)
        data = b""
        while process.poll() is None:
            assert time.monotonic() - began < DEADLINE_S
            if select.select([fd], [], [], 0.05)[0]:
                try:
                    data += os.read(fd, 65536)
                except OSError:  # the other end is gone
                    break
                if stop:
                    process.send_signal(signal.SIGTERM)
                    stop = False
        os.close(fd)
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        process.wait()
    assert not link.is_symlink()
    return data, json.loads(totals.read_text()), time.monotonic() - began


def sent_by(name, start_ms, seconds):
    meter = METERS[name]
    house = meter.house(start_ms)
    for now_ms, list_name in meter.due(start_ms):
        if now_ms >= start_ms + seconds * 1000:
            return
        yield meter.telegram(now_ms, house, list_name)


START, START_MS = "2024-11-22T20:59:40", 1_732_309_180_000


def test_it_says_what_its_encoder_makes_and_keeps_account(tmp_path):
    data, totals, took = talk(tmp_path, "kaifa-no", "--seconds", "60", "--speed", "50", "--start", START)
    assert data == b"".join(sent_by("kaifa-no", START_MS, 60))
    assert totals == {"telegrams": 30, "lists": {"1": 24, "2": 5, "3": 1}, "damaged": 0, "bytes": len(data), "dropped": 0}
    assert took >= 1.2


def test_joined_damaged_and_silent(tmp_path):
    data, totals, _ = talk(tmp_path, "aidon-no", "--seconds", "100", "--speed", "100", "--start", START, "--join",
                           "--silence", "10:20", "--silence", "50:10")
    assert totals["telegrams"] == 28 and totals["damaged"] == 0
    assert totals["bytes"] == sum(map(len, sent_by("aidon-no", START_MS, 100))) - sum(
        map(len, sent_by("aidon-no", START_MS + 10_000, 20))) - sum(map(len, sent_by("aidon-no", START_MS + 50_000, 10))) - 7
    assert data.startswith(b"\x7e\xa1\x1e")
    data, totals, _ = talk(tmp_path, "p1-landis", "--seconds", "100", "--speed", "100", "--start", START, "--noise", "0.0001",
                           "--midframe")
    assert totals["telegrams"] + totals["damaged"] == 10 and 2 <= totals["damaged"] <= 9
    assert not data.startswith(b"/LGF5E360")


def test_the_same_seed_gives_the_same_damage(tmp_path):
    options = ("kamstrup-no", "--seconds", "60", "--speed", "100", "--start", START, "--lose", "0.002", "--double", "0.002",
               "--insert", "0.002", "--crlf")
    first, again, other = (talk(tmp_path, *options, "--seed", seed)[0] for seed in ("4", "4", "5"))
    assert first == again != other


def test_a_signal_ends_it_and_the_account_is_written(tmp_path):
    data, totals, took = talk(tmp_path, "aidon-se-nve", "--start", START, stop=True)
    assert took < 20 and totals == {"telegrams": 0, "lists": {"3": 0}, "damaged": 1, "bytes": totals["bytes"], "dropped": 0}
    assert len(data) <= totals["bytes"] < 581


def run(*arguments):
    return subprocess.run([sys.executable, "-m", "tools.meter", *arguments], cwd=ROOT, capture_output=True, timeout=DEADLINE_S)


def test_list_and_hex():
    listed = run("--list").stdout.decode().splitlines()
    assert [line.split()[0] for line in listed] == list(METERS)
    shown = run("--hex", "kaifa-no", "--count", "12", "--start", START).stdout.decode().split()
    assert bytes.fromhex("".join(shown)) == b"".join(sent_by("kaifa-no", START_MS, 24))
    assert run("--hex", "p1-aidon", "--start", START).stdout == b"".join(sent_by("p1-aidon", START_MS, 10))


@pytest.mark.parametrize("arguments, says", (
    ((), "name a meter"), (("nokia",), "no meter 'nokia'"), (("p1-landis",), "--pty LINK"), (("p1-landis", "--pty", "x"), "--line FILE"),
    (("--hex", "p1-landis", "--count", "0"), "not a number"), (("--hex", "p1-landis", "--start", "noon"), "not an ISO time"),
    (("--hex", "p1-landis", "--start", "9999-12-31T23:59:59"), "not an ISO time"),
    (("p1-landis", "--pty", "x", "--line", "y", "--noise", "1.5"), "not a number"),
    (("p1-landis", "--pty", "x", "--line", "y", "--speed", "nan"), "not a number"),
    (("p1-landis", "--pty", "x", "--line", "y", "--silence", "5"), "START:LENGTH"), (("--what",), "--what"),
))
def test_bad_usage_is_told_and_exits_2(arguments, says):
    done = run(*arguments)
    assert done.returncode == 2 and says in done.stderr.decode() and "Traceback" not in done.stderr.decode()


def test_a_path_that_cannot_be_made_is_told():
    done = run("p1-landis", "--pty", "/nowhere/tty", "--line", "/nowhere/line.json", "--seconds", "1")
    assert done.returncode == 1 and b"cannot write /nowhere/line.json: No such file" in done.stderr


def test_stamps_tell_when_each_telegram_left(tmp_path):
    stamps = tmp_path / "stamps"
    began = time.monotonic_ns()
    done = run("aidon-no", "--pty", tmp_path / "tty", "--line", tmp_path / "line.json", "--start", START,
               "--seconds", "13", "--speed", "10", "--wire-speed", "20", "--stamps", stamps)
    assert (done.returncode, done.stderr) == (0, b"")
    lists, left, wall = zip(*map(json.loads, stamps.read_text().splitlines()))
    assert list(lists) == [name for _, name in itertools.takewhile(lambda due: due[0] < START_MS + 13_000, METERS["aidon-no"].due(START_MS))]
    assert began < left[0] and list(left) == sorted(left) and list(wall) == sorted(wall)
    assert 0.9e9 < left[-1] - left[0] < 3e9
