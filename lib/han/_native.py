"""The byte loops as machine code, made by MicroPython's viper emitter. `_plain` says what each does.

Integers here are 32 bits wide and wrap; positions and values stay far below that.
"""

import micropython

from .tables import ARC as _ARC
from .tables import X25 as _X25


@micropython.viper
def crc_x25(buf, start: int, end: int) -> int:
    table = ptr16(_X25)
    octets = ptr8(buf)
    crc = 0xFFFF
    while start < end:
        crc = table[(crc ^ octets[start]) & 0xFF] ^ (crc >> 8)
        start += 1
    return crc ^ 0xFFFF


@micropython.viper
def crc_arc(buf, start: int, end: int) -> int:
    table = ptr16(_ARC)
    octets = ptr8(buf)
    crc = 0
    while start < end:
        crc = table[(crc ^ octets[start]) & 0xFF] ^ (crc >> 8)
        start += 1
    return crc


@micropython.viper
def copy(buf, at: int, data, n: int):
    source = ptr8(data)
    target = ptr8(buf)
    i = 0
    while i < n:
        target[at + i] = source[i]
        i += 1


@micropython.viper
def shift(buf, start: int, end: int):
    octets = ptr8(buf)
    i = 0
    while start < end:
        octets[i] = octets[start]
        start += 1
        i += 1


@micropython.viper
def hunt(buf, start: int, end: int) -> int:
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
    octets = ptr8(buf)
    while start < end:
        b = octets[start]
        if b == 0x21 or b > 0x7F:
            return start
        start += 1
    return end


@micropython.viper
def p1_line(buf, start: int, end: int, out) -> int:
    octets = ptr8(buf)
    result = ptr32(out)
    marks = ptr8(b"-:..(")
    group = 0
    number = -1
    values = 0
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
        elif group < 5 and number >= 0 and (b == marks[group] or (group == 4 and b == 0x2A)):
            result[group] = number
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
            result[6] = start
        elif group == 7:
            number = 0
    if close < 0:
        result[0] = -1
    result[5] = values
    result[7] = close
    result[8] = start
    while start < end and (octets[start] == 13 or octets[start] == 10):
        start += 1
    return start


@micropython.viper
def p1_number(buf, start: int, end: int, out) -> int:
    octets = ptr8(buf)
    result = ptr32(out)
    at = start
    negative = False
    value = 0
    decimals = -1
    digits = 0
    large = 0
    while at < end:
        b = octets[at]
        if b >= 48 and b <= 57:
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
    result[0] = 0 - value if negative else value
    result[1] = decimals if decimals > 0 else 0
    result[2] = large
    return at - start if digits else 0
