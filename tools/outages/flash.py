"""The journal and the energy's books on a simulated flash, under real MicroPython: power cuts at every access, and how long it lasts.

    python -m tools.outages.flash --cuts 5000 --days 365
    python -m tools.outages.flash --books --cuts 500 --days 45 --size 400

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
BOOKS = runtime.ROOT / "tests_host/device/books_flash.py"
# Erases that NOR flash of this class is specified for, and the years that it must last.
ENDURANCE = 100_000
ENOUGH_YEARS = 50
_DEADLINE_SECONDS = 3600


class FlashFailure(Exception):
    """The program on the PC board failed; the text is what it said."""


def simulate(folder, cuts=0, days=0, size=0, books=False):
    """Run it in `folder`, for the journal or for the energy's books; return as far as asked for {"cuts": (tried, with the record there; of
    the books: after which it went on behind the full hour), "wear": (days, erases, writes, most of one block), "size": (days, octets,
    hours, quarter hours)}. Raises FlashFailure, runtime.RuntimeMissing."""
    board = pcboard.PcBoard(folder, 32, "6m" if days or size else "2600k" if books else "1500k")
    environment = {"CUTS": str(cuts or ""), "DAYS": str(days or ""), "SIZE": str(size or "")}
    os.environ.update(environment)
    try:
        child = board.start(script=BOOKS if books else PROGRAM)
        text = child.output.read().decode(errors="replace")
        child.process.wait(_DEADLINE_SECONDS)
        child.stop()
    finally:
        for name in environment:
            del os.environ[name]
    found = {}
    for name, pattern in (("cuts", r"cuts (\d+) \D+ (\d+)"), ("wear", r"wear (\d+) days (\d+) erases (\d+) writes (\d+) of one block"),
                          ("size", r"size (\d+) days (\d+) octets (\d+) hours (\d+) quarters")):
        if match := re.search("^" + pattern, text, re.MULTILINE):
            found[name] = tuple(map(int, match.groups()))
    if len(found) != (cuts > 0) + (days > 0) + (size > 0):
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
    parser.add_argument("--books", action="store_true", help="the energy's books instead of the journal: 3 cuts and a fifth of a day a second")
    parser.add_argument("--size", type=_count, default=0, help="days of hours and quarter hours after which the books are measured")
    args = parser.parse_args(argv)
    if args.size and not args.books:
        parser.error("--size goes with --books")
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = simulate(Path(folder), args.cuts, args.days, args.size, args.books)
        except (FlashFailure, runtime.RuntimeMissing) as error:
            print(f"outage_flash: {error}", file=sys.stderr)
            return 1
    status = 0
    what = "books" if args.books else "journal"
    if "cuts" in found:
        tried, there = found["cuts"]
        print(f"{what}: {tried} power cuts, " + (
            f"after {there} it went on behind the full hour, else before it; hours and quarter hours add up to the registers after all"
            if args.books else f"the record whole in {there} and not begun in {tried - there}, nothing lost, no number used twice"))
    if "size" in found:
        days, octets, hours, quarters = found["size"]
        print(f"{what}: {octets} octets after {days} days, with {hours} hours of 13 months and {quarters} quarter hours of 40 days")
    if "wear" in found:
        days, erases, writes, most = found["wear"]
        span = years(days, most)
        print(f"{what}: {days} days of hours, {erases} erases and {writes} writes; {most} erases of the block with most, {span:.0f} years to {ENDURANCE}")
        if span < ENOUGH_YEARS:
            print(f"outage_flash: less than {ENOUGH_YEARS} years", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
