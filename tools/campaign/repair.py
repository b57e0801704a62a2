"""Make checksums fit again after a mutation, so that what is behind them is reached."""

import re

from tools.fuzz.crc import arc, x25
from tools.fuzz.units import IDENT

KEY = bytes(range(16))
AUTH_KEY = bytes(range(0xD0, 0xE0))

_MOST = 0x7FF
_BEGINNING = re.compile(rb"\x7e[\xa0-\xaf]|\x68..\x68|/[A-Za-z]{3}[0-9]", re.DOTALL)
_CIPHERED = re.compile(rb"[\xdb\xdc]\x08")


def repair(data):
    """The data with each frame that begins in it made whole up to where the next one begins, and each telegram its CRC made right."""
    places = [match.start() for match in _BEGINNING.finditer(data)]
    parts = [data[:places[0]]] if places else [data]
    for start, end in zip(places, places[1:] + [len(data)]):
        part = data[start:end]
        parts.append(_telegram(part) if part[:1] == b"/" else _mbus(part) if part[:1] == b"\x68" else _hdlc(part))
    return b"".join(parts)


def _hdlc(part):
    """`part` from a flag on as a frame: length, header checksum and frame checksum fit, a flag closes it."""
    body = bytearray(part[1:-1] if part[-1:] == b"\x7e" and len(part) > 1 else part[1:])[:_MOST]
    header = 2
    for _ in range(2):  # two addresses, bit 0 in the last octet of each
        while header < len(body) and not body[header] & 1:
            header += 1
        header += 1
    header += 1
    if header + 5 > len(body):
        return part
    body[0] = body[0] & 0xF8 | len(body) >> 8
    body[1] = len(body) & 0xFF
    body[header:header + 2] = x25(body[:header]).to_bytes(2, "little")
    body[:] = body[:header + 2] + _seal(body[header + 2:-2]) + body[-2:]
    body[-2:] = x25(body[:-2]).to_bytes(2, "little")
    return b"\x7e" + bytes(body) + b"\x7e"


def _mbus(part):
    """`part` from `68` on as a long frame: both lengths and the checksum fit."""
    data = _seal(part[4:-2])[:0xFF]
    return b"\x68%c%c\x68" % (len(data), len(data)) + data + b"%c\x16" % (sum(data) & 0xFF)


def _telegram(part):
    """`part` from an ident on with a right CRC behind its last `!`."""
    end = part.rfind(b"!") + 1
    if not end or not IDENT.match(part):
        return part
    return part[:end] + b"%04X\r\n" % arc(part[:end])


def _seal(data):
    """The data, with what follows the header of a ciphered APDU in it taken for plain text, enciphered and given its tag.

    The library under test does the ciphering: this is to reach code, not to check it.
    """
    match = _CIPHERED.search(data)
    if not match or len(data) < match.start() + 34:
        return bytes(data)
    from han.cipher import span
    from han.errors import MessageError
    from han.gcm import Gcm

    start = match.start()
    out = bytearray(data)
    try:
        at, _ = span(out, start, len(out))
    except MessageError:
        return bytes(data)
    gcm = Gcm(KEY)
    end = len(out) - 12
    nonce = bytes(out[start + 2:start + 10] + out[at + 1:at + 5])
    gcm.crypt(nonce, out, at + 5, end)
    out[end:] = gcm.tag(nonce, bytes((out[at],)) + AUTH_KEY, out, at + 5, end)[:12]
    return bytes(out)
