"""The loops that touch every octet, written for MicroPython's viper emitter: machine code there, plain Python elsewhere.

Integers are 32 bits wide in machine code, so nothing here computes beyond 2**31; what needs more is left to the
caller. Positions are indices into the buffer, ranges half open; the caller vouches that they lie inside it.
"""

try:
    import micropython
except ImportError:
    from . import _viper as micropython
    from ._viper import ptr8, ptr16, ptr32

from .quantities import INSTANTANEOUS, REGISTERS, SHIFTS, UNITS
from .tables import ARC, POWERS, X25


@micropython.viper
def crc_x25(octets: ptr8, start: int, end: int) -> int:
    """CRC-16/X-25 of octets[start:end]."""
    table = ptr16(X25)
    crc = 0xFFFF
    while start < end:
        crc = table[(crc ^ octets[start]) & 0xFF] ^ (crc >> 8)
        start += 1
    return crc ^ 0xFFFF


@micropython.viper
def copy(target: ptr8, at: int, source: ptr8, n: int):
    """Copy source[:n] to target[at:at + n]."""
    while n:
        n -= 1
        target[at + n] = source[n]


@micropython.viper
def shift(octets: ptr8, start: int, end: int):
    """Move octets[start:end] to the front."""
    i = 0
    while start < end:
        octets[i] = octets[start]
        start += 1
        i += 1


@micropython.viper
def hunt(octets: ptr8, start: int, end: int) -> int:
    """Where in octets[start:end] a frame or telegram may begin: `7E A?`, or `/` and a letter; `end` where nothing may.

    A first octet at the very end counts, because its successor is not known yet.
    """
    while start < end:
        b = octets[start]
        if b == 0x7E:
            if start + 1 == end or octets[start + 1] & 0xF0 == 0xA0:
                return start
        elif b == 0x2F:
            if start + 1 == end:
                return start
            b = octets[start + 1] & 0xDF
            if b >= 65 and b <= 90:
                return start
        start += 1
    return end


@micropython.viper
def p1_scan(octets: ptr8, start: int, end: int, w: ptr32) -> int:
    """Carry the CRC-16/ARC in word 13 on over octets[start:end], and stop before `!`, `/` or what is not ASCII.

    Return where it stopped, `end` where it did not.
    """
    table = ptr16(ARC)
    crc = w[13]
    while start < end:
        b = octets[start]
        if b < 0x30:
            if b == 0x21 or b == 0x2F:
                break
        elif b > 0x7F:
            break
        crc = table[(crc ^ b) & 0xFF] ^ (crc >> 8)
        start += 1
    w[13] = crc
    return start


@micropython.viper
def begin(w: ptr32, pos: int, end: int):
    """Empty the work area for a message in octets[pos:end]."""
    w[0] = pos
    w[1] = end
    w[2] = 0
    pos = 163
    while pos < 167:
        w[pos] = 0
        pos += 1


@micropython.viper
def p1_lines(octets: ptr8, w: ptr32) -> int:
    """Read lines of a telegram into entries until one needs a closer look: `A-B:C.D.E(number*unit)` does not.

    Return 1 with word 0 at that line, 0 at the end of the text, which `!` follows.
    """
    at = w[0]
    end = w[1]
    units = ptr8(UNITS)
    while at < end:
        b = octets[at]
        if b == 13 or b == 10:
            at += 1
            continue
        w[0] = at
        # `A-B:` of one digit each.
        if octets[at + 1] != 0x2D or octets[at + 3] != 0x3A:
            return 1
        a_b = (b - 48) << 8 | (octets[at + 2] - 48)
        at += 4
        c = 0
        while True:
            b = (octets[at] - 48) & 0xFF
            at += 1
            if b > 9:
                break
            c = c * 10 + b
        # `D.E(` of one digit each.
        if b != 0xFE or c > 255 or octets[at + 1] != 0x2E or octets[at + 3] != 0x28:
            return 1
        q = int(lookup(a_b, c, octets[at] - 48, octets[at + 2] - 48))
        at += 4
        if q == 255 or w[163 + (q >> 4)] >> (q & 15) & 1:
            return 1
        sign = octets[at]
        if sign == 0x2D or sign == 0x2B:
            at += 1
        value = 0
        first = at
        exponent = 0
        while True:
            b = (octets[at] - 48) & 0xFF
            if b > 9:
                if b != 0xFE or exponent:
                    break
                exponent = at + 1
            else:
                if value > 53687090:
                    return 1
                value = value * 10 + b
            at += 1
        if at == first or at == exponent:
            return 1
        exponent = exponent - at if exponent else 0
        # The unit, in any spelling, with or without its `*`.
        b = octets[at]
        if b == 0x2A:
            at += 1
            b = octets[at]
        b |= 0x20
        if b == 0x6B:
            exponent += 3
            at += 1
            b = octets[at] | 0x20
        unit = 0
        if b == 0x77:
            at += 1
            unit = 27
            if octets[at] | 0x20 == 0x68:
                at += 1
                unit = 30
        elif b == 0x76 and octets[at + 1] | 0x20 == 0x61 and octets[at + 2] | 0x20 == 0x72:
            at += 3
            unit = 29
            if octets[at] | 0x20 == 0x68:
                at += 1
                unit = 32
        elif b == 0x76:
            at += 1
            unit = 35
        elif b == 0x61:
            at += 1
            unit = 33
        elif b == 0x68 and octets[at + 1] | 0x20 == 0x7A:
            at += 2
            unit = 44
        elif b == 0x29:
            unit = 255
        if unit != units[q] or octets[at] != 0x29:
            return 1
        at += 1
        if at < end and octets[at] != 13 and octets[at] != 10:
            return 1
        if int(put(w, q, 0 - value if sign == 0x2D else value, exponent)) == 0:
            return 1
    w[0] = at
    return 0


@micropython.viper
def p1_split(octets: ptr8, w: ptr32):
    """Take the line at word 0 apart into words 3 to 11, and set word 0 behind it."""
    marks = ptr8(b"-:..(")
    at = w[0]
    end = w[1]
    group = 0
    number = -1
    values = 0
    first = at
    close = -1
    while at < end:
        b = octets[at]
        if b == 13 or b == 10:
            break
        at += 1
        if group == 6:
            if b == 0x29:
                if close < 0:
                    close = at - 1
            elif b == 0x28:
                values += 1
        elif b >= 48 and b <= 57:
            number = b - 48 if number < 0 else number * 10 + b - 48
            if number > 255:
                group = 7
                number = 0
        elif group < 5 and number >= 0 and (b == marks[group] or (group == 4 and b == 0x2A)):
            w[3 + group] = number
            group += 1
            number = -1
            if b == 0x28:
                group = 6
                values = 1
                first = at
        elif group == 5 and b == 0x28:
            group = 6
            values = 1
            first = at
        else:
            group = 7
            number = 0
    w[0] = at
    if close < 0:
        w[3] = -1
    w[8] = values
    w[9] = first
    w[10] = close
    w[11] = at


@micropython.viper
def lookup(a_b: int, c: int, d: int, e: int) -> int:
    """The quantity of an OBIS code, 255 where it is none; a_b is A << 8 | B.

    Electricity is A 1 with B 0 or 1 (Kamstrup writes 1-1), for some Landis+Gyr registers 0-0; other B are further
    meters behind this one, whose values must not be taken for its own.
    """
    if c > 73 or (a_b != 0x100 and a_b != 0x101 and a_b != 0):
        return 255
    if d == 7 and e == 0:
        instantaneous = ptr8(INSTANTANEOUS)
        return instantaneous[c]
    if d == 8:
        if e == 0:
            registers = ptr8(REGISTERS)
            return registers[c]
        if e <= 4 and (c == 1 or c == 2):
            return 27 + c * 4 + e
    return 255


@micropython.viper
def put(w: ptr32, q: int, value: int, exponent: int) -> int:
    """Make an entry of value x 10**exponent in the quantity's plain unit. Return 0, with nothing done, where that takes a
    division, or more than 31 bits."""
    shifts = ptr8(SHIFTS)
    powers = ptr32(POWERS)
    places = exponent + shifts[q]
    if places < 0 or places > 9:
        return 0
    size = value if value >= 0 else 0 - value
    if size > powers[10 + places]:
        return 0
    value *= powers[places]
    if shifts[q] == 0:
        # Registers are shown in thousands of what is counted.
        exponent -= 3 if q >= 22 and q <= 39 else 0
    shown = 0 - exponent if exponent < 0 else 0
    at = 16 + 3 * w[2]
    w[at] = q | (shown if shown < 3 else 3) << 8
    w[at + 1] = value
    w[at + 2] = 0 if value >= 0 else -1
    w[2] += 1
    w[163 + (q >> 4)] |= 1 << (q & 15)
    return 1


@micropython.viper
def registers(octets: ptr8, w: ptr32) -> int:
    """Read registers, as many as word 12 says, into entries until one needs a closer look.

    The plain ones are a structure of OBIS code, integer, and scaler with unit. Landis+Gyr ZMF100 swaps tag and length of
    some codes. Return 1 with word 0 at one that is not plain, 0 when all are read.
    """
    units = ptr8(UNITS)
    end = w[1]
    while w[12] > 0:
        at = w[0]
        if at + 17 > end or octets[at] != 2 or octets[at + 1] != 3:
            return 1
        b = octets[at + 2]
        if (b != 9 or octets[at + 3] != 6) and (b != 6 or octets[at + 3] != 9 or octets[at + 9] != 0xFF):
            return 1
        q = int(lookup(octets[at + 4] << 8 | octets[at + 5], octets[at + 6], octets[at + 7], octets[at + 8]))
        tag = octets[at + 10]
        value = octets[at + 11]
        if q == 255 or w[163 + (q >> 4)] >> (q & 15) & 1:
            return 1
        if tag == 6 or tag == 5:
            if value & 0x80:
                return 1
            value = (value << 8 | octets[at + 12]) << 16 | octets[at + 13] << 8 | octets[at + 14]
            at += 15
        elif tag == 18 or tag == 16:
            value = value << 8 | octets[at + 12]
            if tag == 16 and value & 0x8000:
                value -= 0x10000
            at += 13
        else:
            return 1
        if at + 6 > end or octets[at] != 2 or octets[at + 1] != 2 or octets[at + 2] != 15 or octets[at + 4] != 22:
            return 1
        exponent = octets[at + 3]
        if exponent & 0x80:
            exponent -= 256
        if octets[at + 5] != units[q] or int(put(w, q, value, exponent)) == 0:
            return 1
        w[0] = at + 6
        w[12] -= 1
    return 0
