"""The work area of a parser: one array of 32-bit words in which the byte loops leave what they read.

    0        where to read on, an index into the buffer
    1        where the readable octets end
    2        how many entries there are
    3..7     A, B, C, D, E of a text line's OBIS code, word 3 -1 where the line has none
    8        how many values in parentheses the line has
    9, 10    start and end of the first of them
    11       end of the line's text
    12, 13   how many elements of a list are left, and how many of a positional one were read
    14       where the clock's time stands, 0 where there was none
    15       1 when an entry is a register
    16..162  entries of three words: quantity and decimals shown (quantity | shown << 8), value's low and high word
    163..166 one bit a quantity, 16 to a word: 1 where it has an entry

What the reader keeps between two feeds stands there too:

    167, 168 where in the buffer the frame or telegram begins, and where what has arrived ends
    169      how many octets of it are waited for; 0: a telegram is looked through as it comes
    170      0 nothing has begun, 1 a frame, 2 a telegram
    171, 172 how many octets of the telegram were looked through, and their CRC-16/ARC
    173, 174 octets taken in and dropped since last counted
    175      octets that may close the message before
    176..191 decimal exponents, each 16 more, of a list that does not tell them, by unit & 15
    192      octets that the buffer holds
"""

from array import array

from ._const import const
from .quantities import SHIFTS, UNITS

_NONE = const(255)
_VARH = const(32)
_WH = const(30)

_POS = const(0)
_END = const(1)
_COUNT = const(2)
_CODE = const(3)
_VALUES = const(8)
_FIRST = const(9)
_CLOSE = const(10)
_LINE_END = const(11)
_LEFT = const(12)
_READ = const(13)
_CLOCK = const(14)
_REGISTER = const(15)
_ENTRIES = const(16)
_MARKS = const(163)
_START = const(167)
_FILL = const(168)
_NEED = const(169)
_MODE = const(170)
_SEEN = const(171)
_CRC = const(172)
_BYTES = const(173)
_DROPPED = const(174)
_CLOSING = const(175)
_SIZE = const(192)
_WORDS = const(193)


def work_area(size):
    """A new one, for a buffer of `size` octets."""
    work = array("i", bytes(4 * _WORDS))
    work[_SIZE] = size
    return work


def has(work, quantity):
    """Whether the quantity has an entry."""
    return work[_MARKS + (quantity >> 4)] >> (quantity & 15) & 1


def put_any(work, quantity, mantissa, exponent):
    """Make an entry of mantissa x 10**exponent, of any size, in the quantity's plain unit (W, V, A, Wh, …).

    Return False, with nothing done, where there is none such, it has an entry, or the exponent is outside -9..6.
    """
    if quantity == _NONE or not -9 <= exponent <= 6 or has(work, quantity):
        return False
    value = scale(mantissa, exponent + SHIFTS[quantity])
    if not -(1 << 62) < value < 1 << 62:
        return False
    if UNITS[quantity] == _WH or UNITS[quantity] == _VARH:
        exponent -= 3
        work[_REGISTER] = 1
    at = _ENTRIES + 3 * work[_COUNT]
    work[at] = quantity | (min(3, -exponent) if exponent < 0 else 0) << 8
    low = value & 0xFFFFFFFF
    work[at + 1] = low - (1 << 32) if low >> 31 else low
    work[at + 2] = value >> 32
    work[_COUNT] += 1
    work[_MARKS + (quantity >> 4)] |= 1 << (quantity & 15)
    return True


def scale(mantissa, exponent):
    """mantissa x 10**exponent as an integer, rounded half away from zero."""
    if exponent >= 0:
        return mantissa * 10 ** exponent
    divisor = 10 ** -exponent
    half = divisor >> 1
    return (mantissa + half) // divisor if mantissa >= 0 else -((half - mantissa) // divisor)
