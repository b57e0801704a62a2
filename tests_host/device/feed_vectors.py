"""Run under CPython or MicroPython: feed each vector named in a list to a new Reader, print all that its readings say.

Arguments: the list (a line a vector: file, key, authentication key, system title, `-` for each that is not given), and how
many octets are fed at once.
A line a vector: JSON [readings, statistics, trouble].
"""

import json
import sys

from han import Reader


def told(reading):
    return {"items": dict(reading.items()), "other": reading.other, "protocol": reading.protocol, "vendor": reading.vendor,
            "list": reading.list, "rule": reading.rule, "offset": reading.clock_offset, "summer": reading.clock_summer,
            "invalid": reading.clock_invalid, "shown": dict(reading.customary())}


def main(listing, piece):
    with open(listing) as f:
        lines = [line.split() for line in f.read().split("\n") if line]
    for path, *keys in lines:
        key, auth_key, title = [bytes.fromhex(text) if text != "-" else None for text in keys]
        with open(path, "rb") as f:
            data = f.read()
        reader = Reader(key=key, auth_key=auth_key, title=title)
        readings = []
        for at in range(0, len(data), piece):
            for reading in reader.feed(data[at:at + piece]):
                readings.append(told(reading))
        print(json.dumps([readings, dict(reader.stats.items()), reader.trouble]))


main(sys.argv[1], int(sys.argv[2]))
