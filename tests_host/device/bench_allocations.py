"""Run under MicroPython: what feeding allocates. Prints three numbers and a word.

Arguments: a file of messages of equal size, that size, and the two keys as hex where they are encrypted.

  most octets that a message allocated, octets that its reading keeps (the most too), octets allocated before the last
  octets of a message were there (noise and a damaged message included), and whether the heap could be locked meanwhile
"""

import gc
import micropython
import sys

from han import Reader

PIECE = 64
# A telegram's reading comes with the last digit of its CRC, before the line end.
LAST = 10
NOISE = 2048


def main(path, size, *keys):
    with open(path, "rb") as file:
        data = file.read()
    messages = [data[at:at + size] for at in range(0, len(data), size)]
    reader = Reader(key=keys[0], auth_key=keys[1]) if keys else Reader()
    gc.disable()
    # The first of a kind, or the beginning of one, loads what finds and reads it.
    for piece in (b"~\xa0" + bytes(20) + b"/ABC5" + bytes(20), messages[0], noise(1), damaged(messages[1]), messages[1]):
        reader.feed(piece)
    counted = locked = most = kept = 0
    for n, message in enumerate(messages[2:]):
        early = cut(message[:-LAST])
        if n & 1:
            early = cut(noise(n)) + cut(damaged(message)) + early
        gc.collect()
        locking = n & 2
        before = gc.mem_alloc()
        if locking:
            micropython.heap_lock()
        try:
            feed(reader, early)
            locked += 1
        except MemoryError:
            pass
        finally:
            if locking:
                micropython.heap_unlock()
        counted = max(counted, gc.mem_alloc() - before)
        last = message[-LAST:]
        gc.collect()
        before = gc.mem_alloc()
        found = reader.feed(last)
        most = max(most, gc.mem_alloc() - before)
        if not locking and len(found) != 1:
            raise ValueError("%d readings from a message" % len(found))
        reading = found[0] if found else None
        found = None
        gc.collect()
        kept = max(kept, gc.mem_alloc() - before)
        reading = None
    print(most, kept, counted, "locked" if locked == len(messages) - 2 else "allocates")


def cut(data):
    return [data[at:at + PIECE] for at in range(0, len(data), PIECE)]


def noise(state):
    block = bytearray(NOISE)
    for i in range(NOISE):
        state = (state * 1103515245 + 12345) & 0x3FFFFFFF
        block[i] = state >> 16 & 0xFF
    return block


def damaged(message):
    message = bytearray(message)
    message[len(message) // 2] ^= 0x10
    return message


def feed(reader, pieces):
    for piece in pieces:
        if reader.feed(piece):
            raise ValueError("a reading too early")


main(sys.argv[1], int(sys.argv[2]), *[bytes.fromhex(key) for key in sys.argv[3:]])
