"""general-glo-ciphering and general-ded-ciphering (Green Book 9, section 9.2.7.2): from the ciphered APDU to the plain one.

    DB | 08 | system title (8) | BER length | security control | invocation counter (4) | ciphertext | tag (12)
"""

from ._const import const
from .errors import MessageError

GLO = const(0xDB)
DED = const(0xDC)
_TITLE = const(8)
_AUTHENTICATED = const(0x10)
_ENCRYPTED = const(0x20)
_COMPRESSED = const(0x80)
_TAG = const(12)
# The Luxembourg P1 specification (1.1.3) gives this authentication key to every meter.
DEFAULT_AUTH_KEY = bytes(range(0, 0x100, 0x11))
# What a plain APDU or telegram begins with: Data-Notification, or the ident of a P1 telegram.
_PLAIN = b"\x0f/"


def span(buf, start, end):
    """(where the ciphered part begins, at its security control, and ends by its own length). Raises MessageError.

    (0, 0) where buf[start:end] does not hold the length yet.
    """
    at = start + 2 + _TITLE
    if buf[start + 1] != _TITLE:
        raise MessageError("system title")
    if at + 3 > end:
        return 0, 0
    size = buf[at]
    if size == 0x81:
        size = buf[at + 1]
        at += 1
    elif size == 0x82:
        size = buf[at + 1] << 8 | buf[at + 2]
        at += 2
    elif size > 0x7F:
        raise MessageError("length of the ciphered part")
    return at + 1, at + 1 + size


class Cipher:
    """Opens what one meter has ciphered.

    key       encryption key, 16 octets, or None
    auth_key  authentication key, 16 octets, or None where the meter uses none
    tagged    whether a tag vouched for the last APDU
    """

    def __init__(self, key, auth_key):
        self.tagged = False
        self._gcm = None
        if key:
            from .gcm import Gcm

            self._gcm = Gcm(key)
        self._auth_key = auth_key
        self._title = b""
        self._counter = -1

    def open(self, buf, start, end, checked):
        """Decipher the APDU at buf[start], in place, no further than end. Return where the plain one begins and ends.

        checked  whether a checksum around it was right. Without one, only the tag can vouch for it.
        Raises MessageError; nothing is changed before the tag, if there is one, is right.
        """
        at, stop = span(buf, start, end)
        if at == 0 or stop > end or stop - at < 5 + _TAG:
            raise MessageError("length of the ciphered part")
        control = buf[at]
        if not control & _ENCRYPTED or control & _COMPRESSED:
            raise MessageError("security control %d" % control)
        if self._gcm is None:
            raise MessageError("the meter encrypts: it needs a key", "needs_key")
        title = bytes(buf[start + 2:start + 2 + _TITLE])
        nonce = title + bytes(buf[at + 1:at + 5])
        counter = buf[at + 1] << 24 | buf[at + 2] << 16 | buf[at + 3] << 8 | buf[at + 4]
        at += 5
        self.tagged = bool(control & _AUTHENTICATED)
        if self.tagged:
            if stop + _TAG == end:
                # Some senders leave the tag out of the length.
                stop = end
            stop -= _TAG
            auth_key = self._auth_key or (None if checked else DEFAULT_AUTH_KEY)
            self._verify(nonce, control, auth_key, buf, at, stop)
        elif self._auth_key or not checked:
            # Otherwise one changed bit would switch the tag off.
            raise MessageError("no tag, though there is an authentication key, or no checksum")
        # A counter that no tag covers proves nothing, and a damaged one would shut out all that comes after it.
        if self.tagged and title == self._title and counter <= self._counter:
            raise MessageError("invocation counter not above the last one", "replayed")
        self._gcm.crypt(nonce, buf, at, stop)
        if buf[at] not in _PLAIN:
            if self.tagged:
                raise MessageError("decrypted, but no message that is known")
            raise MessageError("the key does not fit", "wrong_key")
        if self.tagged:
            self._title = title
            self._counter = counter
        return at, stop

    def _verify(self, nonce, control, auth_key, buf, start, end):
        associated = bytes((control,)) + auth_key if auth_key else b""
        tag = self._gcm.tag(nonce, associated, buf, start, end)
        if tag[:_TAG] == buf[end:end + _TAG]:
            return
        if not auth_key:
            raise MessageError("the key does not fit, or it needs the authentication key too", "needs_key")
        raise MessageError("the key or the authentication key does not fit", "wrong_key")
