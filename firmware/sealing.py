"""Secrets in a file that leaves the dongle: PBKDF2-HMAC-SHA256 with 10000 rounds makes a key of a password, AES-256 in CBC mode
encrypts, HMAC-SHA256 over salt, IV and ciphertext proves the password and that nothing was changed. Entered for one file.
"""

import binascii
import hashlib
import json
import os

import cryptolib

from firmware import let_go

_ROUNDS = 10000
# Somebody else's file must not keep the chip busy for ever.
_MOST_ROUNDS = 20000


async def _keys(password, salt, rounds):
    """(encryption key, authentication key)."""
    from firmware import password as room

    try:
        master = await room.derive(password, salt, rounds)
    finally:
        let_go("password")
    return _hmac(master, b"encrypt"), _hmac(master, b"authenticate")


async def seal(secrets, password):
    """The sealed form of an object, for JSON."""
    clear = json.dumps(secrets).encode()
    salt = os.urandom(16)
    iv = os.urandom(16)
    key, proof = await _keys(password, salt, _ROUNDS)
    # RFC 5652, 6.3: as many octets as are missing, each saying how many.
    missing = 16 - len(clear) % 16
    data = cryptolib.aes(key, 2, iv).encrypt(clear + bytes((missing,)) * missing)
    return {"rounds": _ROUNDS, "salt": _text(salt), "iv": _text(iv), "data": _text(data), "mac": _text(_hmac(proof, salt + iv + data))}


async def unseal(made, password):
    """The object that seal() was given; None where the password does not fit, or the file was changed."""
    try:
        salt, iv, data, mac = [binascii.a2b_base64(made[name]) for name in ("salt", "iv", "data", "mac")]
        rounds = made["rounds"]
        if not 1 <= rounds <= _MOST_ROUNDS or len(data) % 16 or not data or len(iv) != 16:
            return None
        key, proof = await _keys(password, salt, rounds)
        if _hmac(proof, salt + iv + data) != mac:
            return None
        clear = cryptolib.aes(key, 2, iv).decrypt(data)
        return json.loads(clear[:-clear[-1]])
    except (KeyError, TypeError, ValueError):
        return None


def _hmac(key, data):
    """RFC 2104, with a key of 32 octets."""
    key += bytes(64 - len(key))
    inner = hashlib.sha256(bytes(each ^ 0x36 for each in key) + data).digest()
    return hashlib.sha256(bytes(each ^ 0x5C for each in key) + inner).digest()


def _text(octets):
    return binascii.b2a_base64(octets).strip().decode()
