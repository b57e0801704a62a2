"""The parser on the oldest and the newest MicroPython that it is made for, as WebAssembly builds under node.

These builds have no native code emitter, so they show the plain loops, and that the language is used as all releases know it.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import out_of_reach
from test_simulated import stream
from tools.meter.meters import METERS
from tools.runtime import CACHE
from tools.stage import stage

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = "@micropython/micropython-webassembly-pyscript@"
RELEASES = ("1.24.0", "1.29.0-6")

pytestmark = pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")),
                                reason="node and npm are not here: they bring other releases of MicroPython")


def build_of(release):
    """The folder of that release's build, fetched once."""
    folder = CACHE / ("micropython-wasm-" + release)
    if not folder.exists():
        scratch = CACHE / ("micropython-wasm-%s.%d" % (release, os.getpid()))
        scratch.mkdir(parents=True)
        done = subprocess.run(["npm", "pack", "--silent", PACKAGE + release], cwd=scratch, capture_output=True, text=True,
                              timeout=120)
        if done.returncode:
            out_of_reach("the package registry gives no %s%s: %s" % (PACKAGE, release, done.stderr.strip()[-200:]))
        subprocess.run(["tar", "xzf", done.stdout.split()[-1]], cwd=scratch, check=True, timeout=60)
        (scratch / "package").rename(folder)
        shutil.rmtree(scratch)
    return folder


@pytest.mark.parametrize("release", RELEASES)
def test_reads_the_same(release, tmp_path):
    stage(tmp_path / "tree", None)
    data = tmp_path / "data"
    data.mkdir()
    for name in METERS:
        (data / name).write_bytes(b"".join(telegram for telegram, _ in stream(METERS[name], 40)))
    (data / "list").write_text("".join("/data/%s\n" % name for name in METERS))
    (tmp_path / "list").write_text("".join("%s\n" % (data / name) for name in METERS))
    script = HERE / "device" / "feed_files.py"

    def run(*argv, **environment):
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=120,
                              env={**os.environ, **environment})
        assert done.returncode == 0, done.stderr[-2000:]
        lines = [json.loads(line) for line in done.stdout.splitlines() if line]
        return [(line["readings"], line["stats"]) for line in lines]

    want = run(sys.executable, script, tmp_path / "list", "pieces", "3", PYTHONPATH=str(HERE.parent / "lib"))
    got = run("node", HERE / "device" / "feed_in_wasm.mjs", build_of(release), tmp_path / "tree/lib", data, script,
              "/data/list", "pieces", "3")
    assert len(want) == len(METERS)
    assert got == want
