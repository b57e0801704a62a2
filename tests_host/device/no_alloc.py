"""Run under MicroPython: feed files with the heap locked up to the last octet, then unlocked. Prints `ok N`.

Argument: the list of files, one path a line; each holds exactly one frame or telegram, without what follows it.
"""

import gc
import micropython
import sys

from han import Reader


def main(listing):
    reader = Reader()
    chunk = bytearray(64)
    fed = 0
    with open(listing) as f:
        paths = [p for p in f.read().split("\n") if p]
    noise = bytearray(2048)
    state = 1
    for i in range(len(noise)):
        state = (state * 1103515245 + 12345) & 0x3FFFFFFF
        noise[i] = state >> 16 & 0xFF
    # What judges frames and telegrams is loaded with the first beginning of one.
    reader.feed(b"~\xa0" + bytes(20) + b"/ABC5" + bytes(20))
    pieces = []
    for path in paths:
        with open(path, "rb") as f:
            pieces.append(f.read())
    for data in pieces:
        damaged = bytearray(data)
        damaged[len(data) // 2] ^= 0x10
        gc.collect()
        micropython.heap_lock()
        try:
            locked_feed(reader, chunk, noise, len(noise))
            locked_feed(reader, chunk, damaged, len(damaged))
            fed += locked_feed(reader, chunk, data, len(data) - 1)
        finally:
            micropython.heap_unlock()
        chunk[0] = data[-1]
        if len(reader.feed(chunk, 1)) != 1:
            raise SystemExit("no reading from " + path)
    print("ok", fed)


def locked_feed(reader, chunk, data, n):
    """Feed data[:n] through the fixed buffer, as the port does. Returns 1; raises MemoryError on any allocation."""
    at = 0
    for i in range(n):
        chunk[at] = data[i]
        at += 1
        if at == 61 or i == n - 1:
            if reader.feed(chunk, at):
                raise SystemExit("a reading too early")
            at = 0
    return 1


main(sys.argv[1])
