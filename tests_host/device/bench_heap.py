"""Run under MicroPython: the heap that the parser takes, once it has read one message of each kind. Prints two numbers.

Arguments: the Reader's buffer, then files with one message each; then, behind `--`, the two keys as hex.

  octets that modules, tables and the Reader take, and those without the Reader
"""

import gc
import sys

PIECE = 64


def main(size, paths, keys):
    chunk = bytearray(PIECE)
    with open(paths[0], "rb") as file:
        file.readinto(chunk)
    start = used()
    from han import Reader

    reader = Reader(size, key=keys[0], auth_key=keys[1]) if keys else Reader(size)
    for path in paths:
        with open(path, "rb") as file:
            while True:
                n = file.readinto(chunk)
                if not n:
                    break
                reader.feed(chunk, n)
    if reader.stats.readings != len(paths):
        raise ValueError("%d readings from %d messages" % (reader.stats.readings, len(paths)))
    file = None
    taken = used() - start
    # What still looks like its address, somewhere on the stack, must not keep all that it has.
    for name in list(reader.__dict__):
        setattr(reader, name, None)
    reader = None
    print(taken, used() - start)


def used():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


at = sys.argv.index("--")
main(int(sys.argv[1]), sys.argv[2:at], [bytes.fromhex(key) for key in sys.argv[at + 1:]])
