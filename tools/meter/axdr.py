"""A-XDR encoder: one function a type, each returns the bytes of one value with its tag (Blue Book table 2, IEC 61334-6).

Every function raises ValueError for a value that its type cannot hold, because a wrapped number would make a wrong oracle.
"""

import struct


def _integer(tag, size, signed):
    def encode(value):
        try:
            return bytes((tag,)) + value.to_bytes(size, "big", signed=signed)
        except OverflowError:
            raise ValueError(f"{value} does not fit A-XDR tag {tag:02X}") from None
    return encode


double_long = _integer(0x05, 4, True)
double_long_unsigned = _integer(0x06, 4, False)
bcd = _integer(0x0D, 1, False)
integer = _integer(0x0F, 1, True)
long = _integer(0x10, 2, True)
unsigned = _integer(0x11, 1, False)
long_unsigned = _integer(0x12, 2, False)
long64 = _integer(0x14, 8, True)
long64_unsigned = _integer(0x15, 8, False)
enum = _integer(0x16, 1, False)


def length(count):
    """A BER length or count: one byte below 0x80, else 81 nn or 82 nn nn."""
    if count < 0x80:
        return bytes((count,))
    if count < 0x100:
        return bytes((0x81, count))
    if count < 0x10000:
        return b"\x82" + count.to_bytes(2, "big")
    raise ValueError(f"a length of {count} is beyond what a meter sends")


def null():
    return b"\x00"


def dont_care():
    return b"\xff"


def array(elements, count=None):
    """An array of encoded elements; `count` announces another number, as some meters do."""
    return b"\x01" + length(len(elements) if count is None else count) + b"".join(elements)


def structure(elements, count=None):
    """A structure of encoded elements; `count` announces another number, as some meters do."""
    return b"\x02" + length(len(elements) if count is None else count) + b"".join(elements)


def boolean(value):
    return bytes((0x03, 1 if value else 0))


def bit_string(bits):
    """`bits` is text of 0 and 1, the first of them the most significant; the length counts bits, not bytes."""
    if set(bits) - {"0", "1"}:
        raise ValueError("a bit string is written with 0 and 1")
    padded = bits + "0" * (-len(bits) % 8)
    return b"\x04" + length(len(bits)) + bytes(int(padded[i:i + 8], 2) for i in range(0, len(padded), 8))


def octet_string(data):
    return b"\x09" + length(len(data)) + bytes(data)


def visible_string(text):
    return b"\x0a" + length(len(text)) + text.encode("ascii")


def utf8_string(text):
    data = text.encode("utf-8")
    return b"\x0c" + length(len(data)) + data


def compact_array(description, contents):
    """A compact array: the type description as given, then the contents under a length in bytes."""
    return b"\x13" + bytes(description) + length(len(contents)) + bytes(contents)


def float32(value):
    return b"\x17" + struct.pack(">f", value)


def float64(value):
    return b"\x18" + struct.pack(">d", value)


def _fixed(tag, size):
    def encode(data):
        if len(data) != size:
            raise ValueError(f"A-XDR tag {tag:02X} holds {size} bytes, not {len(data)}")
        return bytes((tag,)) + bytes(data)
    return encode


date_time = _fixed(0x19, 12)
date = _fixed(0x1A, 5)
time = _fixed(0x1B, 4)


def obis(code):
    """The octet string of an OBIS code written "A-B:C.D.E"; the sixth byte is 255."""
    medium, rest = code.split(":")
    a, b = medium.split("-")
    return octet_string(bytes((int(a), int(b), *(int(part) for part in rest.split(".")), 255)))


def scaler_unit(scaler, unit):
    """The structure {scaler, unit}: the value counts in 10**scaler of the unit (Blue Book 4.3.2)."""
    return structure((integer(scaler), enum(unit)))


def cosem_time(wall, deviation=0x8000, status=0xFF, day_of_week=None):
    """The 12 bytes of a COSEM date-time, without a tag (Blue Book 4.1.6.1).

    `wall` is a datetime as the meter's clock shows it; `deviation` is in minutes (UTC = local + deviation), 0x8000 when not specified.
    """
    dow = wall.isoweekday() if day_of_week is None else day_of_week
    return struct.pack(">HBBBBBBBHB", wall.year, wall.month, wall.day, dow, wall.hour, wall.minute, wall.second,
                       0xFF, deviation & 0xFFFF, status)
