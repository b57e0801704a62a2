"""One kind of meter for many days, with everything that goes wrong: the ledger beside the truth."""

import binascii
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lib"))

# Loaded for good, what the ledger enters for an hour's end is not loaded 50 000 times.
from energy import anchoring, closing, crc, journal, snapshot, timing, zone  # noqa: E402, F401
from energy.presets import preset  # noqa: E402
from energy.tariff import Tariff  # noqa: E402
from tools.ledger import tariffs  # noqa: E402
from tools.ledger.check import HOUR, SPLIT, Check  # noqa: E402
from tools.ledger.house import House, seconds  # noqa: E402
from tools.ledger.meters import Meter  # noqa: E402
from tools.ledger.run import Run  # noqa: E402
from tools.ledger.troubles import Troubles  # noqa: E402

# Four hundred days from here see three changes of the clocks, a leap day, two Christmases' eves and a summer.
START = seconds(2027, 10, 15)
# A Danish and a Finnish tariff are made up: the greatest quarter hour above 2 kW.
QUARTER = {"name": "quarter", "currency": "EUR", "interval": 15, "peaks": 1, "combine": "max", "per_kw": 5000000, "free_w": 2000}
TARIFFS = {"Europe/Oslo": "elvia", "Europe/Stockholm": "ellevio", "Europe/Copenhagen": "quarter", "Europe/Helsinki": "quarter"}


def _crc16(data, end=None):
    """The same checksum by the PC's own: it was a quarter of the time."""
    return binascii.crc_hqx(bytes(data[:end]), 0xFFFF)


def simulate(kind, days, seed, pace, disturb=1.0):
    """What became of one kind: a mapping of figures, `problems` (sentences) and `told` (what went wrong, and how often)."""
    began = time.monotonic()
    journal.crc16 = crc.crc16 = _crc16
    change = (0, 0)
    if days > 5 and disturb:
        at = START + days * 86400 * 2 // 5 // 60 * 60 + 37 * 60
        change = (at, at + 1800)
    house = House(START, days, seed, change)
    troubles = Troubles(START, house.end, seed, change, disturb)
    meter = Meter(kind, house, troubles, seed)
    name = "sollentuna" if kind.name == "aidon-se" else TARIFFS[kind.zone]
    tariff = Tariff(QUARTER if name == "quarter" else preset(name))
    check = Check(meter)
    run = Run(meter, seed, check, tariff, 0.002 if disturb else 0)
    run.run(START, house.end, pace)
    counts = check.verdict(run)
    peaks, as_true, problems = _peaks(run, meter, name, tariff)
    hours = [counts.get((HOUR, quality), 0) for quality in range(5)]
    return {"kind": kind.name, "days": days, "hours": sum(hours), "shares": hours, "wrong": check.wrong, "doubted": check.doubted,
            "sums": check.sums, "off": check.off, "error": check.error // max(1, hours[2]), "months": len(run.months),
            "same": len(run.months) - len(problems), "peaks": peaks, "as_true": as_true, "starts": run.starts, "written": run.store.written,
            "saved": run.store.saved, "journal": sum(len(segment) for segments in run.store.segments.values() for segment in segments),
            "problems": check.problems + problems, "seconds": time.monotonic() - began,
            "told": {"starts": run.starts, **troubles.told(), **meter.told, **house.told,
                     "clock changes": tariffs.clock_changes(kind.zone, START, house.end)}}


def _peaks(run, meter, name, tariff):
    """(the greatest difference to peaks worked out from the truth of the same intervals, in W; months whose price is that of the whole
    truth; problems) of the months that ended."""
    counted, same, whole = {}, {}, {}
    span = tariff.span
    for begin in range(meter.house.start, meter.house.end, span):
        a, b = meter.boundary(begin), min(meter.boundary(begin + span), meter.house.end)
        whole[begin] = (meter.house.energy(0, b) - meter.house.energy(0, a)) // 3600
    for (each, index), (quality, *energies) in run.store.records().items():
        if each == span and quality <= SPLIT:
            counted[index * span] = energies[0]
            same[index * span] = whole.get(index * span, 0)
    want, truth, all_of_it = (tariffs.months(name, meter.kind.zone, each, span) for each in (counted, same, whole))
    problems = []
    most = as_true = 0
    for month, found in run.months.items():
        if found != want.get(month, (0, 0)):
            problems.append(f"month {month % 12 + 1}: peaks and price {found}, otherwise worked out {want.get(month)}")
        if month in truth:
            most = max(most, abs(found[0] - truth[month][0]))
        # Prices a kW differ by what registers round; steps are the same or not.
        as_true += abs(found[1] - all_of_it[month][1]) * 200 <= all_of_it[month][1]
    return most, as_true, problems
