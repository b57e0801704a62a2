"""tools.meter.crc by table, a byte a step, for those who compute many: the tables come from there."""

from tools.meter import crc

# What a byte makes of an empty register. X-25 begins with a full one, and inverts at the end.
_ARC = [crc.arc(bytes((n,))) for n in range(256)]
_X25 = [crc.x25(bytes((n ^ 0xFF,))) ^ 0xFF00 for n in range(256)]


def x25(data):
    """CRC-16/X-25 of `data`."""
    register = 0xFFFF
    for byte in data:
        register = register >> 8 ^ _X25[(register ^ byte) & 0xFF]
    return register ^ 0xFFFF


def arc(data):
    """CRC-16/ARC of `data`."""
    register = 0
    for byte in data:
        register = register >> 8 ^ _ARC[(register ^ byte) & 0xFF]
    return register
