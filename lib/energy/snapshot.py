"""The ledger's state as bytes: numbers of seven bits an octet, low first, with the sign in the lowest, and a checksum at the end.

Entered when the state is stored or fetched.
"""

from .crc import crc16

_FORM = 0x48


def pack(words, spans):
    """Bytes of a list of integers and of the spans, six integers each."""
    out = bytearray((_FORM,))
    for rows in ([words], [[len(spans)]], spans):
        for row in rows:
            for word in row:
                word = word << 1 if word >= 0 else (-word << 1) - 1
                while word > 0x7F:
                    out.append(word & 0x7F | 0x80)
                    word >>= 7
                out.append(word)
    crc = crc16(out)
    out.append(crc >> 8)
    out.append(crc & 0xFF)
    return bytes(out)


def unpack(data, size):
    """(list of `size` integers, spans). Raises ValueError for what pack() did not make."""
    if len(data) < 4 or data[0] != _FORM or crc16(data):
        raise ValueError("the stored state is damaged")
    words = []
    at = 1
    while at < len(data) - 2:
        word = shift = 0
        while data[at] & 0x80:
            word |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
        word |= data[at] << shift
        at += 1
        words.append(-(word + 1 >> 1) if word & 1 else word >> 1)
    if len(words) <= size or len(words) != size + 1 + 6 * words[size]:
        raise ValueError("the stored state is of another version")
    return words[:size], [words[at:at + 6] for at in range(size + 1, len(words), 6)]
