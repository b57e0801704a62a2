"""One table of what the parser costs, measured in one run: instructions, memory, code size, and its speed beside other parsers.

    python -m tools.bench [--strict] [--only PART]… [--json build/bench.json]

Exit status: 0 when all was measured that can be measured here; 1 when something was not, or with --strict when a target is missed.
"""

import argparse
import contextlib
import json
import platform
import sys
from pathlib import Path

from tools import runtime
from tools.bench import instructions as bench_instructions, memory as bench_memory, peers as bench_peers, table as bench_table, targets as bench_targets, trees as bench_trees
from tools.bench.subjects import ENCRYPTED, NOISE, subjects
from tools.bench.trees import BenchError

ARCHES = ("x86", "xtensawin", "rv32imc")
MACHINE, BYTECODE = "machine code", "bytecode"
HEAP_CASES = {
    "P1": ("p1-landis",),
    "HDLC": ("aidon-se",),
    "P1 and HDLC": ("p1-landis", "aidon-se"),
    "HDLC with a key": (ENCRYPTED,),
}


def forms(arch):
    """{form: folder with han/} of both forms of the byte loops."""
    machine, _ = bench_trees.library(arch)
    return {MACHINE: machine, BYTECODE: bench_trees.plain(machine)}


def instructions(bench):
    """Instructions a byte, both forms, whole messages and pieces."""
    if not bench_instructions.valgrind():
        bench.left_out.append("instructions: valgrind is not installed")
        return
    libraries = forms("x64")
    for subject in bench.subjects:
        with bench.noting():
            row = {"words": subject.words, "octets": subject.size}
            row.update(bench_instructions.measure(subject, libraries))
            bench.results.setdefault("instructions", {})[subject.name] = row


def memory(bench):
    """Allocations, heap, code size."""
    libraries = forms("x86")
    by_name = {subject.name: subject for subject in bench.subjects}
    for subject in bench.subjects:
        if subject.name != NOISE:
            with bench.noting():
                row = {"words": subject.words, **bench_memory.allocations(subject, libraries[MACHINE])}
                bench.results.setdefault("allocations", {})[subject.name] = row
    for form, library in libraries.items():
        for case, names in HEAP_CASES.items():
            with bench.noting():
                row = bench_memory.heap([by_name[name] for name in names], library)
                bench.results.setdefault("heap", {}).setdefault(form, {})[case] = row
    for arch in ARCHES:
        with bench.noting():
            bench.results.setdefault("code", {})[arch] = bench_trees.library(arch)[1]


def cpython(bench):
    """Octets a second beside the peers."""
    missing = bench_peers.missing()
    if missing:
        bench.left_out.append(f"speed under CPython: {missing}")
        return
    with bench.noting():
        bench.results["cpython"] = bench_peers.measure()


PARTS = {"instructions": instructions, "memory": memory, "cpython": cpython}


class Bench:
    """The results of a run, what was left out because this machine lacks something, and what failed."""

    def __init__(self):
        self.subjects = subjects()
        self.results = {"python": platform.python_version(), "pieces": bench_instructions.PIECES, "buffer": bench_memory.BUFFER}
        self.left_out = []
        self.failed = []

    @contextlib.contextmanager
    def noting(self):
        """A context that turns a failed measurement into an entry of `failed`."""
        try:
            yield
        except BenchError as error:
            self.failed.append(str(error))

    def run(self, parts):
        """Measure the parts named, then hold the results against the targets."""
        for part in parts:
            try:
                PARTS[part](self)
            except runtime.RuntimeUnreachable as error:
                self.left_out.append(f"{part}: {error}")
            except (BenchError, runtime.RuntimeMissing) as error:
                self.failed.append(f"{part}: {error}")
        found = list(bench_targets.targets(self.results))
        self.results["targets"] = [
            {**target._asdict(), "met": bench_targets.met(target), "verdict": bench_targets.verdict(target)} for target in found
        ]
        self.results["left_out"] = self.left_out
        self.results["failed"] = self.failed


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--strict", action="store_true", help="exit status 1 when a target is missed")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART", help="one of %s; may be repeated" % ", ".join(PARTS))
    parser.add_argument("--json", type=Path, default=runtime.ROOT / "build/bench.json", help="where the figures go as JSON")
    args = parser.parse_args(argv)
    bench = Bench()
    bench.run(args.only or PARTS)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(bench.results, indent=1) + "\n")
    for line in bench_table.lines(bench.results):
        print(line)
    missed = args.strict and not all(target["met"] for target in bench.results["targets"])
    return 1 if bench.failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
