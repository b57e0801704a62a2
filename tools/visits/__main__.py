"""What the page costs: its weight, the heap with nobody, one and three looking on while MQTT goes over TLS, speed, and the parser's patience.

    python -m tools.visits --meter aidon-no --meter p1-landis

Exit status: 0, 1 when a target is missed (with --strict) or a part could not be started, 2 on bad usage.
"""

import argparse
import sys
import tempfile

from tools import pcboard, runtime
from tools.broker import BrokerError
from tools.meter.meters import METERS
from tools.outages.house import HouseError
from tools.stage import StageError
from tools.visits import measure

METERS_MEASURED = ("aidon-no", "p1-landis", "kamstrup-no")
_KB = 1024
# name: words, unit, and what is asked for: at most (negative: at least) so much; 0 for nothing.
ROWS = (
    ("weight", "the page over the wire, with its header", "B", 60 * _KB),
    ("first", "from asking for the page to its first reading", "ms", 0),
    ("idle", "heap free, nobody there", "B", -30 * _KB),
    ("one", "heap free, one page open", "B", -14 * _KB),
    ("three", "heap free, three pages open", "B", -14 * _KB),
    ("loading", "lowest heap, a page loads", "B", 0),
    ("loading_three", "lowest heap, a page loads beside three", "B", 0),
    ("settings", "lowest heap, settings read and written", "B", 0),
    ("crowd", "lowest heap, 50 visitors at once", "B", 0),
    ("crowd_seconds", "50 visitors at once are served in", "ms", 0),
    ("stall", "longest stall of the loop meanwhile", "ms", 500),
    ("rate_page", "pages a second", "/s", 0),
    ("rate_readings", "readings asked for a second", "/s", 0),
    ("lost", "telegrams that the parser missed", "", 0.5),
    ("failed", "visitors in the crowd who were not served", "", 0.5),
)


def _missed(value, limit):
    return limit > 0 and value > limit or limit < 0 and value < -limit


def show(found):
    """Print {meter: {name: value}} as a table; return how many targets are missed."""
    missed = 0
    print(f"{'':52}" + "".join(f"{meter:>14}" for meter in found) + "   target")
    for name, words, unit, limit in ROWS:
        cells = ""
        for values in found.values():
            bad = _missed(values[name], limit)
            missed += bad
            cells += f"{values[name]:>12} {'*' if bad else ' '}"
        target = "" if not limit or limit == 0.5 else f"{'at most' if limit > 0 else 'at least'} {abs(limit)}"
        print(f"{words + (f', {unit}' if unit else ''):52}{cells}   {target or ('none' if limit == 0.5 else '')}".rstrip())
    if missed:
        print(f"* misses its target ({missed})")
    return missed


def _meter(name):
    if name not in METERS:
        raise argparse.ArgumentTypeError(f"there is no meter {name!r}. Choose one of: {', '.join(METERS)}")
    return name


def main(argv=None):
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.visits", description=__doc__.partition("\n")[0])
    parser.add_argument("--meter", type=_meter, action="append", help=f"simulated meter (default {', '.join(METERS_MEASURED)})")
    parser.add_argument("--strict", action="store_true", help="fail when a target is missed")
    args = parser.parse_args(argv)
    found = {}
    pcboard.BUILD.mkdir(exist_ok=True)
    try:
        for meter in args.meter or METERS_MEASURED:
            with tempfile.TemporaryDirectory(dir=pcboard.BUILD, prefix="visits-") as folder:
                print(f"measuring {meter}, about a minute", file=sys.stderr, flush=True)
                found[meter] = measure.measure(folder, meter)
    except (HouseError, BrokerError, StageError, runtime.RuntimeMissing, OSError) as error:
        print(f"page-bench: {error}", file=sys.stderr)
        return 1
    missed = show(found)
    return 1 if missed and args.strict else 0


if __name__ == "__main__":
    sys.exit(main())
