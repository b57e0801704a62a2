"""The jobs of `make outages` by name, each run in a process of its own by tools/outages.py, which reads the row that it leaves.

    python -m tools.outages.jobs NAME FOLDER
"""

import json
import subprocess
import sys
from pathlib import Path

from tools import process, runtime
from tools.outages import day as outages_day, latency as outages_latency, run as outages_run
from tools.outages.scenarios import SCENARIOS

_LATENCY = [f"latency-{meter}" for meter in outages_latency.METERS_SHOWN]
# In seconds, about.
_LONG = dict.fromkeys(_LATENCY, 125) | {"day": 260, "journal": 270}
NAMES = [*SCENARIOS, "day", "journal", *_LATENCY]
JOURNAL = "power cut in the middle of a journal write"
_CUTS = 2000
_CUTS_SECONDS = 380


def seconds(name):
    """About how long it takes."""
    return _LONG.get(name) or SCENARIOS[name].seconds + (80 if SCENARIOS[name].seconds > 60 else 30)


def words(name):
    """What the table calls it."""
    return SCENARIOS[name].words if name in SCENARIOS else {"day": outages_day.WORDS, "journal": JOURNAL}.get(name, name)


def run(name, folder):
    """Return the row of a job."""
    if name in SCENARIOS:
        return outages_run.run(SCENARIOS[name], folder)
    if name == "day":
        return outages_day.run(folder)
    if name == "journal":
        return _journal()
    return {"name": name, **outages_latency.run(name.partition("-")[2], folder)}


def _journal():
    """What the simulated flash says of it."""
    argv = [sys.executable, "-m", "tools.outages.flash", "--cuts", str(_CUTS), "--days", "0"]
    row = {"name": "journal", "words": JOURNAL, "line": "-", "troubles": []}
    try:
        done = process.run(argv, _CUTS_SECONDS, cwd=runtime.ROOT)
    except subprocess.TimeoutExpired:
        return {**row, "troubles": [f"{_CUTS} power cuts took more than {_CUTS_SECONDS} s"]}
    if done.returncode:
        row["troubles"].append(done.stderr.strip() or f"it ended with status {done.returncode}")
    return {**row, "line": done.stdout.strip() or "-"}


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    (folder / "row.json").write_text(json.dumps(run(sys.argv[1], folder)))
