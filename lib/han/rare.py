"""Values of the types that few meters send (Blue Book, table of common data types): floating-point numbers, dates and times,
bit-strings, BCD, booleans, texts beyond ASCII.

Floating-point numbers are taken apart with integers: the chip's own floats have 24 bits, or fewer.
"""

from ._const import const
from .containers import skip
from .elements import code_of, put_element, put_number
from .errors import MessageError
from .quantities import UNITS, lookup
from .reading import decimal
from .work import put_any, scale

_STRUCTURE = const(2)
_BOOLEAN = const(3)
_BIT_STRING = const(4)
_BCD = const(13)
_FLOAT32 = const(23)
_FLOAT64 = const(24)
_DATE_TIME = const(25)
_DATE = const(26)
_TIME = const(27)
_NONE = const(255)
# Beyond so many zeros or decimals a number is written with its exponent.
_PLACES = const(18)


def value_of(cursor):
    """The cursor's element as an integer or a text; octets that are nothing valid of their type as hex."""
    tag = cursor.tag
    octets = bytes(cursor.buf[cursor.at:cursor.at + cursor.size])
    text = None
    if tag == _FLOAT32 or tag == _FLOAT64:
        return _written(*float_parts(cursor))
    if tag == _BOOLEAN:
        return 1 if octets[0] else 0
    if tag == _BCD:
        if octets[0] >> 4 < 10 and octets[0] & 15 < 10:
            return (octets[0] >> 4) * 10 + (octets[0] & 15)
    elif tag == _BIT_STRING:
        # The last octet of the length field tells how many bits of the last octet count.
        unused = -cursor.buf[cursor.at - 1] & 7
        text = "".join(["1" if b >> n & 1 else "0" for b in octets for n in (7, 6, 5, 4, 3, 2, 1, 0)])
        return text[:len(text) - unused]
    elif tag == _DATE_TIME:
        text = _joined(_date(octets), _time(octets, 5), "T")
        if text:
            text += _offset(octets[9] << 8 | octets[10])
    elif tag == _DATE:
        text = _date(octets)
    elif tag == _TIME:
        text = _time(octets, 0)
    else:
        text = _beyond_ascii(octets)
    return text or octets.hex()


def put_rare(cursor, reading, work, obis):
    """Put a register whose value is no integer, cursor on that, under the OBIS code at buf[obis], and take its scaler and unit."""
    tag = cursor.tag
    if tag != _FLOAT32 and tag != _FLOAT64:
        put_element(cursor, reading, work, obis, 0, 0)
        cursor.next()
        skip(cursor)
        return
    mantissa, exponent = float_parts(cursor)
    if cursor.next() != _STRUCTURE or cursor.size != 2:
        raise MessageError("no scaler and unit")
    cursor.next()
    more = cursor.number() if cursor.is_number() else 0
    cursor.next()
    unit = cursor.number() if cursor.is_number() else 0
    buf = cursor.buf
    if exponent is None:
        reading.other[code_of(buf, obis)] = (mantissa, "")
        return
    exponent += more
    q = lookup(buf[obis], buf[obis + 1], buf[obis + 2], buf[obis + 3], buf[obis + 4])
    if -9 <= exponent <= 6:
        put_number(buf, reading, work, obis, mantissa, exponent, unit)
    elif not (exponent < -9 and q != _NONE and unit == UNITS[q] and put_any(work, q, scale(mantissa, exponent + 9), -9)):
        from .others import unit_name

        reading.other[code_of(buf, obis)] = (_written(mantissa, exponent), unit_name(unit))


def float_parts(cursor):
    """(mantissa, exponent): the cursor's IEEE 754 number is mantissa x 10**exponent, the shortest decimal number that no other
    one of its size is nearer to. ("inf", None), ("-inf", None) or ("nan", None) where it is no number."""
    bits = cursor.number()
    width, digits, most = (23, 6, 255) if cursor.size == 4 else (52, 15, 2047)
    negative = bits >> 8 * cursor.size - 1
    power = bits >> width & most
    whole = bits & (1 << width) - 1
    if power == most:
        return "nan" if whole else "-inf" if negative else "inf", None
    if power:
        whole |= 1 << width
    elif not whole:
        return 0, 0
    else:
        power = 1
    two = power - (most >> 1) - width
    above = 1 << (two if two > 0 else 0)
    below = 1 << (-two if two < 0 else 0)
    places = digits + 3 + (-two * 30103 // 100000 if two < 0 else 0)
    ten = 10 ** places
    exact = whole * above * ten  # in units of 10**-places / below
    length = len(str(exact // below))
    while True:
        # Numbers of `digits` digits or fewer are told apart for sure; three more digits tell all apart.
        cut = 10 ** max(0, length - digits)
        mantissa = (exact // below + (cut >> 1)) // cut
        error = mantissa * cut * below - exact
        # The next numbers are 2**two away, the lower one half as far where this is a power of two.
        if abs(error) * (4 if error < 0 and whole == 1 << width else 2) < above * ten:
            break
        digits += 1
    exponent = max(0, length - digits) - places
    while mantissa % 10 == 0:
        mantissa //= 10
        exponent += 1
    if 0 < exponent <= _PLACES:
        mantissa *= 10 ** exponent
        exponent = 0
    return -mantissa if negative else mantissa, exponent


def _written(mantissa, exponent):
    if exponent is None or exponent == 0:
        return mantissa
    if -_PLACES <= exponent < 0:
        return decimal(mantissa, -exponent, -exponent)
    digits = str(abs(mantissa))
    return "%s%s%se%d" % ("-" if mantissa < 0 else "", digits[0], "." + digits[1:] if len(digits) > 1 else "",
                          exponent + len(digits) - 1)


def _date(octets):
    """The date in its five octets (year in two, month, day, day of week), "" where it is not fully specified."""
    year = octets[0] << 8 | octets[1]
    if year > 9999 or not 1 <= octets[2] <= 12 or not 1 <= octets[3] <= 31:
        return ""
    return "%04d-%02d-%02d" % (year, octets[2], octets[3])


def _time(octets, at):
    """The time in four octets from `at` on (hundredths last), "" where hour, minute or second is not specified."""
    hour, minute, second, hundredths = octets[at:at + 4]
    if hour > 23 or minute > 59 or second > 59:
        return ""
    return "%02d:%02d:%02d" % (hour, minute, second) + (".%02d" % hundredths if hundredths < 100 else "")


def _joined(date, time, between):
    return date + between + time if date and time else ""


def _offset(deviation):
    """How far local time is ahead of UTC, as ISO 8601 writes it; "" where it is not specified."""
    minutes = 0x10000 - deviation if deviation & 0x8000 else -deviation
    if not -720 <= minutes <= 840:
        return ""
    return "%s%02d:%02d" % ("-" if minutes < 0 else "+", abs(minutes) // 60, abs(minutes) % 60)


def _beyond_ascii(octets):
    """UTF-8 as text, "" where it is none, or has control characters in it."""
    try:
        text = str(octets, "utf-8").rstrip(" \x00").lstrip(" ")
    except ValueError:
        return ""
    return "" if any([ord(c) < 32 or 127 <= ord(c) < 160 for c in text]) else text
