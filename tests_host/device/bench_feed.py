"""Run under MicroPython: feed messages to one Reader. Prints the number of readings and of octets fed.

Arguments: a file of messages of equal size, that size, the size of the pieces in which each is fed, how many messages to
feed, and the two keys as hex where they are encrypted. Everything but the feeding is the same for any number.
"""

import sys


def cut(path, size, piece):
    """The messages in the file, each a list of pieces."""
    with open(path, "rb") as file:
        data = file.read()
    return [[data[i:min(i + piece, at + size)] for i in range(at, at + size, piece)] for at in range(0, len(data), size)]


def feed(reader, messages):
    """The number of readings that the messages give."""
    readings = 0
    feed = reader.feed
    for pieces in messages:
        for piece in pieces:
            if feed(piece):
                readings += 1
    return readings


path, size, piece, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
keys = [bytes.fromhex(key) for key in sys.argv[5:]]
# At the low end of the heap, before the parser: there the search for free room does not pass over them each time.
messages = cut(path, size, piece)[:count]

from han import Reader  # noqa: E402

reader = Reader(key=keys[0], auth_key=keys[1]) if keys else Reader()
readings = feed(reader, messages)
print(readings, reader.stats.bytes)
