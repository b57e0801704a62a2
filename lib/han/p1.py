"""P1 / H1 text telegrams (DSMR P1 companion standard 5.0.2; EFS2 appendix 3): found by ident and CRC, read line by line.

`/XXX5ident CR LF … A-B:C.D.E(value*unit) CR LF … !CCCC CR LF`. A CRC is asked for: where there is none, there is no reading.
"""

from ._const import const
from .clock import iso_time
from .kernel import begin, lookup, p1_lines, p1_scan, p1_split
from .quantities import A, HZ, METER_ID, METER_TIME, METER_TYPE, NONE, NO_UNIT, UNITS, V, VAR, VARH, W, WH
from .reading import Reading
from .tables import ARC
from .work import CLOSE, CODE, CRC, FIRST, LINE_END, VALUES, put_any

_STRAY = const(-1)

# The FLAG id of the ident line, in capitals, to the maker of the meter.
_VENDORS = {
    "ADN": "Aidon", "AUX": "Sanxing", "ELL": "Sagemcom", "ENE": "Sagemcom", "EST": "Sagemcom", "FLU": "Sagemcom",
    "ISK": "Iskraemeco", "ISE": "Iskraemeco", "KAM": "Kamstrup", "KMP": "Kamstrup", "KFM": "Kaifa",
    "LGF": "Landis+Gyr", "LGZ": "Landis+Gyr", "XMX": "Landis+Gyr", "NES": "NES", "SAG": "Sagemcom", "SAC": "Sagemcom",
}
# Units in small letters, without the prefix for thousand.
_UNITS = {b"w": W, b"wh": WH, b"var": VAR, b"varh": VARH, b"v": V, b"a": A, b"hz": HZ}


class P1Framer:
    """Checks the telegram that may begin at a given place."""

    closing = 2  # octets that close a good telegram behind what check() returns: CR LF

    def __init__(self, stats, work):
        self._stats = stats
        self._work = work
        self._seen = 0

    def begin(self):
        """Forget the telegram before."""
        self._seen = 0

    def check(self, buf, start, end):
        """Judge the telegram whose `/` is buf[start], of which buf[start:end] has arrived.

        Return n > 0: a good telegram that ends n octets from start, with the CRC's last digit; n < 0: decide again when
        -n octets are there; 0: no good telegram begins here.
        """
        work = self._work
        if self._seen == 0:
            if end - start < 5:
                return -5
            if not _is_ident(buf, start):
                return 0
            work[CRC] = 0
            self._step(buf[start])
        while True:
            at = p1_scan(buf, start + self._seen, end, work)
            self._seen = at - start
            if at == end:
                return start - end - 1
            b = buf[at]
            if b == 0x21:
                if end - at < 2:
                    return start - at - 2
                if buf[at + 1] == 13:
                    # The end of a telegram without CRC.
                    self._stats.unchecked += 1
                    return 0
                if end - at < 5:
                    return start - at - 5
                announced = _crc(buf, at + 1)
                if announced != _STRAY:
                    break
            elif b == 0x2F:
                # A CRC that starts from 0 cannot tell a cut telegram before this one from nothing: an ident is a start.
                if end - at < 5:
                    return start - at - 5
                if _is_ident(buf, at):
                    self._stats.length_errors += 1
                    return 0
            else:
                self._stats.length_errors += 1
                return 0
            self._step(b)
        self._step(0x21)
        if work[CRC] != announced:
            self._stats.checksum_errors += 1
            return 0
        self._stats.telegrams += 1
        return at + 5 - start

    def _step(self, b):
        crc = self._work[CRC]
        self._work[CRC] = ARC[(crc ^ b) & 0xFF] ^ crc >> 8
        self._seen += 1


def _is_ident(buf, at):
    """Whether `/`, three letters and a digit stand at buf[at]."""
    return _letter(buf[at + 1]) and _letter(buf[at + 2]) and _letter(buf[at + 3]) and 48 <= buf[at + 4] <= 57


def _letter(b):
    return 65 <= b & 0xDF <= 90


def _crc(buf, at):
    """The four hexadecimal digits at buf[at] as a number, _STRAY where they are none."""
    value = 0
    for i in range(at, at + 4):
        b = buf[i]
        if 48 <= b <= 57:
            value = value << 4 | b - 48
        elif 65 <= b & 0xDF <= 70:
            value = value << 4 | (b & 0xDF) - 55
        else:
            return _STRAY
    return value


def read_telegram(buf, start, end, work):
    """The reading in the telegram buf[start:end], from `/` to the last digit of its CRC, which is right.

    work  the parser's work area
    """
    reading = Reading("p1")
    reading.list = "p1"
    flag = str(bytes(buf[start + 1:start + 4]), "ascii").upper()
    reading.vendor = _VENDORS.get(flag, flag)
    while buf[start] != 13 and buf[start] != 0x21:
        start += 1
    begin(work, start, end - 5)
    code = ""
    while p1_lines(buf, work):
        p1_split(buf, work)
        code = _read_line(buf, work, reading, code)
    reading.take(work)
    return reading


def _read_line(buf, work, reading, code):
    """Put the line that the fast loop left into the reading.

    code  of the line before, where that went to `other`. Return this line's, "" where it did not go there.
    """
    first = work[FIRST]
    end = work[LINE_END]
    a, b, c, d, e = work[CODE], work[4], work[5], work[6], work[7]
    if a < 0:
        if code and buf[first] == 0x28:
            # DSMR 2.2 puts the gas meter's value on a line of its own.
            _append(reading, code, buf, first + 1, end)
            return code
        reading.other["#%d" % len(reading.other)] = (_text(buf, first, end), "")
        return ""
    if work[VALUES] == 1:
        close = work[CLOSE]
        q = lookup(a << 8 | b, c, d, e)
        if q != NONE:
            if _put_number(buf, first, close, work, q):
                return ""
        elif a == 0 and b == 0:
            if c == 1 and d == 0 and e == 0:
                if reading.put_text(METER_TIME, _time(buf, first, close)):
                    return ""
            elif c == 96 and d == 1 and (e <= 1 or e == 7):
                if reading.put_text(METER_TYPE if e == 7 else METER_ID, _text(buf, first, close)):
                    return ""
    code = "%d-%d:%d.%d.%d" % (a, b, c, d, e)
    _append(reading, code, buf, first, end)
    return code


def _put_number(buf, start, end, work, q):
    """Make an entry of a number too large for the fast loop, or finer than the quantity is counted."""
    at = start
    point = -1
    while at < end and buf[at] in b"0123456789.+-":
        if buf[at] == 0x2E:
            if point >= 0:
                return False
            point = at
        at += 1
    unit, exponent = _unit(buf, at, end)
    if unit != UNITS[q] or at - start > 24:
        return False
    try:
        value = int(bytes(buf[start:at]).replace(b".", b""))
    except ValueError:
        return False
    return put_any(work, q, value, exponent - (at - 1 - point if point >= 0 else 0))


def _unit(buf, start, end):
    """(unit, decimal exponent) of the unit text at buf[start:end], with or without its `*`; (0, 0) where it is none."""
    if start < end and buf[start] == 0x2A:
        start += 1
    if start == end:
        return NO_UNIT, 0
    text = bytes(buf[start:end]).lower()
    unit = _UNITS.get(text)
    if unit:
        return unit, 0
    return (_UNITS.get(text[1:], 0), 3) if text[:1] == b"k" else (0, 0)


def _text(buf, start, end):
    return str(bytes(buf[start:end]), "ascii").strip()


def _time(buf, start, end):
    """`YYMMDDhhmmssX` as ISO text; X, summer or winter time, is not looked at here. "" where it is none."""
    if not 12 <= end - start <= 13:
        return ""
    parts = []
    for at in range(start, start + 12, 2):
        tens = buf[at] - 48
        ones = buf[at + 1] - 48
        if not (0 <= tens <= 9 and 0 <= ones <= 9):
            return ""
        parts.append(tens * 10 + ones)
    return iso_time(2000 + parts[0], parts[1], parts[2], parts[3], parts[4], parts[5])


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
