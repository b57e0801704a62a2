"""Numbers of a telegram that the fast loop leaves: too large for it, or finer than the quantity is counted. Few meters send any."""

from ._const import const
from .quantities import UNITS
from .work import put_any

_A = const(33)
_HZ = const(44)
_NO_UNIT = const(255)
_V = const(35)
_VAR = const(29)
_VARH = const(32)
_W = const(27)
_WH = const(30)

# Units in small letters, without the prefix for thousand.
_UNITS = {b"w": _W, b"wh": _WH, b"var": _VAR, b"varh": _VARH, b"v": _V, b"a": _A, b"hz": _HZ}


def put_written(buf, start, end, work, q):
    """Make an entry of the number and its unit in buf[start:end] as quantity q. Return False where it cannot be that."""
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
        return _NO_UNIT, 0
    text = bytes(buf[start:end]).lower()
    unit = _UNITS.get(text)
    if unit:
        return unit, 0
    return (_UNITS.get(text[1:], 0), 3) if text[:1] == b"k" else (0, 0)
