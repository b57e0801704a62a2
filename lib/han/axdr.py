"""A-XDR (IEC 61334-6, types of the DLMS Blue Book): a cursor over the buffer, which builds only the value asked for."""

from ._const import const
from .errors import MessageError

_NULL = const(0)
_ARRAY = const(1)
_STRUCTURE = const(2)
_OCTET_STRING = const(9)
_VISIBLE_STRING = const(10)
_BIT_STRING = const(4)

# Octets of content by tag; 0xFF: a length or count follows; 0xFE: no such tag, or one that no meter sends (compact array).
_SIZES = const(b"\x00\xff\xff\x01\xff\x04\x04\xfe\xfe\xff\xff\xfe\xff\x01\xfe\x01"
          b"\x02\x01\x02\xfe\x08\x08\x01\x04\x08\x0c\x05\x04")
_SIGNED = const((5, 15, 16, 20))


class Cursor:
    """Reads buf[pos:end] element by element.

    After next(): `tag`; `at`, where the content begins; `size`, its octets (elements, for an array or a structure).
    """

    __slots__ = ("buf", "pos", "end", "tag", "at", "size")

    def __init__(self, buf, pos, end):
        self.buf = buf
        self.pos = pos
        self.end = end
        self.tag = self.at = self.size = 0

    def next(self):
        """Step to the next element, into a container, and return its tag. Raise MessageError where there is none."""
        buf = self.buf
        pos = self.pos
        end = self.end
        if pos >= end:
            raise MessageError("ends early")
        tag = buf[pos]
        pos += 1
        size = _SIZES[tag] if tag < 28 else 0 if tag == 0xFF else 0xFE
        if size == 0xFE:
            raise MessageError("data type %d" % tag)
        if size == 0xFF:
            if pos >= end:
                raise MessageError("ends early")
            size = buf[pos]
            pos += 1
            if size & 0x80:
                octets = size & 0x7F
                if not 1 <= octets <= 2 or pos + octets > end:
                    raise MessageError("length field")
                size = buf[pos]
                if octets == 2:
                    size = size << 8 | buf[pos + 1]
                pos += octets
            if tag == _BIT_STRING:
                size = (size + 7) >> 3
        self.tag = tag
        self.at = pos
        self.size = size
        if tag != _ARRAY and tag != _STRUCTURE:
            pos += size
            if pos > end:
                raise MessageError("ends early")
        self.pos = pos
        return tag

    def is_number(self):
        """Whether the element is an integer type or an enum."""
        tag = self.tag
        return tag == 5 or tag == 6 or 15 <= tag <= 18 or 20 <= tag <= 22

    def number(self):
        """The element's value, an integer of 1 to 8 octets, big endian; signed where its type is."""
        buf = self.buf
        at = self.at
        end = at + self.size
        value = buf[at]
        if value & 0x80 and self.tag in _SIGNED:
            value -= 256
        at += 1
        while at < end:
            value = value << 8 | buf[at]
            at += 1
        return value

    def text(self):
        """The element's octets as text, padding removed; as hex, all of them, where they are not printable ASCII."""
        octets = bytes(self.buf[self.at:self.at + self.size])
        text = octets.rstrip(b" \x00").lstrip(b" ")
        if text and (min(text) < 32 or max(text) > 126):
            return octets.hex()
        return str(text, "ascii")

    def is_printable(self):
        """Whether the element's octets are all printable ASCII."""
        octets = bytes(self.buf[self.at:self.at + self.size])
        return not octets or min(octets) >= 32 and max(octets) <= 126

    def is_obis(self):
        """Whether the element is an OBIS code: an octet-string of 6 that ends in 255."""
        return self.tag == _OCTET_STRING and self.size == 6 and self.buf[self.at + 5] == 0xFF

    def value(self):
        """The element as a plain value: integer, text, None for null; a list for a container, which is stepped over."""
        tag = self.tag
        if tag == _ARRAY or tag == _STRUCTURE:
            from .containers import values_of

            return values_of(self)
        if tag == _NULL or tag == 0xFF:
            return None
        if self.is_number():
            return self.number()
        if tag == _OCTET_STRING or tag == _VISIBLE_STRING:
            return self.text()
        from .rare import value_of

        return value_of(self)
