"""How long after the last byte of a telegram has left the meter its PUBLISH passes the proxy, beside its time on the wire.

The schedule is hurried, the line keeps its own pace.
"""

import json
import statistics

from tools.meter import clock
from tools.meter.meters import METERS
from tools.outages.house import TOPIC, House, HouseError

METERS_SHOWN = {"p1-landis": 10, "aidon-no": 2.5}  # how many times faster they push: every second
COUNT = 100
_SECONDS = 180


def wire_ms(name):
    """{list: ms that a telegram of it takes on the meter's line} for what comes once a minute or more often."""
    meter = METERS[name]
    start_ms = clock.parse("2026-02-02T02:10:00")
    house = meter.house(start_ms)
    due = meter.due(start_ms)
    octets = {kind: len(meter.telegram(at, house, kind)) for at, kind in (next(due) for _ in range(10))}
    return {kind: round(size * meter.line.bits_a_byte() * 1000 / meter.line.baud) for kind, size in octets.items()}


def run(name, folder):
    """Return the row: `latency`, a dict with meter, telegrams, median_ms, percentile_99_ms, longest_ms, wire_ms by list."""
    try:
        return {"latency": [_measure(name, folder)], "troubles": []}
    except HouseError as error:
        return {"troubles": [str(error)]}


def _measure(name, folder):
    hurry = ["--speed", METERS_SHOWN[name], "--wire-speed", "1"]
    with House(folder, name, "2026-02-02T02:10:00", faults=hurry) as house:
        house.configure()
        house.plug_in()
        house.switch_on()
        house.wait(lambda: len(house.stamps()) >= COUNT + 1, _SECONDS, "the meter is slow")
        house.unplug()
        house.wait(lambda: house.received("power") >= COUNT, 10, "readings are missing")
        stamps = house.stamps()
    passed = {}
    for at, topic, payload in house.proxy.seen:
        if topic.decode() == f"{TOPIC}/power":
            passed.setdefault(json.loads(payload)["n"], at)
    took = sorted(passed[n] * 1000 - stamps[n - 1][1] / 1e6 for n in passed)
    return {"meter": name, "telegrams": len(took), "median_ms": round(statistics.median(took)),
            "percentile_99_ms": round(took[-(-len(took) * 99 // 100) - 1]), "longest_ms": round(took[-1]), "wire_ms": wire_ms(name)}
