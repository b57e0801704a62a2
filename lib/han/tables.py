"""Look-up tables of the byte loops, in the machine's byte order. Those of the CRCs are empty until fill(): a dongle hears one
protocol all its life, and needs one of the two.

CRC-16/X-25 (polynomial 0x1021 reflected to 0x8408) guards HDLC frames, ISO/IEC 13239;
CRC-16/ARC (0x8005 reflected to 0xA001) guards P1 telegrams, DSMR P1 companion standard 5.0.2 section 6.2.
"""

from array import array


X25 = array("H")
ARC = array("H")


def fill(table, polynomial):
    """Make the table of a CRC, once."""
    if not table:
        # At once: a table with a part missing must never be used.
        made = array("H", bytes(512))
        for n in range(256):
            crc = n
            for _ in range(8):
                crc = (crc >> 1) ^ polynomial if crc & 1 else crc >> 1
            made[n] = crc
        table.extend(made)


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
