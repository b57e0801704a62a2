"""Instructions a byte, from raw bytes to finished readings: callgrind counts them on 64-bit MicroPython.

The same program runs twice, with a third of the messages and with all of them; in the difference, start-up, loading and
compiling drop out. The counts are repeatable, and within 10 % of those on an ESP32.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools import process, runtime
from tools.bench.trees import BenchError

PIECES = 64  # octets a feed, about what a port delivers
MODES = ("whole", "pieces")

PROGRAM = runtime.ROOT / "tests_host/device/bench_feed.py"
_RUN_SECONDS = 120
_HEAP = "32m"
_COLLECTED = re.compile(r"Collected : (\d+)")


def valgrind():
    """The path of valgrind, or None where it is not installed."""
    return shutil.which("valgrind")


def measure(subject, libraries, modes=MODES):
    """Return {form: {mode: instructions a byte}} for libraries {form: folder with han/}. Raises BenchError."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / subject.name
        path.write_bytes(subject.data)
        return {form: {mode: _per_byte(subject, path, library, subject.size if mode == "whole" else PIECES) for mode in modes}
                for form, library in libraries.items()}


def _per_byte(subject, path, library, piece):
    few, few_octets = _count(subject, path, library, piece, subject.count // 3)
    many, many_octets = _count(subject, path, library, piece, subject.count)
    return round((many - few) / (many_octets - few_octets), 1)


def _count(subject, path, library, piece, messages):
    """(instructions, octets fed) of one run."""
    argv = [
        valgrind(), "--tool=callgrind", "--callgrind-out-file=/dev/null", *runtime.micropython(64), "-X", f"heapsize={_HEAP}", str(PROGRAM),
        str(path), str(subject.size), str(piece), str(messages), *subject.keys,
    ]
    try:
        done = process.run(argv, _RUN_SECONDS, env={"MICROPYPATH": f".frozen:{library}"})
    except subprocess.TimeoutExpired:
        raise BenchError(f"{subject.words}: callgrind took more than {_RUN_SECONDS} s") from None
    counted = _COLLECTED.search(done.stderr)
    if done.returncode or not counted:
        raise BenchError(f"{subject.words}: {_last_line(done.stdout + done.stderr)}")
    readings, octets = (int(word) for word in done.stdout.split())
    if readings != (0 if subject.name == "noise" else messages):
        raise BenchError(f"{subject.words}: {readings} readings from {messages} messages")
    return int(counted[1]), octets


def _last_line(text):
    """What a program said last, without valgrind's own lines."""
    lines = [line for line in text.splitlines() if line and not line.startswith("==")]
    return lines[-1] if lines else "ended without a word"
