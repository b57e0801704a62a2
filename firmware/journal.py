"""What survives a power cut: records of a fixed size in files of one flash block each. A rare room.

The folder `journal` holds segments, each named by the number of its first record (8 hex digits), and `confirmed`, the number
up to which the broker has everything. Numbers grow for ever and are used once. LittleFS changes a file as a whole when it is
closed, so a record is there or not; whatever else may happen to a file, the CRC tells a whole record from a torn one.
No record is ever changed; the oldest segment goes when there are too many.
"""

import binascii
import errno
import os
import struct

from micropython import const

from firmware.draft import make_folder, write

_FOLDER = const("journal")
_CONFIRMED = const("journal/confirmed")
BODY = 34
# Number, body, CRC-32 of both.
_RECORD = const(42)
# What fits into a block of 4096 bytes.
_IN_SEGMENT = const(97)
# 1843 records at least, of which 60 days of hours take 1440.
_SEGMENTS = const(20)


def append(body):
    """Store BODY octets; return the number they got, 1 or more. Raises OSError; what was there is there still."""
    names = _segments()
    last, _, room = _tail(names)
    number = max(last, confirmed()) + 1
    record = struct.pack("<I", number) + body
    record += struct.pack("<I", binascii.crc32(record))
    if room and number == last + 1:
        name = names[-1]
        mode = "ab"
    else:
        name = "%08x" % number
        mode = "wb"
        if not names:
            make_folder(_FOLDER)
        for old in names[:max(0, len(names) + 1 - _SEGMENTS)]:
            os.remove(_path(old))
    with open(_path(name), mode) as f:
        f.write(record)
    return number


def last():
    """(number, body) of the newest record, (0, None) without one. Raises OSError."""
    return _tail(_segments())[:2]


def find(number):
    """(number, body) of the oldest record that has this number or a higher one, None without one. Raises OSError."""
    names = _segments()
    for at, name in enumerate(names):
        if at + 1 < len(names) and int(names[at + 1], 16) <= number:
            continue
        first = int(name, 16)
        place = max(0, number - first)
        with open(_path(name), "rb") as f:
            f.seek(place * _RECORD)
            record = f.read(_RECORD)
            while len(record) == _RECORD:
                if _whole(record, first + place):
                    return first + place, record[4:4 + BODY]
                place += 1
                record = f.read(_RECORD)
    return None


def confirmed():
    """The number up to which the broker has everything; 0 where that is not known."""
    try:
        with open(_CONFIRMED) as f:
            return int(f.read(), 16)
    except (OSError, ValueError):
        return 0


def confirm(number):
    """Keep that the broker has everything up to this number. Raises OSError; then the old number stands."""
    write(_CONFIRMED, b"%08x" % number)


def _path(name):
    return _FOLDER + "/" + name


def _segments():
    """The segments' names, in order."""
    try:
        names = os.listdir(_FOLDER)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        return []
    return sorted(name for name in names if len(name) == 8 and not name.strip("0123456789abcdef"))


def _tail(names):
    """(number and body of the newest record, or 0 and None; whether the newest segment ends with it and has room)."""
    for at in range(len(names) - 1, -1, -1):
        first = int(names[at], 16)
        size = os.stat(_path(names[at]))[6]
        with open(_path(names[at]), "rb") as f:
            for place in range(size // _RECORD - 1, -1, -1):
                f.seek(place * _RECORD)
                record = f.read(_RECORD)
                if _whole(record, first + place):
                    room = at == len(names) - 1 and size == (place + 1) * _RECORD and place + 1 < _IN_SEGMENT
                    return first + place, record[4:4 + BODY], room
    return 0, None, False


def _whole(record, number):
    """Whether these octets are the record of that number, as it was written."""
    found, = struct.unpack_from("<I", record, 0)
    crc, = struct.unpack_from("<I", record, _RECORD - 4)
    return found == number and crc == binascii.crc32(record[:_RECORD - 4])
