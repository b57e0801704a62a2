"""CRC-16/CCITT-FALSE (polynomial 0x1021, high bit first, begun with 0xFFFF), by half octets: a table of 32 octets."""

_TABLE = (b"\x00\x00\x10\x21\x20\x42\x30\x63\x40\x84\x50\xa5\x60\xc6\x70\xe7"
          b"\x81\x08\x91\x29\xa1\x4a\xb1\x6b\xc1\x8c\xd1\xad\xe1\xce\xf1\xef")


def crc16(data, end=None):
    """The checksum of data[:end]; 0 over data with its checksum behind it, high octet first."""
    crc = 0xFFFF
    for n in range(len(data) if end is None else end):
        octet = data[n]
        at = (crc >> 11 ^ octet >> 3) & 0x1E
        crc = (crc << 4 & 0xFFFF) ^ (_TABLE[at] << 8 | _TABLE[at + 1])
        at = (crc >> 11 ^ octet << 1) & 0x1E
        crc = (crc << 4 & 0xFFFF) ^ (_TABLE[at] << 8 | _TABLE[at + 1])
    return crc
