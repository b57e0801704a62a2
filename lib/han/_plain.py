"""The byte loops in plain Python: the reference for `_native`, and what CPython runs.

Positions are indices into the buffer, ranges are half open. Nothing here allocates, but for integers of 2**30 and more.
"""

from .tables import ARC as _ARC
from .tables import X25 as _X25


def crc_x25(buf, start, end):
    """CRC-16/X-25 of buf[start:end], 0..65535."""
    table = _X25
    crc = 0xFFFF
    while start < end:
        crc = table[(crc ^ buf[start]) & 0xFF] ^ crc >> 8
        start += 1
    return crc ^ 0xFFFF


def crc_arc(buf, start, end):
    """CRC-16/ARC of buf[start:end], 0..65535."""
    table = _ARC
    crc = 0
    while start < end:
        crc = table[(crc ^ buf[start]) & 0xFF] ^ crc >> 8
        start += 1
    return crc


def copy(buf, at, data, n):
    """Copy data[:n] to buf[at:at + n]."""
    for i in range(n):
        buf[at + i] = data[i]


def shift(buf, start, end):
    """Move buf[start:end] to the front of buf."""
    for i in range(start, end):
        buf[i - start] = buf[i]


def hunt(buf, start, end):
    """Where in buf[start:end] a frame or telegram may begin: `7E A?` or `/` and a letter; `end` where nothing may.

    A possible first byte at the very end counts, because its successor is not known yet.
    """
    while start < end:
        b = buf[start]
        if b == 0x7E:
            if start + 1 == end or buf[start + 1] & 0xF0 == 0xA0:
                return start
        elif b == 0x2F and (start + 1 == end or 65 <= buf[start + 1] & 0xDF <= 90):
            return start
        start += 1
    return end


def p1_stop(buf, start, end):
    """Where in buf[start:end] a telegram's text stops: at `!` or at a byte that is not ASCII; `end` where it does not."""
    while start < end:
        b = buf[start]
        if b == 0x21 or b > 0x7F:
            return start
        start += 1
    return end


def p1_line(buf, start, end, out):
    """Take one line of a telegram apart. Return where the next line begins.

    out[0:5]  A, B, C, D, E of the OBIS code `A-B:C.D.E` or `A-B:C.D.E*F`; out[0] is -1 where the line has none
    out[5]    how many values in parentheses
    out[6:8]  start and end of the first value, inside its parentheses
    out[8]    end of the line's text
    """
    group = 0
    number = -1
    values = 0
    close = -1
    while start < end:
        b = buf[start]
        if b == 13 or b == 10:
            break
        start += 1
        if group == 6:
            if b == 0x29:
                if close < 0:
                    close = start - 1
            elif b == 0x28:
                values += 1
        elif 48 <= b <= 57:
            number = b - 48 if number < 0 else number * 10 + b - 48
            if number > 255:
                group = 7
        elif group < 5 and number >= 0 and (b == b"-:..("[group] or group == 4 and b == 0x2A):
            out[group] = number
            group += 1
            number = -1
            if b == 0x28:
                group = 6
        elif group == 5 and b == 0x28:
            group = 6
        else:
            group = 7
        if group == 6 and values == 0:
            values = 1
            out[6] = start
        elif group == 7:
            number = 0
    if close < 0:
        out[0] = -1
    out[5] = values
    out[7] = close
    out[8] = start
    while start < end and (buf[start] == 13 or buf[start] == 10):
        start += 1
    return start


def p1_number(buf, start, end, out):
    """Read a decimal number at buf[start:end]. Return how many characters it has, 0 where there is none.

    out[0]  its digits as an integer, signed, without the point: below 2**29 in size, else out[2] is 1 and out[0] void
    out[1]  how many of them follow the point
    """
    at = start
    negative = False
    value = 0
    decimals = -1
    digits = 0
    large = 0
    while at < end:
        b = buf[at]
        if 48 <= b <= 57:
            if value > 53687090:
                large = 1
            else:
                value = value * 10 + b - 48
            digits += 1
            if decimals >= 0:
                decimals += 1
        elif b == 0x2E and decimals < 0:
            decimals = 0
        elif at == start and (b == 0x2D or b == 0x2B):
            negative = b == 0x2D
        else:
            break
        at += 1
    out[0] = -value if negative else value
    out[1] = decimals if decimals > 0 else 0
    out[2] = large
    return at - start if digits else 0
