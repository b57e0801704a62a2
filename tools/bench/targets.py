"""What the figures are held against, and how near each comes."""

from collections import namedtuple

from tools.bench import peers as bench_peers
from tools.bench.subjects import NOISE

# `value` and `limit` in `unit`; `at_least`: the limit is a lower one.
Target = namedtuple("Target", "words value limit unit at_least")

INSTRUCTIONS = {"p1-landis": 250, "aidon-se": 250, NOISE: 60}
WAITING_OCTETS = 0
READING_OCTETS = 1024
HEAP_OCTETS = 30 * 1024
TIMES_AS_FAST = 6


def met(target):
    """Whether the figure keeps to its limit."""
    return target.value >= target.limit if target.at_least else target.value <= target.limit


def verdict(target):
    """`met` or `missed`, and by how much."""
    if not target.limit:
        return "met" if met(target) else "missed"
    percent = round(100 * (target.value - target.limit) / target.limit)
    distance = f"{abs(percent)} % {'above' if percent > 0 else 'below'}" if percent else "on it"
    return f"{'met' if met(target) else 'missed'}, {distance}"


def targets(results):
    """The Targets of which the results hold a figure."""
    for name, limit in INSTRUCTIONS.items():
        row = results.get("instructions", {}).get(name)
        if row:
            for mode, value in row["machine code"].items():
                yield Target(f"{row['words']}, {mode}", value, limit, "instructions a byte", False)
    for row in results.get("allocations", {}).values():
        yield Target(f"{row['words']}, before it is complete", row["waiting"], WAITING_OCTETS, "octets allocated", False)
        yield Target(f"{row['words']}, a finished reading", row["message"], READING_OCTETS, "octets allocated", False)
    for case, row in results.get("heap", {}).get("machine code", {}).items():
        # The buffer is neither: its size is the user's choice.
        yield Target(f"parser and tables, {case}", row["with_reader"] - results["buffer"], HEAP_OCTETS, "octets of heap", False)
    for name, speeds in results.get("cpython", {}).items():
        compared = bench_peers.ratio(speeds)
        if compared:
            yield Target(f"{bench_peers.SETS[name]}, CPython", compared[0], TIMES_AS_FAST, f"times {compared[1]}", True)
