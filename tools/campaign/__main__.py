"""Search for inputs that break the parser, guided by the code that they reach (atheris, which is libFuzzer for Python).

    python -m tools.campaign [--seconds 60]

It begins with telegrams of the simulated meters and the captures, and goes on another time where it stopped: what reached new code
is in build/campaign/corpus/. What must hold stands in tools/campaign/target.py. Exit status 1 when it did not: the input is then in
build/campaign/; 0 also where atheris cannot be installed, which it says.
"""

import argparse
import hashlib
import re
import sys
import time
from pathlib import Path

from tools import runtime, side_venv
from tools.process import Child

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "build" / "campaign"

_LONGEST = 4096   # octets of an input: more than the reader's buffer
_INPUT_S = 10     # of one input; milliseconds are usual
_MEMORY_MB = 1024
_GRACE_S = 120    # to start, and to end what has begun
_POLL_S = 0.2
_SEED = 1


def seeds():
    """Inputs to begin with: messages of every meter and list, as they are and to be repaired, plain, in pieces and in cipher."""
    from tools.fuzz.forms import FORMS
    from tools.fuzz.sources import captured, simulated
    from tools.meter.meters import METERS

    for source in [simulated(name, _SEED) for name in METERS] + captured(FORMS["chip"]):
        for messages in source.lists:
            for how in (b"\x00", b"\x11", b"\x37"):
                yield how + messages[0].data
            yield b"\x21" + b"".join(message.data for message in messages[:3])


def write_seeds(folder):
    """Write them into the folder, one a file."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in seeds():
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data[:_LONGEST])


def search(folder, seconds, python):
    """Search for so long with that interpreter. Return (the log's text, the inputs that broke something)."""
    write_seeds(folder / "seeds")
    (folder / "corpus").mkdir(exist_ok=True)
    before = set(broke(folder))
    log = folder / "log"
    argv = [str(python), "-m", "tools.campaign.target", "--search", str(folder / "corpus"), str(folder / "seeds"),
            f"-max_total_time={seconds}", f"-max_len={_LONGEST}", f"-timeout={_INPUT_S}", f"-rss_limit_mb={_MEMORY_MB}",
            f"-artifact_prefix={folder}/", "-print_final_stats=1"]
    deadline = time.monotonic() + seconds + _GRACE_S
    with open(log, "w") as file:
        child = Child(argv, file, cwd=ROOT)
    try:
        while child.running() and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        overdue = child.running()
    finally:
        status = child.stop()
    text = log.read_text(errors="replace")
    found = [path for path in broke(folder) if path not in before]
    if overdue or status and not found:
        raise SystemExit(f"campaign: the search {'did not end' if overdue else f'ended with {status}'}:\n{text[-3000:]}")
    return text, found


def broke(folder):
    """What libFuzzer has kept there: inputs that raised, took too long or too much memory."""
    return sorted(path for pattern in ("crash-*", "timeout-*", "oom-*") for path in folder.glob(pattern))


def summary(text):
    """The figures of a log in a sentence."""
    runs = re.findall(r"number_of_executed_units: (\d+)", text)
    reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", text)
    return f"{runs[-1] if runs else '?'} inputs, " + ("{} places in the code, {} features, {} inputs kept".format(*reached[-1])
                                                     if reached else "no figures")


def main(argv=None):
    parser = argparse.ArgumentParser(prog="campaign", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    args = parser.parse_args(argv)
    if args.seconds < 1:
        parser.error("--seconds is 1 or more")
    try:
        python = side_venv.python("campaign")
    except runtime.RuntimeUnreachable as error:
        print(f"campaign: nothing done, {error}")
        return 0
    text, found = search(args.folder, args.seconds, python)
    print(f"{args.seconds} s: {summary(text)}")
    for path in found:
        print(f"BROKEN: python -m tools.campaign.target {path}\n{text[text.find('Uncaught'):][:3000] if 'Uncaught' in text else text[-3000:]}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
