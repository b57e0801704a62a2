"""Records of hours and of quarter hours as bytes, in segments that are only ever appended to.

A segment is a file of at most 4096 octets: a head of 16, then up to 255 records of 16. The head: "HJ", form 1, the interval in
quarter hours (4 or 1), an interval's index to count from, the segment's number, two octets of nought, CRC-16. A record: index,
quality and whether a user made it, in 16 bits; import, export, reactive import, reactive export, 24 bits each (Wh, varh); CRC-16.
All low octet first but the CRC.

Of several records of an interval the last counts, in the order of the segments' numbers: so estimates are replaced, corrections
made, and undone by saying once more what was there before. What a power cut leaves of a record is passed over. An interval without
a record is missing.

13 months of hours are 38 segments, 40 days of quarter hours 16: 216 KB.
"""

import struct

from .crc import crc16

SIZE = 4096
RECORD = 16
_MIDDLE = 4096
_MOST = 0xFFFFFF


def head(span, base, number):
    """The beginning of segment `number`, whose records lie around the interval `base` of `span` seconds, 3600 or 900."""
    data = struct.pack("<2sBBIIH", b"HJ", 1, span // 900, base, number, 0)
    return data + struct.pack(">H", crc16(data))


def read_head(data):
    """(span, base, number). Raises ValueError where there is no head."""
    if len(data) < 16 or data[:3] != b"HJ\x01" or data[3] not in (1, 4) or crc16(data, 16):
        raise ValueError("not a segment of a journal")
    _, _, quarters, base, number, _ = struct.unpack("<2sBBIIH", data[:14])
    return 900 * quarters, base, number


def fits(base, index):
    """Whether a record of that interval can stand in a segment around `base`; otherwise begin another."""
    return -_MIDDLE <= index - base < _MIDDLE


def encode(base, record, corrected=False):
    """The 16 octets of a ledger's record (span, index, quality, Wh, Wh, varh, varh).

    Raises ValueError where it does not fit: an energy below 0 or above 16 777 215, an index far from `base`.
    """
    _, index, quality, *energies = record
    if not fits(base, index) or min(energies) < 0 or max(energies) > _MOST:
        raise ValueError("the record does not fit")
    data = bytearray(RECORD)
    word = (index - base + _MIDDLE) << 3 | quality << 1 | (1 if corrected else 0)
    struct.pack_into("<H", data, 0, word)
    at = 2
    for energy in energies:
        struct.pack_into("<HB", data, at, energy & 0xFFFF, energy >> 16)
        at += 3
    struct.pack_into(">H", data, 14, crc16(data, 14))
    return data


def records(data):
    """Yield (span, index, quality, Wh, Wh, varh, varh, corrected) of a segment's good records. Raises ValueError for a bad head."""
    span, base, _ = read_head(data)
    for at in range(16, len(data) - RECORD + 1, RECORD):
        row = data[at:at + RECORD]
        if crc16(row):
            continue
        word, a, b, c, d, e, f, g, h = struct.unpack("<HHBHBHBHB", row[:14])
        yield (span, base - _MIDDLE + (word >> 3), word >> 1 & 3, b << 16 | a, d << 16 | c, f << 16 | e, h << 16 | g, word & 1)


def whole(data):
    """How many octets of a segment are whole records with their head: cut it there before appending to it."""
    return len(data) - len(data) % RECORD
