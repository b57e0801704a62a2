"""general-glo-ciphering and general-ded-ciphering (Green Book 9, section 9.2.7.2): from the ciphered APDU to the plain one.

    DB | 08 | system title (8) | BER length | security control | invocation counter (4) | ciphertext | tag (12)

Some meters leave the title out, its length being 0; then whoever has the key must know it.
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
    octets = buf[start + 1]
    at = start + 2 + octets
    if octets and octets != _TITLE:
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
    title     system title, 8 octets, of a meter that does not send it, or None; then that of the last APDU
    tagged    whether a tag vouched for the last APDU
    """

    def __init__(self, key, auth_key, title):
        self.tagged = False
        self.title = self._own_title = title
        self._gcm = None
        if key:
            from .gcm import Gcm

            self._gcm = Gcm(key)
        self._auth_key = auth_key
        # Of the last APDU, and of the last one that is believed.
        self._counter = self._last_counter = -1
        self._last_title = b""

    def open(self, buf, start, end, checked, beginnings=_PLAIN):
        """Decipher the APDU at buf[start], in place, no further than end. Return where the plain one begins and ends.

        checked     whether a checksum around it was right. Without one, only the tag can vouch for it.
        beginnings  the octets that what is in it may begin with
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
        title = bytes(buf[start + 2:start + 2 + buf[start + 1]]) or self._own_title
        if not title:
            raise MessageError("the meter encrypts and leaves its name out: it needs the system title", "needs_key")
        nonce = title + bytes(buf[at + 1:at + 5])
        counter = buf[at + 1] << 24 | buf[at + 2] << 16 | buf[at + 3] << 8 | buf[at + 4]
        at += 5
        self.tagged = bool(control & _AUTHENTICATED)
        if self.tagged:
            if stop + _TAG == end:
                # Some senders leave the tag out of the length.
                stop = end
            stop -= _TAG
            self._verify(nonce, control, checked, buf, at, stop)
        elif self._auth_key or not checked:
            # Otherwise one changed bit would switch the tag off.
            raise MessageError("no tag, though there is an authentication key, or no checksum")
        # Elgama's meters in Poland leave it at 0.
        if title == self._last_title and counter <= self._last_counter and (counter or self._last_counter):
            raise MessageError("invocation counter not above the last one", "replayed")
        self._gcm.crypt(nonce, buf, at, stop)
        if buf[at] not in beginnings:
            if self.tagged:
                raise MessageError("decrypted, but no message that is known")
            raise MessageError("the key does not fit", "wrong_key")
        self.title = title
        self._counter = counter
        # A counter that no tag covers proves nothing by itself, and a damaged one would shut out all that comes after it.
        if self.tagged:
            self.accept()
        return at, stop

    def accept(self):
        """Take the last APDU's invocation counter for the meter's: from here on, only higher ones are heard."""
        self._last_title = self.title
        self._last_counter = self._counter

    def _verify(self, nonce, control, checked, buf, start, end):
        """Raise MessageError where no authentication key that may be meant gives the tag behind buf[start:end]."""
        auth_key = self._auth_key
        associated = bytes((control,)) + (auth_key or DEFAULT_AUTH_KEY)
        # Where there is none, the associated data are empty, or the control octet alone.
        for data in (associated,) if auth_key or not checked else (b"", associated, associated[:1]):
            if self._gcm.tag(nonce, data, buf, start, end)[:_TAG] == buf[end:end + _TAG]:
                return
        if checked and not auth_key:
            raise MessageError("the key does not fit, or it needs the authentication key too", "needs_key")
        raise MessageError("the key or the authentication key does not fit", "wrong_key")
