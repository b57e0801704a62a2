"""The form of the loops for an interpreter with fast string methods and regular expressions, which CPython is.

The same functions as in `_loops` and `_entries`, where they say what they do; equal results, equal work areas. A chip never has this file.
"""

import re
from binascii import crc_hqx

from . import _entries
from ._entries import begin
from ._loops import ghash, is_ident
from ._memory import remembering
from ._patterns import numbers, others, write_clock
from .quantities import UNITS
from .quantities import name as slow_name
from .tables import FIRSTS

__all__ = ("advance", "begin", "crc_x25", "ghash", "hex_word", "is_ident", "name", "numbers", "others", "p1_split",
           "remembering", "shift", "write_clock")

_REVERSED = bytes(int("{:08b}".format(n)[::-1], 2) for n in range(256))
_BEHIND = 1 << 16
# What begins, in a group; or the last octets of what may begin.
_HUNT = re.compile(rb"(\x7e[\xa0-\xaf]|/[A-Za-z]|h(.)\2h|\xdb\x08[A-Z]{3})|[\x7e/]\Z|h.{0,2}\Z|\xdb.{0,3}\Z", re.S).search
_STOP = re.compile(rb"[!/\x80-\xff]").search
_HEX = re.compile(rb"[0-9A-Fa-f]{4}").match
_NO_CODE = re.compile(rb"(?![0-9])[^\r\n]*").match

name = tuple(slow_name(quantity) for quantity in range(len(UNITS))).__getitem__


def crc_x25(octets, start, end):
    """CRC-16/X-25 of octets[start:end]: the reflected form of the CRC that the standard library has."""
    crc = crc_hqx(octets[start:end].translate(_REVERSED), 0xFFFF)
    return (_REVERSED[crc & 0xFF] << 8 | _REVERSED[crc >> 8]) ^ 0xFFFF


def _crc_arc(crc, octets):
    """CRC-16/ARC carried on from crc: the remainder of the whole as one polynomial, by long integers.

    Its divisor is (x + 1)(x**15 + x + 1). For the second factor x**(15 n) is x**n + 1 where n is a power of two, so what
    stands above bit 15 n goes down in one step; the first tells the parity.
    """
    rest = int.from_bytes(octets.translate(_REVERSED), "big") << 16
    rest ^= (_REVERSED[crc & 0xFF] << 8 | _REVERSED[crc >> 8]) << 8 * len(octets)
    parity = rest.bit_count() & 1
    n = 1 << (rest.bit_length() // 15).bit_length()
    while n:
        high = rest >> 15 * n
        while high:
            rest ^= high << 15 * n ^ high << n ^ high
            high = rest >> 15 * n
        n >>= 1
    if rest.bit_count() & 1 != parity:
        rest ^= 0x8003
    return _REVERSED[rest & 0xFF] << 8 | _REVERSED[rest >> 8]


def shift(octets, start, end):
    """Move octets[start:end] to the front."""
    octets[:end - start] = octets[start:end]


def advance(buf, n, data, w):
    """Take data[:n] into the buffer. Return 0 when there is nothing to decide, -1, with nothing done, when there is no room."""
    end = w[168]
    filled = end + n
    if filled > w[192]:
        return -1
    # A slice too short would shrink the buffer.
    if n > len(data):
        raise IndexError("data ends before n")
    w[173] += n
    w[168] = filled
    start = w[167]
    if end == 0:
        mode = _hunt(0, data, n, w)
        if w[168]:
            start = w[167]
            w[167] = 0
            w[168] = n = n - start
            buf[:n] = data[start:start + n]
        return mode
    if n:
        buf[end:filled] = data[:n]
    if w[170] == 0:
        return _hunt(start, buf, filled, w)
    if w[169]:
        return 1 if filled - start >= w[169] else 0
    return _scan(buf, start + w[171], filled, w)


def _hunt(at, octets, end, w):
    """Drop what cannot begin a message from octets[at:end], and return what begins, 0 for nothing."""
    start = w[167]
    found = _HUNT(octets, at, end)
    at = found.start() if found else end
    mode = FIRSTS[octets[at]] & 7 if found and found[1] else 0
    closing = min(w[175], at - start)
    w[174] += at - start - closing
    w[175] -= closing
    if at == end:
        at = 0
        w[168] = 0
    w[167] = at
    w[169] = 0
    w[170] = mode
    w[171] = 0
    if mode:
        w[175] = 0
    return mode


def _scan(octets, at, end, w):
    """Look a telegram through from octets[at] on, up to `!`, `/` or what is not ASCII. Return 0 where there is none such.

    Its CRC is carried on when there is one, in one go. Until then word 172 says that it stands behind the `!` or `/` before.
    """
    found = _STOP(octets, at, end)
    start = w[167]
    if not found:
        w[172] |= _BEHIND
        w[171] = end - start
        return 0
    stop = found.start()
    crc = w[172]
    if crc & _BEHIND:
        at = max(start, octets.rfind(b"!", start, at) + 1, octets.rfind(b"/", start, at) + 1)
        crc ^= _BEHIND
    w[172] = _crc_arc(crc, octets[at:stop]) if at < stop else crc
    w[171] = stop - start
    return end - stop


def p1_split(octets, w):
    """Take the line at word 0 apart into words 3 to 11, and set word 0 behind it."""
    at = w[0]
    line = _NO_CODE(octets, at, w[1])
    if not line:
        _entries.p1_split(octets, w)
        return
    w[0] = end = line.end()
    w[3] = -1
    w[8] = 0
    w[9] = at
    w[10] = -1
    w[11] = end


def hex_word(octets, at):
    """The four hexadecimal digits at octets[at] as a number, -1 where they are none."""
    digits = _HEX(octets, at)
    return int(digits[0], 16) if digits else -1
