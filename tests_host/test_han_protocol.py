"""The vectors by hand, under CPython in both forms of the loops, and under real MicroPython, whole and octet by octet."""

import json
import os
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

import vectors
import vectors_edges
from tools.fuzz.forms import FORMS

HERE = Path(__file__).resolve().parent
FEED = HERE / "device" / "feed_vectors.py"

VECTORS = {name: (data, want) for name, data, want in chain(
    vectors.types(), vectors.floats(), vectors.clocks(), vectors_edges.integers(), vectors_edges.empty(), vectors_edges.sizes())}


def told(reading):
    return {"items": dict(reading.items()), "other": reading.other, "protocol": reading.protocol, "vendor": reading.vendor,
            "list": reading.list, "rule": reading.rule, "offset": reading.clock_offset, "summer": reading.clock_summer,
            "invalid": reading.clock_invalid, "shown": dict(reading.customary())}


def plain(said):
    """As JSON has it, which knows no tuples."""
    return json.loads(json.dumps(said))


def check(name, got, stats):
    want = VECTORS[name][1]
    assert len(got) == len(want), name
    for reading, wanted in zip(got, plain(want)):
        assert {key: reading[key] for key in wanted} == wanted, name
    assert stats["readings"] == len(want) and stats["frames"] + stats["telegrams"] >= len(want)
    assert want or stats["unknown"] == 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", VECTORS)
def test_on_cpython(name, form):
    reader = FORMS[form](vectors_edges.BUFFER)
    # Under CPython what is equal in a message of the same length is remembered.
    for _ in range(3):
        before = dict(reader.stats.items())
        got = [told(reading) for reading in reader.feed(VECTORS[name][0])]
        check(name, plain(got), {key: value - before[key] for key, value in reader.stats.items()})


@pytest.fixture(scope="module")
def listing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vectors")
    lines = []
    for n, (data, _) in enumerate(VECTORS.values()):
        (folder / str(n)).write_bytes(data)
        lines.append("%s - - -\n" % (folder / str(n)))
    (folder / "listing").write_text("".join(lines))
    return folder / "listing"


@pytest.mark.parametrize("piece", (1, 100_000))
def test_on_micropython(piece, listing, micropython):
    done = subprocess.run([*micropython, str(FEED), str(listing), str(piece)], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "MICROPYPATH": ".frozen:%s" % (HERE.parent / "lib")})
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(VECTORS)
    for name, (got, stats, _) in zip(VECTORS, lines):
        check(name, got, stats)
