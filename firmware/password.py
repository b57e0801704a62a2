"""Passwords that are kept only as what a guess can be held against: PBKDF2-HMAC-SHA256 (RFC 8018), with a salt of its own each.

Stored as "rounds:salt:hash", the latter two in hex. MicroPython has no PBKDF2, so it is made in small steps with pauses
in between, in which everybody else gets a turn.
"""

import asyncio
import binascii
import hashlib
import os

# About 0.4 ms each on an ESP32: 1.6 s for a log-in, and as much for every guess with the chip's flash in hand.
ROUNDS = 4000
_SALT = 16
_BETWEEN = 16


async def derive(password, salt, rounds):
    """32 octets out of a password (text) and a salt."""
    key = password.encode()
    if len(key) > 64:
        key = hashlib.sha256(key).digest()
    key += bytes(64 - len(key))
    inner = bytes(each ^ 0x36 for each in key)
    outer = bytes(each ^ 0x5C for each in key)
    last = salt + b"\0\0\0\1"
    total = 0
    for n in range(rounds):
        last = hashlib.sha256(outer + hashlib.sha256(inner + last).digest()).digest()
        total ^= int.from_bytes(last, "big")
        if n % _BETWEEN == 0:
            await asyncio.sleep(0)
    return total.to_bytes(32, "big")


async def make(password):
    """What is to be stored of a password."""
    salt = os.urandom(_SALT)
    return "%d:%s:%s" % (ROUNDS, _hex(salt), _hex(await derive(password, salt, ROUNDS)))


async def fits(password, stored):
    """Whether a password is the one that make() was given."""
    rounds, salt, kept = stored.split(":")
    made = _hex(await derive(password, binascii.unhexlify(salt), int(rounds)))
    difference = 0
    for at in range(64):
        difference |= ord(made[at]) ^ ord(kept[at])
    return difference == 0


def _hex(octets):
    return binascii.hexlify(octets).decode()
