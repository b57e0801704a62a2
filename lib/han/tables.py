"""Look-up tables of the byte loops, in the machine's byte order, made at import.

CRC-16/X-25 (polynomial 0x1021 reflected to 0x8408) guards HDLC frames, ISO/IEC 13239;
CRC-16/ARC (0x8005 reflected to 0xA001) guards P1 telegrams, DSMR P1 companion standard 5.0.2 section 6.2.
"""

from array import array


def _table(polynomial):
    table = array("H", bytes(512))
    for n in range(256):
        crc = n
        for _ in range(8):
            crc = (crc >> 1) ^ polynomial if crc & 1 else crc >> 1
        table[n] = crc
    return table


X25 = _table(0x8408)
ARC = _table(0xA001)
del _table

# Ten powers of ten, then how large an integer may be for its product with each to stay below 2**31.
POWERS = array("i", [10 ** n for n in range(10)] + [0x7FFFFFFF // 10 ** n for n in range(10)])

# By octet: what it may begin, 1 HDLC, 2 a telegram, 3 M-Bus, 4 a ciphered APDU, 0 nothing; and 0x80 where a telegram is to
# be looked at: `!`, `/`, and what is not ASCII.
FIRSTS = bytearray(128) + b"\x80" * 128
FIRSTS[0x21] = 0x80
FIRSTS[0x2F] = 0x82
FIRSTS[0x68] = 3
FIRSTS[0x7E] = 1
FIRSTS[0xDB] = 0x84
