"""The ledger's state as bytes: numbers of seven bits an octet, low first, with the sign in the lowest, and a checksum at the end.

Entered when the state is made, stored or fetched.
"""

from . import room
from ._const import const

_FORM = const(0x48)
_MISSING = const(3)
_METER = const(5)
_AHEAD = const(6)
_FOLLOWS = const(7)
_QWORST = const(9)
_HWORST = const(10)
_DOUBT = const(12)
_REG = const(16)
_MEAN = const(62)
_OFF = const(65)


def begin(size, follows):
    """The state at the very beginning, as ledger.py names its places. `follows`: the meter's clock is taken to have summer time."""
    s = [0] * size
    s[_METER] = s[_AHEAD] = s[_MEAN] = s[_MEAN + 1] = -1
    s[_QWORST] = s[_HWORST] = _MISSING
    s[_DOUBT:_DOUBT + 4] = s[_REG:_REG + 4] = [-1] * 4
    s[_OFF] = 3600
    s[_FOLLOWS] = follows
    return s


def pack(words, spans):
    """Bytes of a list of integers and of the spans, six integers each."""
    out = bytearray((_FORM,))
    for rows in ([words], [[len(spans)]], spans):
        for row in rows:
            for word in row:
                word = word << 1 if word >= 0 else (-word << 1) - 1
                while word > 0x7F:
                    out.append(word & 0x7F | 0x80)
                    word >>= 7
                out.append(word)
    crc = room("crc").crc16(out)
    out.append(crc >> 8)
    out.append(crc & 0xFF)
    return bytes(out)


def unpack(data, size):
    """(list of `size` integers, spans). Raises ValueError for what pack() did not make."""
    if len(data) < 4 or data[0] != _FORM or room("crc").crc16(data):
        raise ValueError("the stored state is damaged")
    words = []
    at = 1
    while at < len(data) - 2:
        word = shift = 0
        while data[at] & 0x80:
            word |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
        word |= data[at] << shift
        at += 1
        words.append(-(word + 1 >> 1) if word & 1 else word >> 1)
    if len(words) <= size or len(words) != size + 1 + 6 * words[size]:
        raise ValueError("the stored state is of another version")
    return words[:size], [words[at:at + 6] for at in range(size + 1, len(words), 6)]
