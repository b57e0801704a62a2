"""The parser under real MicroPython: machine code and plain bytecode read the same, and neither allocates while it waits."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from test_simulated import START_MS, stream
from tools.meter.meters import METERS
from tools.stage import LOOPS, stage

HERE = pathlib.Path(__file__).resolve().parent
LIB = HERE.parent / "lib"


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The library without its machine code, as a firmware without the native emitter sees it."""
    tree = tmp_path_factory.mktemp("plain")
    stage(tree, None)
    for name in LOOPS:
        (tree / name).unlink()
    return tree / "lib"


@pytest.fixture(scope="module")
def telegrams(tmp_path_factory):
    """One file a meter with what it sends around a full hour, the files' listing, and one with single telegrams."""
    folder = tmp_path_factory.mktemp("telegrams")
    streams, singles = [], []
    for name in METERS:
        sent = [telegram for telegram, _ in stream(METERS[name], 40)]
        streams.append(folder / name)
        streams[-1].write_bytes(b"".join(sent))
        # A telegram's reading comes with the last digit of its CRC, before the line end.
        last = max(sent, key=len)
        singles.append(folder / (name + ".one"))
        singles[-1].write_bytes(last[:last.index(b"!") + 5] if last[:1] == b"/" else last)
    for listing, files in (("streams", streams), ("singles", singles)):
        (folder / listing).write_text("".join("%s\n" % f for f in files))
    assert START_MS % 3_600_000 == 3_590_000
    return folder


def run(argv, script, *arguments, **environment):
    done = subprocess.run([*argv, str(HERE / "device" / script), *map(str, arguments)], capture_output=True, text=True,
                          timeout=120, env={**os.environ, **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def read(argv, listing, mode, **environment):
    return [json.loads(line) for line in run(argv, "feed_files.py", listing, mode, 7, **environment).splitlines()]


@pytest.mark.parametrize("mode", ("whole", "pieces"))
def test_all_forms_read_the_same(mode, telegrams, plain, micropython32, micropython64):
    listing = telegrams / "streams"
    want = read([sys.executable], listing, mode, PYTHONPATH=str(LIB))
    assert all(line["readings"] and not line["stats"]["dropped"] for line in want)
    for argv in (micropython32, micropython64):
        assert read(argv, listing, mode, MICROPYPATH=".frozen:%s" % LIB) == want
    assert read(micropython32, listing, mode, MICROPYPATH=".frozen:%s" % plain) == want


def test_nothing_is_allocated_before_a_message_is_complete(telegrams, plain, micropython32):
    for lib in (LIB, plain):
        out = run(micropython32, "no_alloc.py", telegrams / "singles", MICROPYPATH=".frozen:%s" % lib)
        assert out.split() == ["ok", str(len(METERS))]
