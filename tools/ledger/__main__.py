"""Prints the table: simulated houses on every kind of meter, the ledger beside the truth.

    python -m tools.ledger --days 400 --seed 1 [--kind aidon-no] [--pace 10]

Exit status 1 where a line fails: an interval beyond its mark, a sum that is off by a Wh, an hour that was doubted without a reason,
peaks or a price that another computation does not find.
"""

import argparse
import multiprocessing
import sys

from tools.ledger.meters import KINDS
from tools.ledger.sim import simulate

HEAD = ("meter", "hours", "measured", "split", "guess", "by Wh", "part", "none", "wrong", "doubted", "sums", "off", "peaks", "by W", "as true")
COLUMNS = "%-13s %6s %8s %6s %6s %6s %5s %5s %6s %7s %8s %4s %6s %5s %7s"
LEGEND = """measured to none: hours by their mark; guess by Wh: how far a guessed hour is off in the mean; wrong: intervals beyond their mark;
doubted: without a reason; sums: sums compared with registers; off: sums that differ by a Wh or more; peaks: months that another
computation finds the same, value and price; by W: furthest from the truth; as true: months priced as if every hour were known."""


def _simulate(arguments):
    return simulate(KINDS[arguments[0]], *arguments[1:])


def _print_row(row):
    print(COLUMNS % (row["kind"], row["hours"], *row["shares"][:3], row["error"], *row["shares"][3:], row["wrong"], row["doubted"],
                     row["sums"], row["off"], f"{row['same']}/{row['months']}", row["peaks"], f"{row['as_true']}/{row['months']}")
          + ("  FAILED" if row["problems"] else ""), flush=True)
    for problem in row["problems"][:8]:
        print("   ", problem)


def _print_troubles(rows):
    names = list(dict.fromkeys(name for row in rows for name in row["told"]))
    print("\n%-20s" % "what there was" + "".join("%13s" % row["kind"] for row in rows))
    for name in names:
        print("%-20s" % name + "".join("%13d" % row["told"].get(name, 0) for row in rows))


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.ledger", description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=sorted(KINDS), action="append", help="one kind of meter; may be repeated")
    parser.add_argument("--pace", type=int, default=30, help="seconds between telegrams away from quarter hours, 1 to 60 (default 30)")
    args = parser.parse_args(argv)
    if not 2 <= args.days <= 1500 or not 1 <= args.pace <= 60:
        parser.error("--days must be from 2 to 1500, --pace from 1 to 60")
    print(COLUMNS % HEAD, flush=True)
    jobs = [(kind, args.days, args.seed, args.pace) for kind in args.kind or KINDS]
    rows = []
    with multiprocessing.Pool(min(2, len(jobs))) as pool:
        for row in pool.imap(_simulate, jobs):
            rows.append(row)
            _print_row(row)
    print(LEGEND)
    _print_troubles(rows)
    last = rows[-1]
    print(f"\njournal: {last['journal']} octets after {args.days} days, {last['written'] // args.days} octets a day, and "
          f"{last['saved'] // args.days} states")
    return 1 if any(row["problems"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
