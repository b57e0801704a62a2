"""The chip's `cryptolib` for CPython: AES in ECB mode, from the package `cryptography`.

Its folder is put on sys.path by what decrypts on a PC; the parser imports `cryptolib` by that name on every platform.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class aes:
    """As MicroPython's cryptolib.aes(key, 1): encrypt(octets) returns them encrypted, encrypt(octets, out) fills out."""

    def __init__(self, key, mode):
        if mode != 1:
            raise ValueError("mode")
        self._encryptor = Cipher(algorithms.AES(bytes(key)), modes.ECB()).encryptor()

    def encrypt(self, octets, out=None):
        data = self._encryptor.update(bytes(octets))
        if out is None:
            return data
        out[:] = data
        return out
