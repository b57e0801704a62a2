"""Damaged streams, as many as one likes, through the parser: nothing wrong may be believed, and nothing intact be missed.

    python -m tools.fuzz [-n 20000] [--seed 1] [--jobs 2]
    python -m tools.fuzz --seed 1 --only 4711

What must hold stands in tools/fuzz/judge.py. Exit status 1 when anything did not; the streams are then in build/fuzz/.
Simulated meters give the streams, and the captures in ../shared/telegrams (or $HAMN_CAPTURES) where they are. Half of the streams goes
through the loops that a chip runs, half through those for CPython.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from tools.fuzz.damage import KINDS
from tools.fuzz.forms import FORMS, PARSER
from tools.fuzz.judge import footprint, judge, work
from tools.fuzz.report import Report, keep
from tools.fuzz.sources import captured, simulated
from tools.fuzz.streams import make_stream
from tools.fuzz.wrapped import wrapped
from tools.meter.meters import METERS
from tools.process import Child

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / "build" / "fuzz"

# Lines of the parser's source that CPython may execute for an octet, over a whole stream: plain, and where there is a key (most of
# these lines are GHASH, four bits a step). Intact messages take up to 45 and 140.
MOST_WORK = {"plain": 70, "ciphered": 220}
# Octets that a reader may keep more once it has heard a stream before, and allocate on top while it is fed. Under CPython it
# remembers the layouts of the last messages, up to 64 of them.
MOST_MEMORY = {"chip": (256, 32_768), "cpython": (1 << 20, 1 << 20)}

_WORK_EVERY = 49    # streams; it slows them down thirtyfold
_MEMORY_EVERY = 97  # both have no divisor in common with the number of kinds
_PIECE = 64
_POLL_S = 0.2


def sources(seed):
    """All that streams are made from."""
    return [simulated(name, seed) for name in METERS] + wrapped(seed) + captured(FORMS["chip"])


def form_of(number):
    """Which of FORMS reads that stream: all kinds of damage for one, then all for the other."""
    return list(FORMS)[number // len(KINDS) % len(FORMS)]


def run(seed, numbers):
    """Make and judge those streams of the seed. Return the Report."""
    report = Report()
    meters = sources(seed)
    heard = {form: [] for form in FORMS}
    for number in numbers:
        stream = make_stream(seed, number, meters)
        form = form_of(number)
        verdict = judge(stream, FORMS[form])
        if number % _WORK_EVERY == 0 and not verdict.problems:
            lines = work(stream, FORMS[form], str(PARSER)) / len(stream.data)
            sort = "ciphered" if stream.keys else "plain"
            report.work[sort] = max(report.work[sort], [lines, number])
            if lines > MOST_WORK[sort]:
                verdict.problems.append(f"work: {lines:.1f} lines an octet")
        if number % _MEMORY_EVERY == 0 and not verdict.problems and not stream.keys:
            heard[form].append(stream)
        report.add(number, stream, verdict)
        if verdict.problems:
            keep(KEPT, seed, number, stream, "\n".join(verdict.problems))
    for form, streams in heard.items():
        growth, peak = memory(streams, FORMS[form])
        report.growth, report.peak = max(report.growth, growth), max(report.peak, peak)
        if growth > MOST_MEMORY[form][0] or peak > MOST_MEMORY[form][1]:
            report.violations.append([-1, "memory", f"{form}: grew by {growth} octets, took {peak} more while fed"])
    return report


def memory(streams, make_reader):
    """(growth, peak) in octets of one reader that hears the streams twice: the second time nothing must be kept."""
    reader = make_reader()
    _hear(reader, streams)
    before = footprint(reader)
    tracemalloc.start()
    base = tracemalloc.get_traced_memory()[0]
    _hear(reader, streams)
    peak = tracemalloc.get_traced_memory()[1] - base
    tracemalloc.stop()
    return footprint(reader) - before, peak


def _hear(reader, streams):
    for stream in streams:
        for at in range(0, len(stream.data), _PIECE):
            reader.feed(stream.data[at:at + _PIECE])


def run_parts(seed, count, jobs):
    """run() streams 0 to count - 1 in that many processes at once."""
    report = Report()
    children = []
    with tempfile.TemporaryDirectory() as folder:
        logs = [Path(folder) / str(part) for part in range(jobs)]
        try:
            for part, log in enumerate(logs):
                with open(log, "w") as file:
                    children.append(Child([sys.executable, "-m", "tools.fuzz", "-n", str(count), "--seed", str(seed), "--part",
                                           str(part), "--jobs", str(jobs)], file, cwd=ROOT))
            while any(child.running() for child in children):
                time.sleep(_POLL_S)
        finally:
            statuses = [child.stop() for child in children]
        for status, log in zip(statuses, logs):
            if status:
                raise SystemExit(f"fuzz: a part ended with {status}:\n{log.read_text()[-2000:]}")
            report.merge(json.loads(log.read_text().splitlines()[-1]))
    report.violations.sort()
    return report


def show(seed, number):
    """Judge one stream and print all about it. Return the exit status."""
    stream = make_stream(seed, number, sources(seed))
    verdict = judge(stream, FORMS[form_of(number)])
    print(f"stream {number} of seed {seed}: {stream.kind}; {stream.meter}; {len(stream.data)} octets, "
          f"feeds end at {stream.cuts}\n{stream.data.hex()}")
    for sent in stream.sent:
        print(f"sent in octets {sent.start} to {sent.complete}, due at {sent.due}: {sent.truth}")
    for truth in stream.originals:
        print(f"damaged: {truth}")
    for words in verdict.by_chance + verdict.problems:
        print(words)
    print(dict(verdict.counts))
    return 1 if verdict.problems else 0


def main(argv=None):
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=20_000, help="streams (20000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes at once")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one stream of the seed, with all details")
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.n < 1 or args.jobs < 1:
        parser.error("-n and --jobs are 1 or more")
    if args.only is not None:
        return show(args.seed, args.only)
    if args.part is not None:
        print(json.dumps(run(args.seed, range(args.part, args.n, args.jobs)).as_json()))
        return 0
    began = time.monotonic()
    report = run_parts(args.seed, args.n, min(args.jobs, args.n))
    print("\n".join(report.lines()))
    print(f"{args.n} streams of seed {args.seed} in {time.monotonic() - began:.0f} s, {args.jobs} at a time: "
          f"{len(report.violations)} violations" + (f", the streams in {KEPT}/" if report.violations else ""))
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
