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
def crc_x25(buf, start: int, end: int) -> int:
    """CRC-16/X-25 of buf[start:end]."""
    table = ptr16(X25)
    octets = ptr8(buf)
    crc = 0xFFFF
    while start < end:
        crc = table[(crc ^ octets[start]) & 0xFF] ^ (crc >> 8)
        start += 1
    return crc ^ 0xFFFF


@micropython.viper
def crc_arc(buf, start: int, end: int) -> int:
    """CRC-16/ARC of buf[start:end]."""
    table = ptr16(ARC)
    octets = ptr8(buf)
    crc = 0
    while start < end:
        crc = table[(crc ^ octets[start]) & 0xFF] ^ (crc >> 8)
        start += 1
    return crc


@micropython.viper
def copy(buf, at: int, data, n: int):
    """Copy data[:n] to buf[at:at + n]."""
    target = ptr8(buf)
    source = ptr8(data)
    i = 0
    while i < n:
        target[at + i] = source[i]
        i += 1


@micropython.viper
def shift(buf, start: int, end: int):
    """Move buf[start:end] to the front of buf."""
    octets = ptr8(buf)
    i = 0
    while start < end:
        octets[i] = octets[start]
        start += 1
        i += 1


@micropython.viper
def hunt(buf, start: int, end: int) -> int:
    """Where in buf[start:end] a frame or telegram may begin: `7E A?`, or `/` and a letter; `end` where nothing may.

    A first octet at the very end counts, because its successor is not known yet.
    """
    octets = ptr8(buf)
    last = end - 1
    while start < end:
        b = octets[start]
        if b == 0x7E:
            if start == last or octets[start + 1] & 0xF0 == 0xA0:
                return start
        elif b == 0x2F:
            if start == last:
                return start
            b = octets[start + 1] & 0xDF
            if b >= 65 and b <= 90:
                return start
        start += 1
    return end


@micropython.viper
def p1_stop(buf, start: int, end: int) -> int:
    """Where in buf[start:end] a telegram's text stops: at `!` or at an octet that is not ASCII; else `end`."""
    octets = ptr8(buf)
    while start < end:
        b = octets[start]
        if b == 0x21 or b > 0x7F:
            return start
        start += 1
    return end


@micropython.viper
def p1_lines(buf, work) -> int:
    """Read lines of a telegram into entries until one needs a closer look: `A-B:C.D.E(number*unit)` does not.

    Return 1 with that line in words 3 to 11, 0 at the end of the text.
    """
    octets = ptr8(buf)
    w = ptr32(work)
    marks = ptr8(b"-:..(")
    end = w[1]
    start = w[0]
    while start < end:
        b = octets[start]
        if b == 13 or b == 10:
            start += 1
            continue
        group = 0
        number = -1
        values = 0
        first = start
        close = -1
        while start < end:
            b = octets[start]
            if b == 13 or b == 10:
                break
            start += 1
            if group == 6:
                if b == 0x29:
                    if close < 0:
                        close = start - 1
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
                    first = start
            elif group == 5 and b == 0x28:
                group = 6
                values = 1
                first = start
            else:
                group = 7
                number = 0
        w[0] = start
        if close < 0:
            w[3] = -1
        w[8] = values
        w[9] = first
        w[10] = close
        w[11] = start
        if close < 0 or values != 1 or int(p1_value(buf, work)) == 0:
            return 1
    w[0] = start
    return 0


@micropython.viper
def p1_value(buf, work) -> int:
    """Make an entry of the line in words 3 to 10. Return 0, with nothing done, where it is no number of a known quantity,
    its unit is not the quantity's, or the value may need more than 31 bits."""
    w = ptr32(work)
    q = int(lookup(w[3] << 8 | w[4], w[5], w[6], w[7]))
    seen = ptr8(work)
    if q == 255 or seen[652 + q]:
        return 0
    octets = ptr8(buf)
    at = w[9]
    end = w[10]
    negative = 0
    b = octets[at]
    if b == 0x2D or b == 0x2B:
        negative = 1 if b == 0x2D else 0
        at += 1
    value = 0
    decimals = -1
    digits = 0
    while at < end:
        b = octets[at]
        if b >= 48 and b <= 57:
            if value > 53687090:
                return 0
            value = value * 10 + b - 48
            digits += 1
            if decimals >= 0:
                decimals += 1
        elif b == 0x2E and decimals < 0:
            decimals = 0
        else:
            break
        at += 1
    if digits == 0:
        return 0
    exponent = 0 if decimals < 0 else 0 - decimals
    # The unit, in any spelling, `*` or not before it.
    if at < end and octets[at] == 0x2A:
        at += 1
    if at < end and octets[at] | 0x20 == 0x6B:
        exponent += 3
        at += 1
    size = end - at
    b = octets[at] | 0x20 if size else 0
    c = octets[at + 1] | 0x20 if size > 1 else 0
    unit = 0
    if size == 0:
        unit = 255 if exponent <= 0 else 0
    elif b == 0x77:
        unit = 27 if size == 1 else (30 if size == 2 and c == 0x68 else 0)
    elif size == 1:
        unit = 35 if b == 0x76 else (33 if b == 0x61 else 0)
    elif size == 2:
        unit = 44 if b == 0x68 and c == 0x7A else 0
    elif b == 0x76 and c == 0x61 and octets[at + 2] | 0x20 == 0x72:
        unit = 29 if size == 3 else (32 if size == 4 and octets[at + 3] | 0x20 == 0x68 else 0)
    units = ptr8(UNITS)
    if unit != units[q]:
        return 0
    return int(put(work, q, 0 - value if negative else value, exponent))


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
def put(work, q: int, value: int, exponent: int) -> int:
    """Make an entry of value x 10**exponent in the quantity's plain unit. Return 0, with nothing done, where that takes a
    division, or more than 31 bits."""
    shifts = ptr8(SHIFTS)
    powers = ptr32(POWERS)
    w = ptr32(work)
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
    marks = ptr8(work)
    marks[652 + q] = 1
    return 1


@micropython.viper
def registers(buf, work) -> int:
    """Read registers, as many as word 12 says, into entries until one needs a closer look.

    The plain ones are a structure of OBIS code, integer, and scaler with unit. Landis+Gyr ZMF100 swaps tag and length of
    some codes. Return 1 with word 0 at one that is not plain, 0 when all are read.
    """
    octets = ptr8(buf)
    w = ptr32(work)
    seen = ptr8(work)
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
        if q == 255 or seen[652 + q]:
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
        if octets[at + 5] != units[q] or int(put(work, q, value, exponent)) == 0:
            return 1
        w[0] = at + 6
        w[12] -= 1
    return 0
