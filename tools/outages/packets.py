"""MQTT packets out of a stream of bytes (MQTT 3.1.1, 2.2), for a proxy that lets some pass and others not."""

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4


class Splitter:
    """Cuts one direction of a connection into packets. What does not begin as MQTT does, such as TLS, comes out as it went in."""

    def __init__(self):
        self._rest = b""
        self._first = None

    def feed(self, data):
        """Return (type, bytes) of each packet that is complete now; type 0 for what is not MQTT."""
        if self._first is None:
            self._first = data[0]
        self._rest += data
        packets = []
        while self._rest:
            size = self._size()
            if size is None or size > len(self._rest):
                break
            packets.append((self._rest[0] >> 4 if size else 0, self._rest[: size or None]))
            self._rest = self._rest[size:] if size else b""
        return packets

    def _size(self):
        """Octets of the packet at the front, None while its header is not whole, 0 when it cannot be MQTT."""
        if self._first not in (CONNECT << 4, CONNACK << 4):
            return 0
        length = 0
        for at in range(1, 5):
            if at >= len(self._rest):
                return None
            length |= (self._rest[at] & 0x7F) << 7 * (at - 1)
            if not self._rest[at] & 0x80:
                return at + 1 + length
        return 0


def published(packet):
    """(topic, payload) of a PUBLISH, as bytes. Raises ValueError when it is cut short."""
    at = 1
    while packet[at] & 0x80:
        at += 1
    size = int.from_bytes(packet[at + 1 : at + 3], "big")
    start = at + 3 + size
    if start > len(packet):
        raise ValueError("a PUBLISH shorter than its topic")
    return packet[at + 3 : start], packet[start + (2 if packet[0] & 6 else 0) :]
