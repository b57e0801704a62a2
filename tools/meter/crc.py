"""The two checksums of meter ports.

CRC-16/X-25 guards the header and the body of an HDLC frame (Green Book 8.4); CRC-16/ARC guards a P1 telegram (DSMR P1 5.0.2, 6.2).
Both shift right, one bit at a time: speed does not matter here, being visibly right does.
"""


def _reflected(data, polynomial, register):
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ polynomial if register & 1 else register >> 1
    return register


def x25(data):
    """CRC-16/X-25 of `data` as an int; on the wire its low byte goes first. Check value 0x906E."""
    return _reflected(data, 0x8408, 0xFFFF) ^ 0xFFFF


def arc(data):
    """CRC-16/ARC of `data` as an int; printed as four hex digits, high byte first. Check value 0xBB3D."""
    return _reflected(data, 0xA001, 0)
