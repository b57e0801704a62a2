"""The fuzzer's streams: intact messages, a damaged part, intact messages again. The same seed and number give the same stream."""

import random
from collections import namedtuple

from tools.fuzz.damage import KINDS, Broken
from tools.fuzz.units import awaited

ROOM = 3072  # octets of the reader's buffer; it may wait for no more
_PIECES = (1, 3, 16, 64, 256, 0)  # octets a feed; 0: of any size

# A message that was sent intact: where it begins and is complete, the octet by which it must be read, and the truth.
Sent = namedtuple("Sent", "start complete due truth")


class Stream:
    """`data`; `kind` of damage; `meter` it was done to; `keys` for its reader; `sent`, intact messages in order; `originals`, the
    truths of what was broken; `cuts`, where the feeds end."""

    def __init__(self, kind, meter, keys=None):
        self.kind = kind
        self.meter = meter
        self.keys = keys or {}
        self.data = b""
        self.sent = []
        self.originals = []
        self.cuts = []


class _Line:
    """Puts pieces one behind the other."""

    def __init__(self):
        self.data = bytearray()
        self.placed = []  # (start, complete, truth)
        self.broken = []  # (start, end) of what is not part of an intact message

    def put(self, piece, share):
        """`share`: one flag may close what was there and open the piece."""
        if isinstance(piece, Broken):
            # A closing flag before it may be taken for its opening one.
            self.broken.append((max(0, len(self.data) - 1), len(self.data) + len(piece.data)))
            self.data += piece.data
            return
        if share and self.data[-1:] == b"\x7e" == piece.data[:1]:
            del self.data[-1]
        start = len(self.data)
        self.placed.append((start, start + piece.complete, piece.truth))
        self.data += piece.data

    def sent(self):
        """What was placed, each with its due."""
        waits = [wait for start, end in self.broken for wait in awaited(self.data, start, end, ROOM)]
        return [Sent(start, complete, max([complete] + [end for at, end in waits if at < start]), truth)
                for start, complete, truth in self.placed]


def make_stream(seed, number, sources):
    """Stream `number` of the seed. `sources` must be the same as well, in the same order."""
    rng = random.Random(f"{seed} {number}")
    kind = list(KINDS)[number % len(KINDS)]
    source = rng.choice(sources).fresh()
    stream = Stream(kind, source.name, source.keys)
    sources = [other for other in sources if not other.keys]
    pieces = [source.draw(rng) for _ in range(rng.randrange(3))]
    pieces += KINDS[kind](rng, sources, source)
    line = _Line()
    sharing = rng.choice((0, 0.5))
    for piece in pieces:
        line.put(piece, rng.random() < sharing)
        if isinstance(piece, Broken):
            stream.originals += [message.truth for message in piece.originals]
    for _ in range(2):
        line.put(source.draw(rng), rng.random() < sharing)
    next_one = len(line.placed) - 2
    stream.sent = line.sent()
    # Whatever the damage makes a reader wait for, it gets; then the next message must be there.
    while stream.sent[next_one].due > len(line.data):
        line.put(source.draw(rng), rng.random() < sharing)
        stream.sent = line.sent()
    stream.data = bytes(line.data)
    stream.cuts = _cuts(rng, len(stream.data))
    return stream


def _cuts(rng, length):
    size = rng.choice(_PIECES)
    if size:
        return [*range(size, length, size), length]
    count = rng.randint(0, 12)
    return sorted({length, *(rng.randrange(1, length) for _ in range(count))})
