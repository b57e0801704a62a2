"""The meter's port: the search for the line settings as pure logic, and the driver against the simulated line."""

import json
import os
import random
import subprocess
import sys
import time

import pytest

from firmware import boards
from firmware.line import DAMAGED, GOOD, NOISE, SILENT, WAITING, Line, LineSearch, candidates, describe

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
P1 = boards.profile("esp32-p1")
MBUS = boards.profile("esp32-mbus")
FAST = Line(115200, 8, None, 1, True)


def names(setting, board):
    return [describe(line) for line in candidates(setting, board)]


def test_what_is_tried():
    assert names("auto", P1) == [
        "115200 8N1 inverted", "115200 8N1", "2400 8N1 inverted", "2400 8E1 inverted", "115200 7E1 inverted"]
    assert names("auto", MBUS) == ["2400 8E1", "2400 8N1"]
    assert names("p1", P1) == names("hdlc-115200", P1) == ["115200 8N1 inverted"]
    assert names("mbus-8e1", MBUS) == ["2400 8E1"] and names("mbus-8n1", MBUS) == ["2400 8N1"]


class Meter:
    """Drives a search second by second; `right` is the line on which frames are good."""

    def __init__(self, lines, right=None):
        self.search = LineSearch(lines)
        self.right = right
        self.bytes = self.good = self.bad = 0
        self.seconds = 0
        self.moves = []

    def run(self, seconds, talking=True, damaged=False, every=10):
        for _ in range(seconds):
            self.seconds += 1
            if talking and self.seconds % every == 0:
                self.bytes += 400
                if self.search.line == self.right:
                    self.bad += damaged
                    self.good += not damaged
            if self.search.update(1000, self.bytes, self.good, self.bad):
                self.moves.append((self.seconds, self.search.line))
        return self


@pytest.mark.parametrize("board", (P1, MBUS))
def test_any_right_line_is_found_within_20_s_a_try(board):
    lines = candidates("auto", board)
    for position, right in enumerate(lines):
        meter = Meter(lines, right).run(position * 30 + 20)
        assert meter.search.line == right and meter.search.state == GOOD
        assert len(meter.moves) == position
        # ... and kept, through silence too.
        meter.run(300).run(3600, talking=False).run(60)
        assert len(meter.moves) == position and meter.search.state == GOOD


def test_a_line_is_given_up_after_20_s_of_bytes_without_a_frame():
    meter = Meter(candidates("auto", P1)).run(200, every=1)
    assert [after for after, _ in meter.moves] == [20 * n for n in range(1, 11)]


def test_a_fixed_line_is_never_changed():
    meter = Meter((FAST,)).run(600, every=1)
    assert meter.moves == [] and meter.search.state == NOISE
    assert meter.run(600, talking=False).moves == []


def test_what_worked_is_patient_and_comes_first_again():
    lines = candidates("auto", P1)
    meter = Meter(lines, lines[2]).run(120)
    assert meter.search.line == lines[2]
    moves = len(meter.moves)
    meter.right = None
    meter.run(59, every=1)
    assert len(meter.moves) == moves
    meter.run(400, every=1)
    tried = [line for _, line in meter.moves[moves:]]
    assert tried[:5] == [lines[0], lines[1], lines[3], lines[4], lines[2]]


def test_nothing_at_all_moves_a_fresh_search_slowly():
    meter = Meter(candidates("auto", MBUS)).run(300, talking=False)
    assert [after for after, _ in meter.moves] == [60, 120, 180, 240, 300]


def test_one_byte_after_a_long_silence_is_no_reason_to_leave():
    lines = candidates("auto", P1)
    meter = Meter(lines, lines[0]).run(30).run(7200, talking=False)
    meter.bytes += 1
    meter.run(5, talking=False)
    assert meter.moves == []


def test_states_that_people_are_told():
    meter = Meter((FAST,), FAST)
    assert meter.search.state == WAITING
    assert meter.run(31, talking=False).search.state == SILENT
    meter.run(31, damaged=True)
    assert meter.search.state == DAMAGED
    assert meter.run(10).search.state == GOOD
    meter.run(35, damaged=True)
    assert meter.search.state == DAMAGED
    meter.run(10)
    meter.right = None
    assert meter.run(35).search.state == NOISE
    assert meter.run(31, talking=False).search.state == SILENT


@pytest.mark.parametrize("seed", range(20))
def test_a_search_that_was_let_go_goes_on_as_if_it_had_stayed(seed):
    rng = random.Random(seed)
    lines = candidates("auto", P1)
    stayed = Meter(lines, rng.choice(lines)).run(130)
    good_at, byte_at, bad, now = stayed.seconds, stayed.seconds, stayed.bad, stayed.bytes
    while stayed.seconds - good_at < 15:
        before = stayed.good
        stayed.run(1, talking=rng.random() < 0.7, damaged=rng.random() < 0.8, every=1)
        if stayed.bytes != now:
            byte_at, now = stayed.seconds, stayed.bytes
        if stayed.good != before:
            good_at, bad = stayed.seconds, stayed.bad
    anew = Meter(lines, stayed.right)
    anew.search.resume(stayed.search.line, stayed.bytes, stayed.good, bad, 1000 * (stayed.seconds - byte_at), 15000)
    anew.bytes, anew.good, anew.bad, anew.seconds = stayed.bytes, stayed.good, stayed.bad, stayed.seconds
    moves = len(stayed.moves)
    for _ in range(300):
        length, talking, damaged = rng.choice((1, 5, 40)), rng.random() < 0.7, rng.random() < 0.8
        for meter in (stayed, anew):
            meter.run(length, talking, damaged, every=1)
        assert (stayed.search.state, stayed.search.line) == (anew.search.state, anew.search.line)
    assert stayed.moves[moves:] == anew.moves and anew.moves


DRIVER = """
import asyncio, time, machine
import _pin
from firmware import boards, line
line.HUNT_MS = 4000
from firmware.log import Log
from firmware.meter_port import MeterPort
from han import Reader

async def main():
    reader = Reader()
    seen = []
    board = boards.profile({board!r})
    port = MeterPort(board, {setting!r}, reader, seen.append, Log())
    beats = [0]
    def beat():
        beats[0] += 1
        assert board.idle_tx not in _pin.driven and board.rx not in _pin.driven
    task = asyncio.create_task(port.run(beat))
    end = time.ticks_add(time.ticks_ms(), {ms})
    longest = 0
    while time.ticks_diff(end, time.ticks_ms()) > 0 and len(seen) < {enough}:
        start = time.ticks_ms()
        await asyncio.sleep_ms(0)
        longest = max(longest, time.ticks_diff(time.ticks_ms(), start))
    print("result", len(seen), beats[0] > 10, port.line.inverted, port.state, sorted(_pin.driven), longest)
    task.cancel()

asyncio.run(main())
"""


def drive(pc_board, tmp_path, meter, ms, enough, board="esp32-p1", setting="auto", line=None):
    script = tmp_path / "drive.py"
    script.write_text(DRIVER.format(board=board, setting=setting, ms=ms, enough=enough))
    talk = subprocess.Popen([sys.executable, "-m", "tools.meter", meter, "--pty", str(pc_board.uart), "--line", str(pc_board.line),
                             "--seconds", str(ms // 1000 + 5)], cwd=ROOT)
    try:
        deadline = time.monotonic() + 10
        while not pc_board.line.exists() or not pc_board.uart.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        if line:
            pc_board.line.write_text(json.dumps(line))
        child = pc_board.start(script=script)
        try:
            output = child.output.read().decode()
        finally:
            child.stop()
    finally:
        talk.terminate()
        talk.wait()
    (result,) = [text.split() for text in output.splitlines() if text.startswith("result")] or [[output]]
    return result, output


def test_driver_reads_and_drives_nothing(pc_board, tmp_path):
    result, output = drive(pc_board, tmp_path, "p1-landis", 25000, 2)
    assert result[1:6] == ["2", "True", "True", str(GOOD), "[]"], output


def test_driver_finds_a_line_that_is_not_inverted(pc_board, tmp_path):
    line = {"baud": 115200, "bits": 8, "parity": None, "stop": 1, "inverted": False}
    result, output = drive(pc_board, tmp_path, "p1-landis", 40000, 1, line=line)
    assert result[1:4] == ["1", "True", "False"] and result[5] == "[]", output
    assert "listening at 115200 8N1\n" in output
