"""P1 telegrams in cipher. Poland (Stoen): an ident line in clear, then title length, title, BER length, security control,
invocation counter, ciphertext and tag as in general-glo-ciphering, then `!CRC`. Luxembourg: ciphered as a whole.
"""

from ._const import const
from .cipher import span
from .errors import MessageError
from .kernel import hex_word
from .tables import ARC
from .telegram import read_telegram

_END_MARK = const(0x21)
_IDENT_MARK = const(0x2F)
_LINE_FEED = const(10)
_DATA_NOTIFICATION = const(0x0F)
_IDENT = const(5)  # octets of an ident that say who made the meter
_DIGITS = const(5)  # `!` and the CRC's four
_HEADER = const(12)  # title length, title, BER length
# What lines of a telegram begin with, or all of it, or a notification.
_BEGINNINGS = b"0123456789\r\n/\x0f"


def check_sealed(framer, stats, buf, start, at, end):
    """Judge the telegram whose `/` is buf[start] and whose ciphered part begins at buf[at], at its title's length.

    Return as P1Framer.check() does, and leave there where the parts are. Its length says where it ends: a binary part may hold
    any octet.
    """
    if end - at < _HEADER:
        return start - at - _HEADER
    try:
        _, stop = span(buf, at - 1, end)
    except MessageError:
        stats.length_errors += 1
        return 0
    octets = stop + _DIGITS - start
    if end - start < octets:
        return -octets
    announced = hex_word(buf, stop + 1)
    if buf[stop] != _END_MARK or announced < 0:
        stats.length_errors += 1
        return 0
    framer.sealed = at - start
    framer.stop = stop - start
    framer.checked = announced == _crc(buf, start, stop + 1)
    if framer.checked:
        stats.telegrams += 1
    return octets


def read_sealed(wrapped, buf, start, framer):
    """The reading in the telegram at buf[start] that check_sealed() found good. Raises MessageError.

    Where its CRC is another, nothing is changed before the tag is right.
    """
    end = start + framer.stop
    cipher = wrapped.cipher()
    try:
        at, stop = cipher.open(buf, start + framer.sealed - 1, end, framer.checked, _BEGINNINGS)
    except MessageError as error:
        if framer.checked or error.args[1:] == ("needs_key",):
            raise
        # Papers do not say whether the CRC is that of the telegram in clear; without it, only the tag can vouch.
        raise MessageError("a damaged telegram", "checksum_errors") from None
    if buf[at] == _DATA_NOTIFICATION:
        return wrapped.dlms.notification(buf, at, stop, "p1")
    if buf[at] == _IDENT_MARK:
        return read_deciphered(buf, at, stop, cipher.tagged, wrapped.dlms.work)
    _text(buf, at, stop)
    # The lines follow the ident, with empty ones in place of what is between, which no tag vouches for.
    for i in range(start + _IDENT, at):
        buf[i] = _LINE_FEED
    end = at
    while end < stop and buf[end] != _END_MARK:
        end += 1
    buf[end] = _END_MARK
    reading = read_telegram(buf, start, end, wrapped.dlms.work)
    if not framer.checked:
        reading.vendor = ""
    return reading


def read_deciphered(buf, start, end, tagged, work):
    """The reading in the telegram buf[start:end] that was ciphered as a whole; `tagged`: a tag vouched for it.

    Raises MessageError.
    """
    _text(buf, start, end)
    stop = end - 1
    while buf[stop] != _END_MARK:
        stop -= 1
        if stop == start:
            raise MessageError("a telegram without end")
    if not tagged and (end - stop < _DIGITS or hex_word(buf, stop + 1) != _crc(buf, start, stop + 1)):
        raise MessageError("the key does not fit", "wrong_key")
    return read_telegram(buf, start, stop, work)


def _text(buf, start, end):
    if max(buf[start:end]) > 0x7F:
        raise MessageError("a telegram that is no text")


def _crc(buf, start, end):
    crc = 0
    for at in range(start, end):
        crc = ARC[(crc ^ buf[at]) & 0xFF] ^ crc >> 8
    return crc
