"""Lines, elements and clocks read by regular expressions, for `_strings`.

What an integer is multiplied by, and how large it may be, is remembered by the octets around it: a meter sends the same
codes, scalers and units every few seconds.
"""

import re
from array import array

from ._const import const
from . import _entries
from .quantities import SHIFTS, UNITS, lookup
from .tables import POWERS

_A = const(33)
_HZ = const(44)
_METER_ID = const(46)
_METER_TIME = const(45)
_METER_TYPE = const(47)
_NO_UNIT = const(255)
_NONE = const(255)
_POWER_FACTOR = const(40)
_V = const(35)
_VAR = const(29)
_VARH = const(32)
_W = const(27)
_WH = const(30)

# Line ends, then code, parenthesis and sign, number, decimals, unit; or a clock; or what needs a closer look.
_LINES = re.compile(rb"[\r\n]*+(?:([01]-[01]:0*[0-9]{1,2}\.[78]\.[0-4]\([-+]?+)0*([0-9]{1,9}+|(?=\.))(?:\.([0-9]{1,6}+))?+\*?+"
                    rb"([A-Za-z]*+)\)(?![^\r\n])|(0-0:0*1\.0\.0\(.{13}\))|)", re.S).finditer
# Line ends, then code and a value with its unit; or code and what else has a parenthesis; or neither.
_OTHERS = re.compile(rb"[\r\n]*+(?:([0-9]{1,3}+-[0-9]{1,3}+:[0-9]{1,3}+\.[0-9]{1,3}+\.[0-9]{1,3}+)(?:\*(?:255|[0-9]{0,2}))?\("
                     rb"(?:([^()*\r\n]*)(?:\*([^()\r\n]*))?\)(?![^\r\n])|([^)\r\n]*\)[^\r\n]*))|)").finditer
_CLOCK = re.compile(rb"\x02[^\x03](?:\t\x06\0\0\x01\0\0.|\x06\t\0\0\x01\0\0\xff)\t\x0c.{12}", re.S).match
_CODE = re.compile(rb"\t\x06(.{5}).|\x06\t(.{5})\xff", re.S).match
_GROUPS = re.compile(rb"[0-9]+").findall
_TIME = re.compile(rb"([0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])").match

_UNITS = {b"": _NO_UNIT, b"w": _W, b"wh": _WH, b"var": _VAR, b"varh": _VARH, b"v": _V, b"a": _A, b"hz": _HZ}
_IDENTIFIERS = {(0, 0, 96, 1, 0): _METER_ID, (0, 0, 96, 1, 1): _METER_ID, (0, 0, 96, 1, 7): _METER_TYPE}
# Octets of an integer by its tag.
_INTEGERS = {5: 4, 6: 4, 16: 2, 18: 2}
_SIGNED = 16
_LARGEST = 0x7FFFFFFF
# Where nothing is known and nothing can be learned, no integer fits.
_NOTHING = 0, 0, 0, -1, -1, False
_integer = int.from_bytes
# The loops take no more digits than a product with ten surely has room for.
_LARGEST_TEXT = 536870909
# So many kinds of values are remembered, of lines, codes and elements each: ten times what a meter has.
_REMEMBERED = 512
_LONGEST = 100
_lines = {}
_codes = {}
_elements = {}
# For `_memory`, by the buffer's id while a message in it is learned: lists that take (what is known, start, end) of each
# entry's integer, (code, start, end, unit) of what goes into `other`, (binary, start) of each clock that is one.
traces = {}


def numbers(octets, w, form, places):
    """Make entries of the message in octets[w[0]:w[1]] until something needs a closer look. Return 1 with word 0 there, or 0
    at the end."""
    if form == 3:
        return _entries.numbers(octets, w, form, places)
    found = []
    (_read_elements if form else _read_lines)(octets, w, form, found)
    if found:
        at = 16 + 3 * w[2]
        w[at:at + len(found)] = array("i", found)
        count = len(found) // 3
        w[2] += count
        w[12] -= 2 * count if form == 2 else count
        w[13] += count
    return 1 if (w[12] > 0 if form else w[0] < w[1]) else 0


def _marks(w):
    return w[163] | w[164] << 16 | w[165] << 32 | w[166] << 48


def _mark(w, marks):
    for n in range(4):
        w[163 + n] = marks >> 16 * n & 0xFFFF


def _read_lines(octets, w, form, found):
    marks = _marks(w)
    trace = traces.get(id(octets)) if traces else None
    for line in _LINES(octets, w[0], w[1]):
        code, whole, decimals, unit, clock = line.groups(b"")
        if code:
            key = code, len(decimals), unit
            known = _lines.get(key) or _learn_line(key)
            value = int(whole + decimals)
            word, factor, _, largest, bit, register = known or _NOTHING
            if value > largest or marks & bit:
                w[0] = line.start(1)
                break
            if trace is not None:
                trace.append((known, line.end(1), max(line.end(2), line.end(3))))
            value *= factor
            found += word, value, value >> 31
            marks |= bit
            if register:
                w[15] = 1
        elif clock and not w[14]:
            w[14] = line.end() - 14
        else:
            w[0] = line.start(5) if clock else line.end()
            break
    if found:
        _mark(w, marks)


def _learn_line(key):
    code, decimals, unit = key
    a, b, c, d, e = (int(group[-2:]) for group in _GROUPS(code))
    exponent = -decimals
    unit = unit.lower()
    if unit[:1] == b"k":
        unit = unit[1:]
        exponent += 3
    known = _known(lookup(a, b, c, d, e), _UNITS.get(unit), exponent, _LARGEST_TEXT, code[-1:] == b"-")
    return _remember(_lines, key, known, len(code))


def _read_elements(octets, w, form, found):
    """Elements of form 1 and 2. What is remembered is found by all octets but the integer's, and in form 2 by the scales."""
    at = w[0]
    end = w[1]
    left = w[12]
    head, shortest = (11, 19) if form == 1 else (9, 11)
    if left <= 0 or at + shortest > end or form == 2 and octets[at + 8] not in _INTEGERS:
        return
    trace = traces.get(id(octets)) if traces else None
    octets = bytes(octets[:end])
    scales = w[176:192].tobytes()
    marks = _marks(w)
    while left > 0 and at + shortest <= end:
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
        word, factor, least, largest, bit, register = known
        value = _integer(octets[body:tail], "big")
        if tag == _SIGNED and value > 0x7FFF:
            value -= 0x10000
        if value and not least <= value <= largest or marks & bit:
            break
        if trace is not None:
            trace.append((known, body, tail))
        value *= factor
        found += word, value, value >> 31
        marks |= bit
        if register:
            w[15] = 1
        at = behind
        left -= form
    w[0] = at
    if found:
        _mark(w, marks)


def _learn_element(key, form, w):
    code = _CODE(key, 2 if form == 1 else 0)
    if not code:
        return None
    quantity = lookup(*(code[1] or code[2]))
    if form == 1:
        if len(key) != 17 or key[:2] != b"\x02\x03" or key[11:14] != b"\x02\x02\x0f" or key[15] != 22:
            return None
        known = _known(quantity, key[16], (key[14] ^ 0x80) - 0x80, _LARGEST, False)
    else:
        unit = UNITS[quantity] if quantity != _NONE else 0
        # A power factor or a frequency whose scale only the maker's papers tell is looked at closely.
        known = _known(quantity, unit, w[176 + (unit & 15)] - 16, _LARGEST, False) if quantity < _POWER_FACTOR else None
        if known and unit == _V:
            # What is no voltage of a house, 50 to 480 V, is looked at closely.
            word, factor, _, _, *rest = known
            known = word, factor, -(-50000 // factor), 480000 // factor, *rest
    return _remember(_elements, key, known, len(key))


def _known(quantity, unit, exponent, largest, negative):
    """(first word of the entry, factor, least and largest integer, bit, whether a register), None where there is no entry."""
    if quantity >= _METER_TIME or unit != UNITS[quantity] or not 0 <= exponent + SHIFTS[quantity] <= 9:
        return None
    power = exponent + SHIFTS[quantity]
    factor = POWERS[power]
    largest = min(largest, POWERS[10 + power])
    register = 22 <= quantity <= 39
    shown = min(3, max(0, (3 if register else 0) - exponent))
    return quantity | shown << 8, -factor if negative else factor, -largest, largest, 1 << quantity, register


def _remember(memory, key, known, length):
    if known and length < _LONGEST and len(memory) < _REMEMBERED:
        memory[key] = known
    return known


def write_clock(octets, at, text, binary):
    """Write the time at octets[at] into the text `2000-00-00T00:00:00`. Return 0 where it is none of this century."""
    if binary:
        year, month, day = (octets[at] << 8 | octets[at + 1]) - 2000, octets[at + 2], octets[at + 3]
        hour, minute, second = octets[at + 5:at + 8]
        if not (0 <= year <= 99 and 1 <= month <= 12 and 1 <= day <= 31 and hour <= 23 and minute <= 59 and second <= 59):
            return 0
        text[2:] = b"%02d-%02d-%02dT%02d:%02d:%02d" % (year, month, day, hour, minute, second)
    else:
        time = _TIME(octets, at)
        if not time:
            return 0
        text[2:] = b"%b-%b-%bT%b:%b:%b" % time.groups()
    if traces and id(octets) in traces:
        traces[id(octets)].append((binary, at))
    return 1


def others(octets, w, reading, append):
    """Put lines from word 0 on into the reading as long as they are surely neither numbers that have a name nor a clock: into
    its texts, into `other`, or with append(reading, code, octets, start, end).

    Return the last one's code, "" where that went into the texts, None where there was none; word 0 stands behind it.
    """
    other = reading.other
    trace = traces.get(id(octets)) if traces else None
    last = None
    for line in _OTHERS(octets, w[0], w[1]):
        written, value, unit, several = line.groups()
        known = _codes.get(written) or written and _learn_code(written)
        if not known:
            break
        code, quantity = known
        if quantity != _NONE and (several is None or b"(" not in several):
            if several or unit is not None or not reading.put_text(quantity, value.decode().strip()):
                break
            code = ""
        elif several is None and code not in other:
            other[code] = value.decode(), unit.decode() if unit else ""
            if trace is not None:
                trace.append((code, *line.span(2), other[code][1]))
        else:
            append(reading, code, octets, line.start(4 if several else 2), line.end())
        last = code
        w[0] = line.end()
    return last


def _learn_code(written):
    """(code, the text that a single value under it is, NONE where it is none), None where lines of that code are left."""
    groups = tuple(map(int, _GROUPS(written)))
    if max(groups) > 255 or groups == (0, 0, 1, 0, 0) or lookup(*groups) != _NONE:
        return None
    return _remember(_codes, written, ("%d-%d:%d.%d.%d" % groups, _IDENTIFIERS.get(groups, _NONE)), len(written))
