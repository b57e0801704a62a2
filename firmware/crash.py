"""What a crash leaves, and what rescue mode says of it. A rare room: main.py enters it when the application is over.

crash.txt says where it was (files, functions) and the kind of error; never its text, which could hold a key or a meter
number.
"""

import io
import os
import sys
import time

_MAX_RECORD = 1024
# What functions were called before they got short names: lines `FILE NAME WAS`. Made where the files for a chip are made.
_NAMES = "firmware/names.txt"


def record(error, start):
    """Leave the places of `error` in crash.txt and say them. start: the number of this start since a healthy run.

    A full or broken file system must not stop the restart.
    """
    text = _describe(error)
    try:
        with open("crash.tmp", "w") as f:
            f.write("start %d, %d s after reset\n" % (start, time.ticks_ms() // 1000))
            f.write(text)
        os.rename("crash.tmp", "crash.txt")
    except OSError as trouble:
        print("crash.txt could not be written (error %s)." % trouble.args[0])
    print("Hamn stopped because of an error; crash.txt keeps this:\n" + text)


def advise(starts, minutes):
    """Say that this is rescue mode after so many starts, for so many minutes, and what to do."""
    print("Rescue mode: %d starts in a row did not become a healthy run." % starts)
    if "crash.txt" in os.listdir():
        print("The last crash was:")
        with open("crash.txt") as f:
            print(f.read())
    print("Press Ctrl-C for the prompt, then repair from the PC: make deploy PORT=... or make configure PORT=...")
    print("Without you, Hamn tries again in %d minutes." % minutes)


def _describe(error):
    """The places an error went through and its kind, without its text. At most _MAX_RECORD characters."""
    out = io.StringIO()
    sys.print_exception(error, out)
    kind = type(error).__name__
    text = out.getvalue()
    # Cut by length: the error's text may have lines that look like places.
    text = text[:-len("%s: %s\n" % (kind, error))]
    # Without line numbers, which cost heap in every .mpy, each place would be said to be line 1.
    kept = [line.replace('.mpy", line 1,', '.mpy",') for line in text.split("\n") if line.startswith("  File ")]
    try:
        _name(kept)
    except (OSError, MemoryError):
        pass  # short names, then
    if isinstance(error, OSError) and error.args and isinstance(error.args[0], int):
        kind += " " + str(error.args[0])
    return ("\n".join(kept) + "\n" + kind + "\n")[-_MAX_RECORD:]


def _name(places):
    """Give the functions in lines such as `  File "firmware/core.mpy", in _f3` the names that they have in the sources. Raises OSError."""
    with open(_NAMES) as f:
        for line in f:
            file, now, before = line.split()
            for at, place in enumerate(places):
                if place == '  File "%s", in %s' % (file, now):
                    places[at] = place[:-len(now)] + before
