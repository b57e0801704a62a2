"""The ledger under real MicroPython: with small integers of 31 bits it says the same, and it takes little memory."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from tools.ledger.house import House, seconds
from tools.ledger.meters import KINDS, Meter
from tools.ledger.troubles import Troubles
from tools.stage import stage

HERE = pathlib.Path(__file__).resolve().parent
LIB = HERE.parent / "lib"
START = seconds(2028, 10, 28)
# What an ESP32 has to spare for it, code included.
MOST = 7680


def run(argv, script, *arguments, **environment):
    done = subprocess.run([*argv, str(HERE / "device" / script), *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, env={**os.environ, **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def scene(path, name):
    """Three days around a change of the clocks, with restarts, losses and registers beyond 32 bits."""
    house = House(START, 3, 5)
    meter = Meter(KINDS[name], house, Troubles(START, house.end, 5, (0, 0)), 5)
    meter.begun = [5_200_000_000, 1_100_000_000, 10, 4_300_000_000]
    with open(path, "w") as file:
        for n, (now, said, _) in enumerate(meter.telegrams(START, house.end)):
            if n % 17 == 5:
                continue
            row = {"said": said, "list": said.list, "summer": said.clock_summer, "utc": now if n > 40 and n % 2000 > 300 else 0,
                   "uptime": (now - START) * 1000 % 2 ** 30, "stop": n % 1500 == 700}
            file.write(json.dumps(row) + "\n")
    return path


@pytest.mark.parametrize("name", ("p1-se", "aidon-no"))
def test_all_interpreters_say_the_same(name, tmp_path, micropython32, micropython64):
    path = scene(tmp_path / "scene", name)
    want = run([sys.executable], "feed_ledger.py", path, PYTHONPATH=str(LIB))
    assert len(want.splitlines()) > 300
    for argv in (micropython32, micropython64):
        assert run(argv, "feed_ledger.py", path, MICROPYPATH=f".frozen:{LIB}") == want


def test_it_takes_little_memory(tmp_path, micropython32):
    stage(tmp_path / "tree", "x86")
    said = run(micropython32, "heap_ledger.py", MICROPYPATH=f".frozen:{tmp_path}/tree/lib").split()
    taken, stored, state = map(int, said[:3])
    assert taken <= MOST
    assert stored <= taken + 256
    assert state <= 512
    # The rooms that an hour's end needs are gone.
    assert said[3:] == ["energy"]
