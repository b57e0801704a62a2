"""Simulated houses on every kind of meter for many days, with everything that goes wrong; the ledger beside the truth.

    python -m tools.ledger_sim --days 400 --seed 1 [--kind aidon-no] [--pace 10]

Prints a table by kind of meter. Exit status 1 where a line fails: an interval beyond its mark, a sum that is off by a Wh, an hour that was
doubted without a reason, peaks or a price that another computation does not find.
"""

import argparse
import multiprocessing
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))

from energy.presets import preset  # noqa: E402
from energy.tariff import Tariff  # noqa: E402
from tools import ledger_tariffs  # noqa: E402
from tools.ledger_check import HOUR, SPLIT, Check  # noqa: E402
from tools.ledger_house import House, seconds  # noqa: E402
from tools.ledger_meters import KINDS, Meter, Troubles  # noqa: E402
from tools.ledger_run import Run  # noqa: E402

# Four hundred days from here see three changes of the clocks, a leap day, two Christmases' eves and a summer.
START = seconds(2027, 10, 15)
# A Danish and a Finnish tariff are made up: the greatest quarter hour above 2 kW.
QUARTER = {"name": "quarter", "currency": "EUR", "interval": 15, "peaks": 1, "combine": "max", "per_kw": 5000000, "free_w": 2000}
TARIFFS = {"Europe/Oslo": "elvia", "Europe/Stockholm": "ellevio", "Europe/Copenhagen": "quarter", "Europe/Helsinki": "quarter"}
COLUMNS = "%-14s %6s %9s %6s %6s %5s %7s %7s %7s %7s %8s %6s %7s"


def simulate(kind, days, seed, pace, disturb=1.0):
    """What became of one kind: a mapping of figures, and `problems`."""
    began = time.monotonic()
    change = (0, 0)
    if days > 5 and disturb:
        at = START + days * 86400 * 2 // 5 // 60 * 60 + 37 * 60
        change = (at, at + 1800)
    house = House(START, days, seed, change)
    meter = Meter(kind, house, Troubles(START, house.end, seed, change, disturb), seed)
    name = "sollentuna" if kind.name == "aidon-se" else TARIFFS[kind.zone]
    tariff = Tariff(QUARTER if name == "quarter" else preset(name))
    check = Check(meter)
    run = Run(meter, seed, check, tariff, 0.002 if disturb else 0)
    run.run(START, house.end, pace)
    counts = check.verdict(run)
    peaks, problems = _peaks(run, meter, name, tariff)
    hours = [counts.get((HOUR, quality), 0) for quality in range(5)]
    problems = check.problems + problems
    return {"kind": kind.name, "days": days, "hours": sum(hours), "shares": hours, "wrong": sum("quality" in p for p in problems),
            "doubted": sum("doubted" in p for p in problems), "sums": check.sums, "off": sum("registers" in p or "sum" in p for p in problems),
            "months": len(run.months), "peaks": peaks, "starts": run.starts, "written": run.store.written, "saved": run.store.saved,
            "journal": sum(len(segment) for segments in run.store.segments.values() for segment in segments),
            "problems": problems, "seconds": time.monotonic() - began}


def _peaks(run, meter, name, tariff):
    """(the greatest difference to peaks worked out from the truth, in W; problems) of the months that ended."""
    counted, true = {}, {}
    for (span, index), (quality, *energies) in run.store.records().items():
        if span == tariff.span and quality <= SPLIT:
            begin = index * span
            counted[begin] = energies[0]
            a, b = meter.boundary(begin), meter.boundary(begin + span)
            true[begin] = (meter.house.energy(0, b) - meter.house.energy(0, a)) / 3600
    want = ledger_tariffs.months(name, meter.kind.zone, counted, tariff.span)
    truth = ledger_tariffs.months(name, meter.kind.zone, true, tariff.span)
    problems = []
    most = 0
    for month, found in run.months.items():
        if found != want.get(month, (0, 0)):
            problems.append(f"month {month % 12 + 1}: peaks and price {found}, otherwise worked out {want.get(month)}")
        if month in truth:
            most = max(most, abs(found[0] - truth[month][0]))
    return most, problems


def _simulate(arguments):
    return simulate(KINDS[arguments[0]], *arguments[1:])


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.ledger_sim", description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=sorted(KINDS), action="append", help="one kind of meter; may be repeated")
    parser.add_argument("--pace", type=int, default=30, help="seconds between telegrams away from quarter hours, 1 to 60 (default 30)")
    args = parser.parse_args(argv)
    if not 2 <= args.days <= 1500 or not 1 <= args.pace <= 60:
        parser.error("--days must be from 2 to 1500, --pace from 1 to 60")
    print(COLUMNS % ("meter", "hours", "measured", "split", "guess", "part", "none", "wrong", "doubted", "sums", "off", "peaks", "by W"))
    failed = False
    jobs = [(kind, args.days, args.seed, args.pace) for kind in args.kind or KINDS]
    with multiprocessing.Pool(min(2, len(jobs))) as pool:
        for row in pool.imap(_simulate, jobs):
            bad = bool(row["problems"])
            failed |= bad
            wrong_peaks = sum("otherwise" in problem for problem in row["problems"])
            print(COLUMNS % (row["kind"], row["hours"], *row["shares"], row["wrong"], row["doubted"], row["sums"], row["off"],
                             f"{row['months'] - wrong_peaks}/{row['months']}", row["peaks"]) + ("  FAILED" if bad else ""), flush=True)
            for problem in row["problems"][:8]:
                print("   ", problem)
            last = row
    a_day = last["written"] // args.days
    print("measured to none: hours by their mark; wrong: intervals beyond it; doubted: without a reason; sums: registers compared,")
    print("off: sums that differ by a Wh or more; peaks: months that another computation finds the same; by W: furthest from the truth.")
    print(f"journal: {last['journal']} octets after {args.days} days, {a_day} octets a day, and {last['saved'] // args.days} states")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
