"""The simulated meters' messages as other meters send them: in HDLC segments, in transfer blocks, in M-Bus frames, in cipher.

What they say stays the same. The encoding is written here from the standards (Green Book 9: figure 40, section 9.2.7.2; EN 13757-2).
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tools.fuzz.crc import arc
from tools.fuzz.sources import Message, Source, complete_at, simulated
from tools.fuzz.units import hdlc_length
from tools.meter import hdlc

KEY = bytes(range(16))
AUTH_KEY = bytes(range(0xD0, 0xE0))
P1_AUTH_KEY = bytes(range(0, 0x100, 0x11))  # of every meter in Luxembourg
TITLE = b"KAM\x45\x00\x00\x00\x01"

_TAGGED = 0x30
_PLAINLY = 0x20  # encrypted without tag
_ADDRESSES = {"destination": b"\x41", "source": b"\x08\x83"}
_MBUS_DATA = 250


class Wrapped(Source):
    """A Source whose messages are the given one's, wrapped by `wrap` (rng, data, invocation counter)."""

    def __init__(self, source, words, wrap, keys=None, protocol=None):
        super().__init__(f"{source.name} {words}", protocol or source.protocol, source.lists, keys)
        self._wrap = wrap
        self._counter = 0

    def fresh(self):
        """The same, for a new stream: its invocation counter begins again."""
        self._counter = 0
        return self

    def draw(self, rng):
        message = super().draw(rng)
        self._counter += rng.randint(1, 3)
        data = self._wrap(rng, message.data, self._counter)
        return Message(data, complete_at(data), {**message.truth, "protocol": self.protocol})


def wrapped(seed):
    """All such sources."""
    both = {"key": KEY, "auth_key": AUTH_KEY}
    aidon, kaifa, kamstrup, swedish, text = (simulated(name, seed) for name in ("aidon-no", "kaifa-no", "kamstrup-no", "aidon-se", "p1-landis"))
    return [
        Wrapped(aidon, "in segments", lambda rng, data, counter: _segments(rng, _apdu(data))),
        Wrapped(swedish, "in blocks", lambda rng, data, counter: _blocks(rng, _apdu(data))),
        Wrapped(kamstrup, "in cipher", lambda rng, data, counter: _frame(cipher(_apdu(data), counter)), both),
        Wrapped(swedish, "in cipher, in blocks", lambda rng, data, counter: _blocks(rng, cipher(_apdu(data), counter)), both),
        Wrapped(kamstrup, "in cipher, on M-Bus", lambda rng, data, counter: _mbus(rng, cipher(_apdu(data), counter)), both, "mbus"),
        Wrapped(kaifa, "in cipher without tag, on M-Bus",
                lambda rng, data, counter: _mbus(rng, cipher(_apdu(data), counter, None, _PLAINLY)), {"key": KEY}, "mbus"),
        Wrapped(text, "with its lines in cipher", lambda rng, data, counter: _sealed(data, counter, b"\x08" + TITLE), both),
        Wrapped(text, "with its lines in cipher, without title", lambda rng, data, counter: _sealed(data, 0, b"\0"), {**both, "title": TITLE}),
        Wrapped(text, "in cipher, without frame", lambda rng, data, counter: cipher(data, counter, P1_AUTH_KEY), {"key": KEY}),
    ]


def _apdu(frame):
    """The APDU in a frame."""
    return frame[frame.index(b"\xe6\xe7\x00") + 3:-3] if hdlc_length(frame, 0) else frame


def _frame(apdu):
    return hdlc.frame(hdlc.LLC + apdu, control=0x13, **_ADDRESSES)


def _cut(rng, data, pieces):
    """The data in so many pieces, none of them empty."""
    places = sorted(rng.sample(range(1, len(data)), pieces - 1))
    return [data[start:end] for start, end in zip([0, *places], [*places, len(data)])]


def _segments(rng, apdu):
    parts = _cut(rng, hdlc.LLC + apdu, rng.randint(2, 4))
    while len(parts[0]) < len(hdlc.LLC) + 1:  # the first one has the LLC
        parts[:2] = [parts[0] + parts[1]]
    return b"".join(hdlc.frame(part, control=0x03 if n < len(parts) - 1 else 0x13, segmented=n < len(parts) - 1, **_ADDRESSES)
                    for n, part in enumerate(parts))


def _blocks(rng, apdu):
    parts = _cut(rng, apdu, rng.randint(1, 4))
    out = bytearray()
    for number, part in enumerate(parts, 1):
        control = 0xC1 if number == len(parts) else 0x41
        block = b"\xe0%c" % control + number.to_bytes(2, "big") + b"\0\0" + _length(len(part)) + part
        out += hdlc.frame((hdlc.LLC if number == 1 else b"") + block, control=0x13, **_ADDRESSES)
    return bytes(out)


def _mbus(rng, apdu):
    least = -(-len(apdu) // _MBUS_DATA)
    size = -(-len(apdu) // rng.randint(least, least + 2))
    parts = [apdu[at:at + size] for at in range(0, len(apdu), size)]
    out = bytearray()
    for number, part in enumerate(parts):
        data = b"\x53\xff%c\x01\x67" % (number | (0x10 if number == len(parts) - 1 else 0)) + part
        out += b"\x68%c%c\x68" % (len(data), len(data)) + data + b"%c\x16" % (sum(data) & 0xFF)
    return bytes(out)


def _sealed(telegram, counter, title):
    """The telegram with the lines behind its ident in cipher, as Polish meters send it, the length of their title before it."""
    lines = telegram.index(b"\r\n\r\n") + 4
    apdu = cipher(telegram[lines:telegram.rindex(b"!")], counter)
    text = telegram[:lines] + title + apdu[2 + len(TITLE):] + b"!"
    return text + b"%04X\r\n" % arc(text)


def cipher(plain, counter, auth_key=AUTH_KEY, control=_TAGGED):
    """general-glo-ciphering of the APDU or telegram, with a tag of 12 octets where `control` says so."""
    nonce = TITLE + counter.to_bytes(4, "big")
    if control == _TAGGED:
        sealed = AESGCM(KEY).encrypt(nonce, plain, bytes((control,)) + auth_key)[:len(plain) + 12]
    else:
        sealed = Cipher(algorithms.AES(KEY), modes.CTR(nonce + b"\0\0\0\2")).encryptor().update(plain)
    content = bytes((control,)) + counter.to_bytes(4, "big") + sealed
    return b"\xdb\x08" + TITLE + _length(len(content)) + content


def _length(octets):
    """A BER length."""
    return bytes((octets,)) if octets < 0x80 else b"\x81%c" % octets if octets < 0x100 else b"\x82" + octets.to_bytes(2, "big")
