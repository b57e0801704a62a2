"""The journal on a simulated flash, under real MicroPython: power cuts at every access, and how long the flash lasts.

    python -m tools.outages.flash --cuts 5000 --days 365

Prints a line for each. Exit status: 0 when nothing is lost and the flash outlives the dongle, else 1; 2 on bad usage.
"""

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

from tools import pcboard, runtime

PROGRAM = runtime.ROOT / "tests_host/device/journal_flash.py"
# Erases that NOR flash of this class is specified for, and the years that it must last.
ENDURANCE = 100_000
ENOUGH_YEARS = 50
_DEADLINE_SECONDS = 3600


class FlashFailure(Exception):
    """The program on the PC board failed; the text is what it said."""


def simulate(folder, cuts=0, days=0):
    """Run it in `folder`; return {"cuts": (tried, with the record there), "wear": (days, erases, writes, most of one block)} as far as asked for.

    Raises FlashFailure, runtime.RuntimeMissing.
    """
    board = pcboard.PcBoard(folder, 32, "6m" if days else "1500k")
    environment = {"CUTS": str(cuts or ""), "DAYS": str(days or "")}
    os.environ.update(environment)
    try:
        child = board.start(script=PROGRAM)
        text = child.output.read().decode(errors="replace")
        child.process.wait(_DEADLINE_SECONDS)
        child.stop()
    finally:
        for name in environment:
            del os.environ[name]
    found = {}
    if match := re.search(r"^cuts (\d+) record there (\d+)", text, re.MULTILINE):
        found["cuts"] = tuple(map(int, match.groups()))
    if match := re.search(r"^wear (\d+) days (\d+) erases (\d+) writes (\d+) of one block", text, re.MULTILINE):
        found["wear"] = tuple(map(int, match.groups()))
    if len(found) != (cuts > 0) + (days > 0):
        raise FlashFailure(text.strip())
    return found


def years(days, most):
    """How long the flash lasts, when the block that is erased most was so this often in these days."""
    return ENDURANCE * days / max(most, 1) / 365.25


def _count(text):
    if text.isdecimal() and int(text) < 10**7:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")


def main(argv=None):
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.outages.flash", description=__doc__.partition("\n")[0])
    parser.add_argument("--cuts", type=_count, default=5000, help="power cuts to try (default 5000; 0: none)")
    parser.add_argument("--days", type=_count, default=365, help="days of hours to write (default 365; 0: none)")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = simulate(Path(folder), args.cuts, args.days)
        except (FlashFailure, runtime.RuntimeMissing) as error:
            print(f"outage_flash: {error}", file=sys.stderr)
            return 1
    status = 0
    if "cuts" in found:
        tried, there = found["cuts"]
        print(f"journal: {tried} power cuts, the record whole in {there} and not begun in {tried - there}, nothing lost, no number used twice")
    if "wear" in found:
        days, erases, writes, most = found["wear"]
        span = years(days, most)
        print(f"journal: {days} days of hours, {erases} erases and {writes} writes; {most} erases of the block with most, {span:.0f} years to {ENDURANCE}")
        if span < ENOUGH_YEARS:
            print(f"outage_flash: less than {ENOUGH_YEARS} years", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
