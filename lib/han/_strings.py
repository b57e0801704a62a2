"""The form of the loops for an interpreter with fast string methods and regular expressions, which CPython is.

The same functions as in `_loops`, where they say what they do; equal results, equal work areas. A chip never has this file.
What an integer is multiplied by, and how large it may be, is remembered by the octets around it: a meter sends the same
codes, scalers and units every few seconds.
"""

import re
from array import array
from binascii import crc_hqx

from . import _loops
from ._loops import begin, ghash, hex_word, is_ident, write_clock
from .quantities import NONE, NO_UNIT, SHIFTS, UNITS, V, A, HZ, VAR, VARH, W, WH, lookup
from .quantities import name as slow_name
from .tables import FIRSTS, POWERS

__all__ = ("advance", "begin", "crc_x25", "ghash", "hex_word", "hunt", "is_ident", "name", "numbers", "p1_scan", "p1_split",
           "shift", "write_clock")

_REVERSED = bytes(int("{:08b}".format(n)[::-1], 2) for n in range(256))
_big = int.from_bytes

# What begins, in a group; or the last octets of what may begin.
_HUNT = re.compile(rb"(\x7e[\xa0-\xaf]|/[A-Za-z]|h(.)\2h|\xdb\x08[A-Z]{3})|[\x7e/]\Z|h.{0,2}\Z|\xdb.{0,3}\Z", re.S).search
_STOP = re.compile(rb"[!/\x80-\xff]").search
# Line ends, then code, parenthesis and sign, number, decimals, unit; or a clock; or what needs a closer look.
_LINES = re.compile(rb"[\r\n]*(?:([01]-[01]:0*[0-9]{1,2}\.[78]\.[0-4]\([-+]?)0*([0-9]{1,9}|(?=\.))(?:\.([0-9]{1,6}))?\*?([A-Za-z]*)\)"
                    rb"(?![^\r\n])|(0-0:0*1\.0\.0\(.{13}\))|)", re.S).finditer
_SPLIT = re.compile(rb"([0-9]{1,3})-([0-9]{1,3}):([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})(?:\*(?:255|[0-9]{0,2}))?"
                    rb"\(([^)\r\n]*)\)[^\r\n]*").match
_CLOCK = re.compile(rb"\x02[^\x03](?:\t\x06\0\0\x01\0\0.|\x06\t\0\0\x01\0\0\xff)\t\x0c.{12}", re.S).match

_TEXT_UNITS = {b"": NO_UNIT, b"w": W, b"wh": WH, b"var": VAR, b"varh": VARH, b"v": V, b"a": A, b"hz": HZ}
# Octets of an integer by its tag.
_INTEGERS = {5: 4, 6: 4, 16: 2, 18: 2}
_SIGNED = 16
_CODE = re.compile(rb"\t\x06(.{5}).|\x06\t(.{5})\xff", re.S).match
_TEXT_CODE = re.compile(rb"(.)-(.):0*([0-9]+)\.(.)\.(.)").match
# The loops take no more digits than a product with ten surely has room for.
_LARGEST_TEXT = 536870909
# So many kinds of values are remembered, of lines and of elements each: ten times what a meter has.
_REMEMBERED = 512
_BEHIND = 1 << 16
_lines = {}
_elements = {}

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
    rest = _big(octets.translate(_REVERSED), "big") << 16 ^ (_REVERSED[crc & 0xFF] << 8 | _REVERSED[crc >> 8]) << 8 * len(octets)
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


def advance(buf, data, n, w):
    """Take data[:n] in. Return 0 when there is nothing to decide, -1, with nothing done, when the buffer has no room for it."""
    end = w[168]
    if n > w[192] - end:
        return -1
    # A slice too short would shrink the buffer.
    if n > len(data):
        raise IndexError("data ends before n")
    w[173] += n
    if end == 0:
        w[168] = n
        mode = hunt(0, data, n, w)
        if w[168]:
            start = w[167]
            w[167] = 0
            w[168] = n = n - start
            buf[:n] = data[start:start + n]
        return mode
    mode = w[170]
    buf[end:end + n] = data[:n]
    w[168] = end = end + n
    if mode == 0:
        return hunt(w[167], buf, end, w)
    if w[169]:
        return 1 if end - w[167] >= w[169] else 0
    return p1_scan(buf, w[167] + w[171], end, w)


def hunt(at, octets, end, w):
    """Drop what cannot begin a message from octets[at:end], and return what begins, 0 for nothing."""
    start = w[167]
    found = _HUNT(octets, at, end)
    at = found.start() if found else end
    mode = FIRSTS[octets[at]] if found and found[1] else 0
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


def p1_scan(octets, at, end, w):
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
    w[172] = _crc_arc(crc & 0xFFFF, octets[at:stop])
    w[171] = stop - start
    return end - stop


def p1_split(octets, w):
    """Take the line at word 0 apart into words 3 to 11, and set word 0 behind it."""
    line = _SPLIT(octets, w[0], w[1])
    if line:
        a, b, c, d, e, _ = line.groups()
        code = array("i", (int(a), int(b), int(c), int(d), int(e)))
        if max(code) < 256:
            first, close = line.span(6)
            w[0] = end = line.end()
            w[3:12] = code + array("i", (1 + octets.count(b"(", first, end), first, close, end))
            return
    _loops.p1_split(octets, w)


def numbers(octets, w, form, places):
    """Make entries of the message in octets[w[0]:w[1]] until something needs a closer look. Return 1 with word 0 there, or 0
    at the end."""
    if form == 3:
        return _loops.numbers(octets, w, form, places)
    found = []
    marks = w[163] | w[164] << 16 | w[165] << 32 | w[166] << 48
    marks = _read_elements(octets, w, form, found, marks) if form else _read_lines(octets, w, found, marks)
    if found:
        at = 16 + 3 * w[2]
        w[at:at + len(found)] = array("i", found)
        count = len(found) // 3
        w[2] += count
        w[12] -= 2 * count if form == 2 else count
        w[13] += count
        for n in range(4):
            w[163 + n] = marks >> 16 * n & 0xFFFF
    return 1 if (w[12] > 0 if form else w[0] < w[1]) else 0


def _read_lines(octets, w, found, marks):
    for line in _LINES(octets, w[0], w[1]):
        code, whole, decimals, unit, clock = line.groups(b"")
        if code:
            key = code, len(decimals), unit
            known = _lines.get(key) or _learn_line(key)
            value = int(whole + decimals)
            if not known or value > known[3] or marks & known[4]:
                w[0] = line.start(1)
                break
            value *= known[1]
            found += known[0], value, value >> 31
            marks |= known[4]
            if known[5]:
                w[15] = 1
        elif clock and not w[14]:
            w[14] = line.end() - 14
        else:
            w[0] = line.start(5) if clock else line.end()
            break
    return marks


def _learn_line(key):
    code, decimals, unit = key
    a, b, c, d, e = map(int, _TEXT_CODE(code).groups())
    exponent = -decimals
    unit = unit.lower()
    if unit[:1] == b"k":
        unit = unit[1:]
        exponent += 3
    known = _known(lookup(a, b, c, d, e), _TEXT_UNITS.get(unit), exponent, _LARGEST_TEXT, code[-1:] == b"-")
    return _remember(_lines, key, known)


def _read_elements(octets, w, form, found, marks):
    """Elements of form 1 and 2. What is remembered is found by all octets but the integer's, and in form 2 by the scales."""
    at = w[0]
    end = w[1]
    left = w[12]
    octets = bytes(octets[:end])
    scales = w[176:192].tobytes()
    head, least = (11, 19) if form == 1 else (9, 11)
    while left > 0 and at + least <= end:
        body = at + head
        tag = octets[body - 1]
        if tag not in _INTEGERS:
            clock = form == 1 and not w[14] and _CLOCK(octets, at)
            if not clock:
                break
            at = clock.end()
            w[14] = at - 12
            left -= 1
            w[12] -= 1
            continue
        tail = body + _INTEGERS[tag]
        behind = tail + 6 if form == 1 else tail
        key = octets[at:body] + (octets[tail:behind] if form == 1 else scales)
        known = _elements.get(key) or _learn_element(key, form, w)
        if not known or behind > end:
            break
        value = _big(octets[body:tail], "big", signed=tag == _SIGNED)
        if value and not known[2] <= value <= known[3] or marks & known[4]:
            break
        value *= known[1]
        found += known[0], value, value >> 31
        marks |= known[4]
        if known[5]:
            w[15] = 1
        at = behind
        left -= form
    w[0] = at
    return marks


def _learn_element(key, form, w):
    code = _CODE(key, 2 if form == 1 else 0)
    if not code:
        return None
    quantity = lookup(*(code[1] or code[2]))
    if form == 1:
        if len(key) != 17 or key[:2] != b"\x02\x03" or key[11:14] != b"\x02\x02\x0f" or key[15] != 22:
            return None
        known = _known(quantity, key[16], (key[14] ^ 0x80) - 0x80, 0x7FFFFFFF, False)
    else:
        unit = UNITS[quantity] if quantity != NONE else 0
        known = _known(quantity, unit, w[176 + (unit & 15)] - 16, 0x7FFFFFFF, False)
        if known and unit == V:
            # What is no voltage of a house, 50 to 480 V, is looked at closely.
            word, factor, _, _, *rest = known
            known = word, factor, -(-50000 // factor), 480000 // factor, *rest
    return _remember(_elements, key, known)


def _known(quantity, unit, exponent, largest, negative):
    """(first word of the entry, factor, least and largest integer, bit, whether a register), None where there is no entry."""
    if quantity > 44 or unit != UNITS[quantity] or not 0 <= exponent + SHIFTS[quantity] <= 9:
        return None
    power = exponent + SHIFTS[quantity]
    factor = POWERS[power]
    largest = min(largest, POWERS[10 + power])
    register = 22 <= quantity <= 39
    shown = min(3, max(0, (3 if register else 0) - exponent))
    return quantity | shown << 8, -factor if negative else factor, -largest, largest, 1 << quantity, register


def _remember(memory, key, known):
    if known and len(memory) < _REMEMBERED:
        memory[key] = known
    return known
