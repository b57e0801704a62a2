"""The jobs of `make outages` by name, each run in a process of its own by tools/outages.py, which reads the row that it leaves.

    python -m tools.outages_jobs NAME FOLDER
"""

import json
import sys
from pathlib import Path

from tools import outages_day, outages_latency, outages_run
from tools.outages_scenarios import SCENARIOS

_LATENCY = [f"latency-{meter}" for meter in outages_latency.METERS_SHOWN]
# In seconds, about.
_LONG = dict.fromkeys(_LATENCY, 125) | {"day": 300}
NAMES = [*SCENARIOS, "day", *_LATENCY]


def seconds(name):
    """About how long it takes."""
    return _LONG.get(name) or SCENARIOS[name].seconds + (300 if SCENARIOS[name].seconds > 60 else 30)


def run(name, folder):
    """Return the row of a job."""
    if name in SCENARIOS:
        return outages_run.run(SCENARIOS[name], folder)
    if name == "day":
        return outages_day.run(folder)
    return {"name": name, **outages_latency.run(name.partition("-")[2], folder)}


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    (folder / "row.json").write_text(json.dumps(run(sys.argv[1], folder)))
