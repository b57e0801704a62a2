"""AES-128-GCM (NIST SP 800-38D) on top of AES in ECB mode, which is all that the chip's `cryptolib` has of it."""

from array import array

from cryptolib import aes

from .kernel import ghash

_ECB = 1

# What falls out when a field element is shifted by four bits, reduced: 16 words of 16 bits.
_REDUCTION = (0x0000, 0x1C20, 0x3840, 0x2460, 0x7080, 0x6CA0, 0x48C0, 0x54E0,
              0xE100, 0xFD20, 0xD940, 0xC560, 0x9180, 0x8DA0, 0xA9C0, 0xB5E0)


class Gcm:
    """One key: 16 octets."""

    def __init__(self, key):
        self._aes = aes(key, _ECB)
        self._block = bytearray(16)
        # 8 words of state, the 16 multiples of the hash key, the reductions, 8 words to compute in; high words first.
        self._hash = array("H", bytes(320))
        self._multiples()

    def _multiples(self):
        g = self._hash
        key = self._aes.encrypt(bytes(16))
        value = 0
        for b in key:
            value = value << 8 | b
        for entry in (8, 4, 2, 1):
            self._put(entry, value)
            value = value >> 1 ^ (0xE1 << 120 if value & 1 else 0)
        for high in (2, 4, 8):
            for low in range(1, high):
                for i in range(8):
                    g[8 + 8 * (high + low) + i] = g[8 + 8 * high + i] ^ g[8 + 8 * low + i]
        for i in range(16):
            g[136 + i] = _REDUCTION[i]

    def _put(self, entry, value):
        for i in range(8):
            self._hash[8 + 8 * entry + i] = value >> 112 - 16 * i & 0xFFFF

    def tag(self, nonce, associated, buf, start, end):
        """The 16 octets that authenticate buf[start:end], ciphertext, and the associated data. nonce: 12 octets."""
        g = self._hash
        for i in range(8):
            g[i] = 0
        ghash(associated, 0, len(associated), g)
        ghash(buf, start, end, g)
        lengths = bytearray(16)
        for i, n in ((4, 8 * len(associated)), (12, 8 * (end - start))):
            lengths[i] = n >> 24 & 0xFF
            lengths[i + 1] = n >> 16 & 0xFF
            lengths[i + 2] = n >> 8 & 0xFF
            lengths[i + 3] = n & 0xFF
        ghash(lengths, 0, 16, g)
        tag = bytearray(self._aes.encrypt(nonce + b"\x00\x00\x00\x01"))
        for i in range(8):
            tag[2 * i] ^= g[i] >> 8
            tag[2 * i + 1] ^= g[i] & 0xFF
        return tag

    def crypt(self, nonce, buf, start, end):
        """Encrypt or decrypt buf[start:end] in place; the counter of its first block is 2."""
        counter = bytearray(nonce + b"\x00\x00\x00\x01")
        stream = self._block
        number = 1
        while start < end:
            number += 1
            counter[14] = number >> 8
            counter[15] = number & 0xFF
            self._aes.encrypt(counter, stream)
            for b in stream:
                if start == end:
                    break
                buf[start] ^= b
                start += 1
