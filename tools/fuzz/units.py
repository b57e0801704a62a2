"""Frames and telegrams in a stream of bytes, found apart from the parser: what has valid checksums, and what may make a reader wait.

Nothing here is fast or bounded; it looks at every place, and is the second opinion of the fuzzer.
"""

import re
from collections import namedtuple

from tools.fuzz.crc import arc, x25

IDENT = re.compile(rb"/[A-Za-z]{3}[0-9]")
_CRC = re.compile(rb"!([0-9A-Fa-f]{4})")
_CIPHERED = re.compile(rb"\xdb\x08[A-Z]{3}")
# A telegram up to the length of its ciphered part: an ident, a line end, the length of a title, 0 or 8, and the title.
_SEALED = re.compile(rb"/[A-Za-z]{3}[0-9][\x00-\x7f]*?\n(?:\x00|\x08.{8})", re.S)
_SHORTEST = 10  # octets between the flags of an HDLC frame with one octet of information
_TRAILER = 6    # octets of an M-Bus long frame that its length does not count: 68 L L 68 before, checksum and 16 behind
_LEAST = 6      # octets that it counts where there is data: a smaller length stands for 256 more, as Sagemcom sends it

# A frame or telegram with valid checksums in data[start:end]. `end` is behind the closing flag, or the last digit of the CRC.
Unit = namedtuple("Unit", "protocol start end")


def hdlc_length(data, at):
    """The length that the header with a right checksum at data[at] announces, flags not counted; 0 where there is none such."""
    if data[at:at + 1] != b"\x7e" or at + 3 > len(data) or data[at + 1] & 0xF0 != 0xA0:
        return 0
    length = (data[at + 1] & 7) << 8 | data[at + 2]
    end = at + 3
    for _ in range(2):  # destination and source address: 1, 2 or 4 octets, bit 0 in the last
        octets = next((n for n in (1, 2, 3, 4) if data[end + n - 1:end + n] and data[end + n - 1] & 1), 0)
        if octets not in (1, 2, 4):
            return 0
        end += octets
    end += 1
    if length < _SHORTEST or end + 2 > len(data) or end + 2 - at > length - 2:
        return 0
    return length if x25(data[at + 1:end]) == int.from_bytes(data[end:end + 2], "little") else 0


def mbus_end(data, at):
    """Where the M-Bus long frame with valid checksum at data[at] ends, lengths of 256 more than announced included; 0: none."""
    if data[at:at + 1] != b"\x68" or data[at + 3:at + 4] != b"\x68" or data[at + 1] != data[at + 2]:
        return 0
    for length in (data[at + 1], data[at + 1] + 256):
        end = at + length + _TRAILER
        if length >= 3 and data[end - 1:end] == b"\x16" and sum(data[at + 4:end - 2]) & 0xFF == data[end - 2]:
            return end
    return 0


def units(data):
    """Every Unit in the data, overlapping ones too."""
    found = []
    for match in re.finditer(rb"[\x7e\x68]", data):
        at = match.start()
        length = hdlc_length(data, at)
        end = at + length + 2
        if length and data[end - 1:end] == b"\x7e" and x25(data[at + 1:end - 3]) == int.from_bytes(data[end - 3:end - 1], "little"):
            found.append(Unit("hdlc", at, end))
        end = mbus_end(data, at)
        if end:
            found.append(Unit("mbus", at, end))
    for ident in IDENT.finditer(data):
        for crc in _CRC.finditer(data, ident.end()):
            if arc(data[ident.start():crc.start() + 1]) == int(crc[1], 16):
                found.append(Unit("p1", ident.start(), crc.end()))
    return found


def awaited(data, start, end, room):
    """(at, stop) of what each beginning in data[start:end] announces: a reader must wait until the octets before `stop` are there.

    An HDLC header with a right checksum announces its frame; `68 L L 68` announces an M-Bus frame; a ciphered APDU without
    frame announces its length, and so does the ciphered part of a telegram, but no reader waits for more than it has `room` for.
    A P1 telegram in clear announces nothing: it is over where another begins.
    """
    for beginning in re.finditer(rb"[\x7e\x68\xdb/]", data[start:end]):
        at = start + beginning.start()
        first = data[at]
        if first == 0x7E:
            length = hdlc_length(data, at)
            if length:
                yield at, at + length + 2
        elif first == 0x68 and data[at + 3:at + 4] == b"\x68" and data[at + 1] == data[at + 2]:
            yield at, at + data[at + 1] + _TRAILER + (256 if data[at + 1] < _LEAST else 0)
        elif first == 0xDB and _CIPHERED.match(data, at):
            yield at, at + min(10 + _announced(data, at + 10), room)
        elif first == 0x2F:
            sealed = _SEALED.match(data, at)
            if sealed:
                yield at, at + min(sealed.end() - at + max(_announced(data, sealed.end()) + 5, 12), room)


def _announced(data, at):
    """How many octets the BER length at data[at] and what it tells of take up."""
    size = data[at:at + 3].ljust(3, b"\xff")
    return 1 + size[0] if size[0] < 0x80 else 2 + size[1] if size[0] == 0x81 else 3 + (size[1] << 8 | size[2])
