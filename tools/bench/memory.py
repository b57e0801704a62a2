"""Memory on 32-bit MicroPython, whose objects are as large as the chip's: what feeding allocates, what the parser takes.

Machine code stands outside the collected heap, there as on a chip; its size is about that of _loops.mpy and _entries.mpy.
"""

import subprocess
import tempfile
from pathlib import Path

from tools import process, runtime
from tools.bench.trees import BenchError

BUFFER = 3072  # of the Reader, octets

_PROGRAMS = runtime.ROOT / "tests_host/device"
_RUN_SECONDS = 60
_WIDE_HEAP = "4m"
_LEAST_KIB = 8
_MOST_KIB = 512


def allocations(subject, library):
    """{message, kept, waiting: octets, locked: bool}: the most that a message allocated, that its reading keeps, that was allocated before
    the message was complete, and whether this also works with the heap locked. Raises BenchError."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / subject.name
        path.write_bytes(subject.data)
        done = _run("bench_allocations.py", library, _WIDE_HEAP, path, subject.size, *subject.keys)
    if done.returncode:
        raise BenchError(f"{subject.words}: {_last_line(done)}")
    *figures, word = done.stdout.split()
    message, kept, waiting = (int(figure) for figure in figures)
    return {"message": message, "kept": kept, "waiting": waiting, "locked": word == "locked"}


def heap(subjects, library):
    """{with_reader, without_reader, least: octets}: the heap taken once a message of each subject was read, with the Reader and without it,
    and the smallest whole heap, interpreter and all, in which that works (to 1 KiB). Raises BenchError."""
    keys = [key for subject in subjects for key in subject.keys]
    with tempfile.TemporaryDirectory() as scratch:
        paths = []
        for subject in subjects:
            paths.append(Path(scratch) / subject.name)
            paths[-1].write_bytes(subject.data[:subject.size])

        def run(size):
            return _run("bench_heap.py", library, size, BUFFER, *paths, "--", *keys)

        done = run(_WIDE_HEAP)
        if done.returncode:
            raise BenchError(f"heap of {' and '.join(subject.words for subject in subjects)}: {_last_line(done)}")
        taken, without = (int(word) for word in done.stdout.split())
        low, high = _LEAST_KIB, _MOST_KIB
        while high - low > 1:
            middle = (low + high) // 2
            if run(f"{middle}k").returncode:
                low = middle
            else:
                high = middle
    return {"with_reader": taken, "without_reader": without, "least": high * 1024}


def _run(program, library, heap_size, *arguments):
    argv = [*runtime.micropython(32), "-X", f"heapsize={heap_size}", str(_PROGRAMS / program), *map(str, arguments)]
    try:
        return process.run(argv, _RUN_SECONDS, env={"MICROPYPATH": f".frozen:{library}"})
    except subprocess.TimeoutExpired:
        raise BenchError(f"{program} took more than {_RUN_SECONDS} s") from None


def _last_line(done):
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[-1] if lines else "ended without a word"
