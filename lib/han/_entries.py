"""The loops that make entries of a good message's lines and elements, for MicroPython's viper emitter as `_loops` is."""

try:
    import micropython
except ImportError:
    from . import _viper as micropython
    from ._viper import ptr8, ptr32

from .quantities import QUANTITIES, SHIFTS, UNITS
from .tables import POWERS


@micropython.viper
def write_clock(octets: ptr8, at: int, text: ptr8, binary: int) -> int:
    """Write the time at octets[at] into the text `2000-00-00T00:00:00`. Return 0 where it is none of this century.

    binary 0: `YYMMDDhhmmss`; 1: COSEM date-time (year in two octets, month, day, day of week, hour, minute, second).
    """
    limits = ptr8(b"\x63\x0c\x1f\x17\x3b\x3b")
    i = 0
    while i < 6:
        if binary == 0:
            b = octets[at] - 48
            c = octets[at + 1] - 48
            if b < 0 or b > 9 or c < 0 or c > 9:
                return 0
            c += b * 10
            at += 2
        elif i == 0:
            c = (octets[at] << 8 | octets[at + 1]) - 2000
            at += 2
        else:
            c = octets[at]
            at += 2 if i == 2 else 1
        if c < 0 or c > limits[i] or (c == 0 and (i == 1 or i == 2)):
            return 0
        b = (c * 103) >> 10
        text[2 + 3 * i] = 48 + b
        text[3 + 3 * i] = 48 + c - b * 10
        i += 1
    return 1


@micropython.viper
def begin(w: ptr32, pos: int, end: int):
    """Empty the work area for a message in octets[pos:end]."""
    w[0] = pos
    w[1] = end
    w[2] = 0
    w[12] = 0
    w[13] = 0
    w[14] = 0
    w[15] = 0
    pos = 163
    while pos < 167:
        w[pos] = 0
        pos += 1


@micropython.viper
def numbers(octets: ptr8, w: ptr32, form: int, places: ptr8) -> int:
    """Make entries of the message in octets[w[0]:w[1]] until something needs a closer look. Return 1 with word 0 there, or 0
    at the end.

    form 0  lines of a telegram, `A-B:C.D.E(number*unit)`, `!` behind the last. The place of the clock's time, in the line
            `0-0:1.0.0(YYMMDDhhmmssX)`, goes to word 14.
    form 1  registers, as many as word 12 says: structures of OBIS code, integer, and scaler with unit. The place of the
            clock's twelve octets goes to word 14. Landis+Gyr ZMF100 swaps tag and length of some codes.
    form 2  pairs of OBIS code and integer, two of the elements left in word 12 each
    form 3  integers, the n-th (word 13) being quantity places[n]
    Forms 2 and 3 carry no unit; the decimal exponent of each, 16 more, stands in word 176 + (unit & 15).
    """
    quantities = ptr8(QUANTITIES)
    units = ptr8(UNITS)
    shifts = ptr8(SHIFTS)
    powers = ptr32(POWERS)
    at = w[0]
    end = w[1]
    count = w[2]
    value = 0
    exponent = 0
    unit = 0
    while True:
        if form:
            w[0] = at
            w[2] = count
            if w[12] <= 0:
                return 0
            # What ends the message early is looked at closely.
            if at + (19 if form == 1 else (11 if form == 2 else 3)) > end:
                return 1
            d = 3
            if form == 1:
                if octets[at] != 2:
                    return 1
                d = octets[at + 1]
                at += 2
            if form != 3:
                b = octets[at]
                if (b != 9 or octets[at + 1] != 6) and (b != 6 or octets[at + 1] != 9 or octets[at + 7] != 0xFF):
                    return 1
                b = octets[at + 2] << 8 | octets[at + 3]
                c = octets[at + 4]
                e = octets[at + 6]
                if d != 3:
                    if b or c != 1 or octets[at + 5] or e or octets[at + 8] != 9 or octets[at + 9] != 12:
                        return 1
                    at += 10
                    if w[14] or at + 12 > end:
                        return 1
                    w[14] = at
                    at += 12
                    w[12] -= 1
                    continue
                d = octets[at + 5]
                at += 8
            unit = octets[at]
            value = octets[at + 1] << 8 | octets[at + 2]
            at += 3
            if unit == 6 or unit == 5:
                if value & 0x8000 or at + 2 > end:
                    return 1
                value = value << 16 | octets[at] << 8 | octets[at + 1]
                at += 2
            elif unit == 16:
                value = (value ^ 0x8000) - 0x8000
            elif unit != 18:
                return 1
            if form == 1:
                if at + 6 > end or octets[at] != 2 or octets[at + 1] != 2 or octets[at + 2] != 15 or octets[at + 4] != 22:
                    return 1
                exponent = (octets[at + 3] ^ 0x80) - 0x80
                unit = octets[at + 5]
                at += 6
        else:
            b = 13
            while at < end and (b == 13 or b == 10):
                b = octets[at]
                at += 1
            w[2] = count
            if b == 13 or b == 10:
                w[0] = at
                return 0
            w[0] = at - 1
            # `A-B:` of one digit each, C of one to three, `.D.E(` of one each.
            if octets[at] != 0x2D or octets[at + 2] != 0x3A:
                return 1
            b = (b - 48) << 8 | (octets[at + 1] - 48)
            c = 0
            at += 3
            d = octets[at]
            while d >= 48 and d <= 57:
                c = c * 10 + d - 48
                if c > 73:
                    return 1
                at += 1
                d = octets[at]
            if d != 0x2E or octets[at + 2] != 0x2E or octets[at + 4] != 0x28:
                return 1
            d = octets[at + 1] - 48
            e = octets[at + 3] - 48
            at += 5
            if b == 0 and c == 1 and d == 0 and e == 0 and w[14] == 0 and at + 14 <= end and octets[at + 13] == 0x29:
                w[14] = at
                at += 14
                continue
            sign = octets[at]
            if sign == 0x2D or sign == 0x2B:
                at += 1
            value = 0
            exponent = 0
            first = at
            unit = octets[at]
            while True:
                if unit >= 48 and unit <= 57:
                    if value > 53687090:
                        return 1
                    value = value * 10 + unit - 48
                elif unit == 0x2E and exponent == 0:
                    exponent = at + 1
                else:
                    break
                at += 1
                unit = octets[at]
            if at == first or at == exponent:
                return 1
            exponent = exponent - at if exponent else 0
            if sign == 0x2D:
                value = 0 - value
            # The unit, in any spelling, with or without its `*`.
            if unit == 0x2A:
                at += 1
                unit = octets[at]
            first = unit | 0x20
            if first == 0x6B:
                exponent += 3
                at += 1
                first = octets[at] | 0x20
            unit = 0
            if first == 0x77:
                at += 1
                unit = 27
                if octets[at] | 0x20 == 0x68:
                    at += 1
                    unit = 30
            elif first == 0x76:
                at += 1
                unit = 35
                if octets[at] | 0x20 == 0x61 and octets[at + 1] | 0x20 == 0x72:
                    at += 2
                    unit = 29
                    if octets[at] | 0x20 == 0x68:
                        at += 1
                        unit = 32
            elif first == 0x61:
                at += 1
                unit = 33
            elif first == 0x68 and octets[at + 1] | 0x20 == 0x7A:
                at += 2
                unit = 44
            elif first == 0x29:
                unit = 255
            if octets[at] != 0x29:
                return 1
            at += 1
            if at < end and octets[at] != 13 and octets[at] != 10:
                return 1
        if form == 3:
            c = places[w[13]]
        elif c > 73 or (b != 0x100 and b != 0x101 and b != 0):
            return 1
        elif e == 0 and (d == 7 or d == 8):
            c = quantities[(d - 7) * 74 + c]
        elif d == 8 and e >= 0 and e <= 4 and (c == 1 or c == 2):
            c = 27 + 4 * c + e
        else:
            return 1
        # A power factor or a frequency whose scale only the maker's papers tell is looked at closely.
        if c > 44 or (form > 1 and c > 39) or w[163 + (c >> 4)] >> (c & 15) & 1:
            return 1
        if form > 1:
            unit = units[c]
            exponent = w[176 + (unit & 15)] - 16
            # What is no voltage of a house, 50 to 480 V, is looked at closely.
            if unit == 35 and value:
                if value > 480000 or value < 0:
                    return 1
                b = value * powers[exponent + 3]
                if b < 50000 or b > 480000:
                    return 1
        elif unit != units[c]:
            return 1
        d = exponent + shifts[c]
        b = value if value >= 0 else 0 - value
        if d < 0 or d > 9 or b > powers[10 + d]:
            return 1
        # Registers are shown in thousands of what is counted.
        if c >= 22 and c <= 39:
            exponent -= 3
            w[15] = 1
        exponent = 0 - exponent if exponent < 0 else 0
        b = 16 + 3 * count
        w[b] = c | (exponent if exponent < 3 else 3) << 8
        w[b + 1] = value * powers[d]
        w[b + 2] = 0 if value >= 0 else -1
        w[163 + (c >> 4)] |= 1 << (c & 15)
        count += 1
        w[12] -= 2 if form == 2 else 1
        w[13] += 1


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
