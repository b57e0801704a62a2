"""What the bench feeds to the parser: messages of the simulated meters, an encrypted frame, noise. Equal in every run.

    for subject in subjects(): subject.name, subject.words, subject.size, subject.data, subject.keys
"""

import random
from collections import namedtuple

from tools.meter import hdlc, kamstrup
from tools.meter.meters import METERS

# `data` holds `count` messages of `size` octets each, no two alike; `keys` are Reader's keywords for them, as hex.
Subject = namedtuple("Subject", "name words size count data keys")

NOISE = "noise"
ENCRYPTED = "kamstrup-gcm"

_MESSAGES = 30
_NOISE_BLOCKS = 120
_NOISE_OCTETS = 1024
_NOISE_SEED = 20260101
_START_MS = 1_770_000_000_000

_PLAIN = (
    ("p1-landis", "p1", "P1, Sweden (Landis+Gyr)"),
    ("aidon-se", "3", "Aidon, Sweden"),
    ("kaifa-no", "2", "Kaifa list 2"),
    ("kamstrup-no", "2", "Kamstrup 10-second list"),
)

_GENERAL_GLO_CIPHERING = 0xDB
_AUTHENTICATED_AND_ENCRYPTED = 0x30
_TAG_OCTETS = 12
_TITLE = b"KAMEb\x00\x00\x01"
_KEY = bytes(range(0x10, 0x20))
_AUTH_KEY = bytes(range(0xD0, 0xE0))
_FIRST_COUNTER = 4711
# Flag, format 2, one octet each for destination, source and control, header checksum, LLC.
_APDU_AT = 1 + 2 + 1 + 1 + 1 + 2 + len(hdlc.LLC)
_APDU_END = -3  # checksum and flag


def _messages(meter, name):
    """That many of a list, ten seconds apart."""
    house = METERS[meter].house(_START_MS)
    return [METERS[meter].telegram(_START_MS + 10_000 * n, house, name) for n in range(_MESSAGES)]


def _subject(name, words, messages, keys=()):
    (size,) = {len(message) for message in messages}
    return Subject(name, words, size, len(messages), b"".join(messages), keys)


def _encrypted(frame, counter):
    """The Kamstrup frame with its APDU ciphered: general-glo-ciphering, suite 0 (Green Book 9, section 9.2.7.2)."""
    # Not a requirement of its own: esptool brings it.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    security = bytes((_AUTHENTICATED_AND_ENCRYPTED,))
    invocation = counter.to_bytes(4, "big")
    ciphered = AESGCM(_KEY).encrypt(_TITLE + invocation, frame[_APDU_AT:_APDU_END], security + _AUTH_KEY)
    # A tag of 16 octets is cut to the 12 that DLMS sends.
    body = security + invocation + ciphered[:_TAG_OCTETS - 16]
    apdu = bytes((_GENERAL_GLO_CIPHERING, len(_TITLE))) + _TITLE + b"\x82" + len(body).to_bytes(2, "big") + body
    return hdlc.frame(hdlc.LLC + apdu, kamstrup.DESTINATION, kamstrup.SOURCE, kamstrup.CONTROL)


def encrypted():
    """Kamstrup's 10-second list under AES-128-GCM. The invocation counter grows, as a guard against replay demands."""
    frames = [_encrypted(frame, _FIRST_COUNTER + n) for n, frame in enumerate(_messages("kamstrup-no", "2"))]
    return _subject(ENCRYPTED, "Kamstrup, AES-GCM", frames, (_KEY.hex(), _AUTH_KEY.hex()))


def noise():
    """Random octets in blocks: among them what looks like the start of a frame or a telegram."""
    rng = random.Random(_NOISE_SEED)
    return _subject(NOISE, "pure noise", [rng.randbytes(_NOISE_OCTETS) for _ in range(_NOISE_BLOCKS)])


def subjects():
    """All of them, in the order of the table."""
    plain = [_subject(meter, words, _messages(meter, name)) for meter, name, words in _PLAIN]
    return [*plain, encrypted(), noise()]
