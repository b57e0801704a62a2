"""Does the memory last? The whole dongle runs as in `make run`, and only its line about memory is shown, once a minute.

    python -m tools.soak --meter aidon-no --seconds 600

Exit status: 0 when the free heap after a collection never was below the floor and does not keep falling, 1 when it was or does, when
the dongle restarted or no reading arrived, 2 on bad usage.
"""

import argparse
import re
import statistics
import sys

from tools import pcboard, run

# Bytes free. A visitor of the page takes up to 13 KB for a moment, TLS 4 KB; the rest is against a heap in pieces.
FLOOR = 31744
# A collection finds by chance what looks like a pointer on the stack; this much (bytes) from one third of the run to the next is no fall.
TOLERANCE = 192
_LINE = re.compile(r"((?:\d+d )?\d+:\d\d:\d\d) \w+: .*?(\d+) B free\b.*?; (\d+) telegrams, (\d+) checksum errors; (\d+) sent")
_START_SECONDS = 3  # from power-on to the first line, and the last line's way to us


class Minutes(run.Screen):
    """Keeps and prints what the dongle says of its memory. Attributes: free (bytes a minute), restarts (count)."""

    def __init__(self, meter):
        super().__init__()
        self.free = []
        self.restarts = 0
        self._meter = meter

    def line(self, speaker, text):
        """Take a line of the run."""
        found = _LINE.match(text) if speaker == "dongle" else None
        if found:
            uptime, free, telegrams, errors, sent = found.groups()
            if " ready, " not in text:  # before the first telegram loads what reads it
                self.free.append(int(free))
            super().line("", f"{self._meter} {uptime} {free} B free; {telegrams} telegrams, {errors} checksum errors, {sent} sent")
        elif speaker == "dongle" and text.startswith("("):  # tools/run.py: it has ended
            self.restarts += 1
            super().line(speaker, text)
        elif " task: " in text or text.startswith(("no 32-bit", "Hamn stopped")):
            super().line(speaker, text)


def keeps_falling(free):
    """Whether the middle of each third of the figures is lower than that of the one before, by more than TOLERANCE.

    A single step down is no fall, wherever it is.
    """
    size = len(free) // 3
    if size == 0:
        return False
    thirds = [statistics.median_high(part) for part in (free[:size], free[size:-size], free[-size:])]
    return thirds[0] - thirds[1] > TOLERANCE and thirds[1] - thirds[2] > TOLERANCE


def verdict(free, restarts):
    """Return what is wrong, as sentences."""
    if not free:
        return ["the dongle said nothing about its memory"]
    found = []
    if min(free) < FLOOR:
        found.append(f"{min(free)} B free is less than {FLOOR} B")
    if keeps_falling(free):
        found.append(f"the free heap keeps falling, from {free[0]} B to {free[-1]} B")
    if restarts:
        found.append(f"the dongle ended {restarts} times")
    return found


def _minutes(text):
    if text.isdecimal() and 60 <= int(text) < 10**7:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 60, when the dongle speaks first")


def main(argv=None):
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--meter", default=run.DEFAULT, help=f"simulated meter (default {run.DEFAULT})")
    parser.add_argument("--seconds", type=_minutes, default=600, help="length of the run (default 600)")
    parser.add_argument("--folder", help="run directory (default build/soak/METER)")
    args = parser.parse_args(argv)
    minutes = Minutes(args.meter)
    folder = args.folder or pcboard.BUILD / "soak" / args.meter
    status = run.main(["--meter", args.meter, "--seconds", str(args.seconds + _START_SECONDS), "--page", "0", "--start", "now", "--folder", str(folder)], minutes)
    troubles = verdict(minutes.free, minutes.restarts)
    if status:
        troubles.append("no reading arrived")
    if minutes.free:
        print(f"{args.meter}: first {minutes.free[0]} B, last {minutes.free[-1]} B, lowest {min(minutes.free)} B free; the floor is {FLOOR} B."
              f" A chip has {pcboard.STAND_INS} B more, which the stand-ins take here.")
    for trouble in troubles:
        print(f"soak: {trouble}", file=sys.stderr)
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
