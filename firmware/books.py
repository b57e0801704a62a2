"""The energy's books in flash, to be read: what each hour and quarter hour was. A rare room; entries.py writes.

The folder `ledger` holds segments as energy.journal describes them. A segment's name is h or q, its number (5 hex digits), and once
another one has begun, the lowest and the highest index in it, so that nobody has to look into it for other times.
"""

import errno
import os
import struct

from energy.crc import crc16
from micropython import const

# Not "energy": at the next start a folder of that name would be taken for the package.
FOLDER = "ledger/"
RECORD = 16
# Records that are read at once; intervals that are put in order at once.
_READ = const(32)
_ORDER = const(32)
# No interval comes later.
_END = const(1 << 29)
_MIDDLE = const(4096)


def find(span, since, until):
    """Yield (index, quality, Wh, Wh, varh, varh, corrected) of the intervals from index `since` up to before `until`, in order, each
    as it was said last. Raises OSError. What is written meanwhile may or may not be seen."""
    for start in range(since, until, _ORDER):
        found = _sorted(span, start, min(until, start + _ORDER))
        for place in range(0, len(found), RECORD):
            word, a, b, c, d, e, f, g, h = struct.unpack_from("<HHBHBHBHB", found, place)
            if word & 8:
                yield (start + place // RECORD, word >> 1 & 3, b << 16 | a, d << 16 | c, f << 16 | e, h << 16 | g, word & 1)


def _sorted(span, start, end):
    """Records of these intervals, one behind the other: their first word is quality and correction, and 8; 0 where there is none."""
    found = bytearray(RECORD * (end - start))
    for name in segments(span, start, end):
        for base, piece in pieces(name):
            for at in range(0, len(piece), RECORD):
                place = index(base, piece, at) - start
                if 0 <= place < end - start:
                    record = piece[at:at + RECORD]
                    if not crc16(record):
                        record[0] = record[0] & 7 | 8
                        record[1] = 0
                        found[place * RECORD:(place + 1) * RECORD] = record
    return found


def index(base, piece, at):
    """The index of the record that begins there, whatever its checksum says."""
    return base - _MIDDLE + ((piece[at] | piece[at + 1] << 8) >> 3)


def segments(span, since=0, until=_END):
    """The names of the segments that may have intervals from index `since` up to before `until`, in the order in which they were
    written. Raises OSError."""
    letter = "q" if span == 900 else "h"
    names = []
    try:
        # Not all names at once: there are sixty.
        for entry in os.ilistdir(FOLDER[:-1]):
            name = entry[0]
            if name[0] == letter and len(name) in (6, 20):
                low, high = reach(name)
                if low < until and high >= since:
                    names.append(name)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
    names.sort()
    return names


def reach(name):
    """The lowest and the highest index in a segment, as far as its name says."""
    if len(name) == 6:
        return 0, _END
    return int(name[7:13], 16), int(name[14:], 16)


def pieces(name):
    """Yield (base, some whole records) of a segment; the octets are good until the next ones come."""
    piece = bytearray(_READ * RECORD)
    with open(FOLDER + name, "rb") as f:
        head = f.read(RECORD)
        # As energy.journal.read_head() has it, which is not in memory here.
        if len(head) < RECORD or head[:3] != b"HJ\x01" or crc16(head):
            return
        base = struct.unpack_from("<I", head, 4)[0]
        size = f.readinto(piece)
        while size >= RECORD:
            yield base, piece if size == len(piece) else piece[:size - size % RECORD]
            size = f.readinto(piece)
