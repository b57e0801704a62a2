"""Run under CPython or MicroPython: feed each file named in a list to a new Reader, print what comes out.

Arguments: the list (a line a file: its path, and, where it is encrypted, key and authentication key in hex, with blanks
between), the mode (whole, bytes, pieces), a seed.
A line a file: JSON {"file", "readings": [{…}], "stats": {…}}.
"""

import json
import sys

from han import Reader


def pieces(data, mode, state):
    """data cut as the mode says; a small generator of our own keeps both interpreters at the same cuts."""
    at = 0
    while at < len(data):
        if mode == "whole":
            n = len(data)
        elif mode == "bytes":
            n = 1
        else:
            state = (state * 1103515245 + 12345) & 0x3FFFFFFF
            n = 1 + (state >> 16) % 90
        yield data[at:at + n]
        at += n


def main(listing, mode, seed):
    with open(listing) as f:
        lines = [line.split() for line in f.read().split("\n") if line]
    for path, *keys in lines:
        keys = [bytes.fromhex(key) for key in keys] + [None, None]
        with open(path, "rb") as f:
            data = f.read()
        if path.endswith(".hex"):
            data = bytes.fromhex("".join(str(data, "ascii").split()))
        reader = Reader(key=keys[0], auth_key=keys[1])
        readings = []
        for piece in pieces(data, mode, seed):
            for reading in reader.feed(piece):
                entry = dict(reading.items())
                entry.update({"protocol": reading.protocol, "vendor": reading.vendor, "list": reading.list,
                              "other": reading.other})
                readings.append(entry)
        print(json.dumps({"file": path, "readings": readings, "stats": dict(reader.stats.items())}))


main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
