"""Ciphered APDUs with no frame around them, as Luxembourg's P1 ports send them: `DB 08 title length …`.

There is no checksum; the authentication tag takes its place, and without a key for it nothing can be told from noise.
"""

from ._const import const
from .cipher import span
from .errors import MessageError

_LEAST = const(14)


class GloFramer:
    """Finds the end of the APDU that may begin at a given place; whether it is good, only its tag can say."""

    closing = 2
    information = 0

    def give_up(self):
        """Nothing is kept here of what is waited for."""

    def check(self, buf, start, end):
        """Judge the APDU `DB 08` at buf[start], of which buf[start:end] has arrived.

        Return n > 0: it would end n octets from start; n < 0: decide again when -n octets are there; 0: none begins here.
        """
        if end - start < _LEAST:
            return -_LEAST
        try:
            _, stop = span(buf, start, end)
        except MessageError:
            return 0
        return start - stop if stop > end else stop - start
