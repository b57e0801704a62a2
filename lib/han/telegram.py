"""The lines of a P1 telegram, `A-B:C.D.E(value*unit)`, one after the other into a reading (EFS2 appendix 3; DSMR 5.0.2)."""

from ._const import const
from .clock import p1_time
from .errors import MessageError
from .kernel import begin, numbers, others, p1_split
from .quantities import lookup
from .reading import Reading

_CLOCK = const(14)
_CLOSE = const(10)
_CODE = const(3)
_FIRST = const(9)
_LINE_END = const(11)
_VALUES = const(8)
_METER_ID = const(46)
_METER_TIME = const(45)
_METER_TYPE = const(47)
_NONE = const(255)

# The FLAG id of the ident line, in capitals, and the maker of the meter.
_MAKERS = const("ADN Aidon,AUX Sanxing,EGM Elgama,ELL Sagemcom,ENE Sagemcom,EST Sagemcom,FLU Sagemcom,ISE Iskraemeco,"
           "ISK Iskraemeco,KAM Kamstrup,KFM Kaifa,KMP Kamstrup,LGF Landis+Gyr,LGZ Landis+Gyr,LUX Sagemcom,SAC Sagemcom,"
           "SAG Sagemcom,XMX Landis+Gyr,")
# The last FLAG id and its maker: it is the same meter every time.
_known = [0, ""]


def _maker(flag):
    if flag != _known[0]:
        text = "".join(chr(flag >> n & 0xDF) for n in (16, 8, 0))
        at = _MAKERS.find(text + " ")
        _known[1] = _MAKERS[at + 4:_MAKERS.find(",", at)] if at >= 0 else text
        _known[0] = flag
    return _known[1]


def read_telegram(buf, start, end, work):
    """The reading in the telegram buf[start:end], from its `/` on, buf[end] its `!`; its checksum is right.

    work  the parser's work area
    """
    reading = Reading("p1")
    reading.list = "p1"
    reading.vendor = _maker(buf[start + 1] << 16 | buf[start + 2] << 8 | buf[start + 3])
    begin(work, start, end)
    p1_split(buf, work)
    code = ""
    while numbers(buf, work, 0, b""):
        taken = others(buf, work, reading, _append) if others else None
        if taken is None:
            p1_split(buf, work)
            taken = _read_line(buf, work, reading, code)
        code = taken
    clock = work[_CLOCK]
    if clock:
        if reading.put_text(_METER_TIME, p1_time(buf, clock, clock + 13)):
            # W: normal time, S: summer time.
            if buf[clock + 12] in b"WS":
                reading.clock_summer = buf[clock + 12] == 0x53
        else:
            _append(reading, "0-0:1.0.0", buf, clock, clock + 14)
    reading.take(work)
    if not len(reading) and not reading.other:
        raise MessageError("the telegram is empty")
    return reading


def _read_line(buf, work, reading, code):
    """Put the line that the fast loop left into the reading.

    code  of the line before, where that went to `other`. Return this line's, "" where it did not go there.
    """
    first = work[_FIRST]
    end = work[_LINE_END]
    a, b, c, d, e = work[_CODE], work[4], work[5], work[6], work[7]
    if a < 0:
        if code and buf[first] == 0x28:
            # DSMR 2.2 puts the gas meter's value on a line of its own.
            _append(reading, code, buf, first + 1, end)
            return code
        reading.other["#%d" % len(reading.other)] = (_text(buf, first, end), "")
        return ""
    if work[_VALUES] == 1:
        close = work[_CLOSE]
        q = lookup(a, b, c, d, e)
        if q != _NONE:
            from .written import put_written

            if put_written(buf, first, close, work, q):
                return ""
        elif a == 0 and b == 0:
            if c == 96 and d == 1 and (e <= 1 or e == 7):
                if reading.put_text(_METER_TYPE if e == 7 else _METER_ID, _text(buf, first, close)):
                    return ""
    code = "%d-%d:%d.%d.%d" % (a, b, c, d, e)
    _append(reading, code, buf, first, end)
    return code


def _text(buf, start, end):
    return str(bytes(buf[start:end]), "ascii").strip()


def _append(reading, code, buf, start, end):
    """Add the values of buf[start:end], which begins inside a parenthesis, to reading.other[code]."""
    values = []
    for part in str(bytes(buf[start:end]), "ascii").split("("):
        value, _, unit = part.split(")")[0].partition("*")
        values.append((value, unit))
    if code in reading.other:
        before = reading.other[code]
        values = (before[0] if isinstance(before[0], list) else [before]) + values
    reading.other[code] = (values, "") if len(values) > 1 else values[0]
