"""What happens in a house: the whole dongle against a real broker, through a proxy that misbehaves. Prints a table and says what fails.

    python -m tools.outages [--only NAME ...] [--jobs 5]

Exit status: 0 when every line keeps its limits, 1 when one does not or a part could not be started, 2 on bad usage. The same figures
as JSON: build/outages.json; what every part of a run said: build/outages/NAME.
"""

import argparse
import json
import sys
import time

from tools import runtime
from tools.outages import jobs as outages_jobs
from tools.outages.table import table
from tools.process import Child

FOLDER = runtime.ROOT / "build/outages"
RESULT = runtime.ROOT / "build/outages.json"
_JOB_SECONDS = 420
_TICK_SECONDS = 0.2


class _Running:
    """One job in a process of its own: what it measures is not held up by the others."""

    def __init__(self, name):
        self.name = name
        self.folder = FOLDER / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self._row = self.folder / "row.json"
        self._row.unlink(missing_ok=True)
        self._log = self.folder / "job.log"
        self.began = time.monotonic()
        with self._log.open("wb") as log:
            self._child = Child([sys.executable, "-m", "tools.outages.jobs", name, str(self.folder)], log=log, cwd=runtime.ROOT)

    def ended(self):
        return not self._child.running() or time.monotonic() - self.began > _JOB_SECONDS

    def row(self):
        """What it found, and how long it took."""
        self._child.stop()
        try:
            row = json.loads(self._row.read_text())
        except (OSError, ValueError):
            said = self._log.read_text(errors="replace").strip().splitlines() or ["it took too long"]
            row = {"name": self.name, "words": outages_jobs.words(self.name), "troubles": [f"no result: {said[-1]} (see {self._log})"]}
        return {**row, "seconds": round(time.monotonic() - self.began)}


def run(names, jobs):
    """Run them, `jobs` at a time, the long ones first; return their rows in the order of `names`."""
    waiting = sorted(names, key=outages_jobs.seconds, reverse=True)
    running, rows = [], {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(_Running(waiting.pop(0)))
            time.sleep(_TICK_SECONDS)
            for each in [each for each in running if each.ended()]:
                running.remove(each)
                row = rows[each.name] = each.row()
                print(f"{each.name}: {row['seconds']} s, {'fails' if row['troubles'] else 'good'}", file=sys.stderr, flush=True)
    finally:
        for each in running:
            each.row()
    return [rows[name] for name in names]


def _count(text):
    if text.isdecimal() and 1 <= int(text) <= 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 16")


def _name(text):
    if text not in outages_jobs.NAMES:
        raise argparse.ArgumentTypeError(f"there is no outage {text!r}. Choose from: {', '.join(outages_jobs.NAMES)}")
    return text


def main(argv=None):
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.outages", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", type=_name, nargs="+", metavar="NAME", help=f"some of: {', '.join(outages_jobs.NAMES)}")
    parser.add_argument("--jobs", type=_count, default=5, help="how many at a time; most of them wait (default 5)")
    args = parser.parse_args(argv)
    try:
        for fetch in (runtime.micropython, runtime.umqtt, runtime.mosquitto):
            fetch()
    except runtime.RuntimeMissing as error:
        print(f"outages: {error}", file=sys.stderr)
        return 1
    began = time.monotonic()
    rows = run(list(dict.fromkeys(args.only or outages_jobs.NAMES)), args.jobs)
    RESULT.write_text(json.dumps(rows, indent=1) + "\n")
    print("\n".join(table(rows)))
    troubles = [f"{row['name']}: {trouble}" for row in rows for trouble in row["troubles"]]
    print(f"\n{len(rows)} in {time.monotonic() - began:.0f} s; {'all keep their limits' if not troubles else 'what fails:'}")
    print("\n".join(troubles), end="\n" if troubles else "")
    return 1 if troubles else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
