"""MQTT 3.1.1 through umqtt.simple, on which nothing blocks.

umqtt.simple writes and reads packets well, but waits for ever on its socket, ignores short writes and sends a packet
in several pieces. So it never sees a socket: it gets a pipe in memory. What it wrote goes out in one write with a
deadline; what came in is handed to it only when a packet is complete. That serves the copies frozen in MicroPython
1.24 to 1.29 as well as 1.3.4 from the package index: all look `socket` up in their module when they connect.
"""

import asyncio
import time

import umqtt.simple as umqtt
from micropython import const

from firmware.stream import StreamError

_CONNECT_MS = 10000
_WRITE_MS = 10000
# A packet that has begun must end: a peer that sends a byte now and then is not alive.
_PACKET_MS = 20000
# A broker that takes a message and does not say so is dead, whatever else it sends.
_ACK_MS = 10000
_POLL_MS = const(10)
# Packets that are larger come in pieces of this size; only messages of QoS 0 may, up to a limit.
_LARGEST = const(256)
_LONGEST = const(32768)

# The session could not be made, or is over; the text says why. Close the client.
MqttError = StreamError


class _Pipe:
    """What umqtt.simple takes for its module `socket` while it connects, and for the socket that it gets from there.

    out: a list of what it wrote. incoming, at: what it can read, and from where on.
    """

    AF_INET = 2
    SOCK_STREAM = 1

    def __init__(self):
        self.out = []
        self.incoming = b""
        self.at = 0

    def socket(self, *args):
        return self

    def getaddrinfo(self, *args):
        return [[None]]

    def write(self, data, length=None):
        # A copy of the part, since umqtt uses the same bytearray again.
        self.out.append(data if length is None else data[:length])

    def read(self, length):
        end = self.at + length
        if end > len(self.incoming):
            raise EOFError
        data = self.incoming[self.at:end]
        self.at = end
        return data

    def ignored(self, *args):
        pass

    setblocking = settimeout = connect = close = ignored


class Client:
    """One MQTT session over one stream. Topics and payloads are bytes.

    will: (topic, payload), retained, which the broker publishes when the session breaks. keepalive in s: the
    stream counts as dead when nothing has come back for 1.5 times as long.
    """

    def __init__(self, stream, client_id, user, password, keepalive, will):
        self._stream = stream
        self._pipe = _Pipe()
        self._keepalive_ms = keepalive * 1000
        self._client = umqtt.MQTTClient(client_id, "", 1883, user, password, keepalive)
        self._client.set_last_will(will[0], will[1], True)
        self._client.set_callback(self._message)
        self._buf = bytearray(_LARGEST)
        self._view = memoryview(self._buf)
        self._have = 0
        self._total = 0  # octets of the packet that is coming in
        self._rest = self._at = 0  # of a large message: octets still to come; of its payload, before the present piece
        self._takers = {}
        self._taker = None  # of that message
        self._acknowledged = 0  # identifier in the last PUBACK
        now = time.ticks_ms()
        self._received = now  # the last byte
        self._asked = now  # the last PINGREQ
        self._began = now  # the first byte of the packet that is coming in

    async def connect(self):
        """Log in. Raises MqttError after at most 20 s."""
        kept = umqtt.socket
        umqtt.socket = self._pipe
        try:
            self._client.connect()
        except EOFError:
            pass  # it waits for the answer; so do we, with a deadline
        finally:
            umqtt.socket = kept
        await self._send()
        end = time.ticks_add(time.ticks_ms(), _CONNECT_MS)
        while not self._arrived():
            if time.ticks_diff(end, time.ticks_ms()) <= 0:
                raise MqttError("mute")
            await asyncio.sleep_ms(_POLL_MS)
        packet = self._take()
        if len(packet) != 4 or packet[0] != 0x20:
            raise MqttError("strange")
        if packet[3]:
            raise MqttError("refusal", packet[3])

    async def publish(self, topic, payload, retain=False, qos=0):
        """Send one message. With qos 1, wait until the broker has acknowledged it; service() goes on meanwhile.
        Raises MqttError after at most 10 s, 20 s with qos 1. Not to be called by two tasks at once."""
        client = self._begin()
        try:
            client.publish(topic, payload, retain, qos)
        except EOFError:
            pass  # it waits for the acknowledgement; so do we, with a deadline
        await self._send()
        if qos:
            end = time.ticks_add(time.ticks_ms(), _ACK_MS)
            while self._acknowledged != client.pid:
                if time.ticks_diff(end, time.ticks_ms()) <= 0:
                    raise MqttError("unacknowledged")
                await asyncio.sleep_ms(_POLL_MS)
                await self.service()

    async def subscribe(self, topic, on_message):
        """Ask for a topic's messages, up to 32 KB each: service() calls on_message(payload, at, rest) with the whole, or with pieces of
        less than 256 bytes: `at` bytes were before this one, `rest` are still to come. It must not raise. Raises MqttError after
        at most 10 s; a refusal is not noticed."""
        self._takers[topic] = on_message
        try:
            self._begin().subscribe(topic)
        except EOFError:
            pass  # it waits for the answer, which service() takes
        await self._send()

    async def service(self):
        """Take what has come, keep the session alive. Call several times a second. Raises MqttError."""
        while self._arrived():
            if self._total > _LARGEST:
                self._piece(self._take())
                await asyncio.sleep_ms(0)
                continue
            # A rest of the last packet is forgotten.
            packet = self._pipe.incoming = self._take()
            self._pipe.at = 0
            # PUBACK. One that comes late or is for nothing of ours changes nothing.
            if packet[0] == 0x40 and len(packet) == 4:
                self._acknowledged = packet[2] << 8 | packet[3]
            try:
                self._client.wait_msg()
            except Exception as error:
                # assert, IndexError, its own and ours: umqtt has no other way to say that it does not understand.
                raise MqttError("rubbish", type(error).__name__)
            await self._send()
        now = time.ticks_ms()
        silence = time.ticks_diff(now, self._received)
        if silence > self._keepalive_ms + self._keepalive_ms // 2:
            raise MqttError("silent")
        if self._have and time.ticks_diff(now, self._began) > _PACKET_MS:
            raise MqttError("half")
        pause = self._keepalive_ms // 2
        if silence >= pause and time.ticks_diff(now, self._asked) >= pause:
            self._asked = now
            self._client.ping()
            await self._send()

    def close(self):
        """Let the stream go without a farewell; the broker then publishes the will."""
        self._stream.close()

    def _message(self, topic, payload):
        taker = self._takers.get(topic)
        if taker:
            taker(payload, 0, 0)

    def _piece(self, data):
        """Hand on a piece of a large message; the first begins with header and topic."""
        payload = data
        if not self._rest:
            self._rest = self._total
            first = 2
            while data[first - 1] & 0x80:
                first += 1
            end = first + 2 + (data[first] << 8 | data[first + 1])
            self._taker = self._takers.get(data[first + 2:end]) if end <= len(data) else None
            self._at = 0
            payload = data[end:]
        self._rest -= len(data)
        if not self._rest:
            self._total = 0
        if self._taker:
            self._taker(payload, self._at, self._rest)
        self._at += len(payload)

    def _begin(self):
        """umqtt, with nothing to read and a number for its next packet."""
        self._pipe.incoming = b""
        self._pipe.at = self._acknowledged = 0
        # A packet identifier has 16 bits and is not 0 (MQTT 3.1.1, 2.3.1); umqtt counts on.
        self._client.pid %= 0xFFFF
        return self._client

    async def _send(self):
        data = b"".join(self._pipe.out)
        self._pipe.out.clear()
        if data:
            await self._stream.write(data, _WRITE_MS)

    def _arrived(self):
        """Read on, never past one packet. True when a whole packet is in the buffer."""
        while True:
            need = self._needed()
            if need == 0:
                return True
            n = self._stream.readinto(self._view[self._have:self._have + need])
            if not n:
                return False
            now = time.ticks_ms()
            if not self._have:
                self._began = now
            self._received = now
            self._have += n

    def _needed(self):
        """How many bytes the present packet, or the present piece of it, still lacks, as far as can be said; 0: complete."""
        have = self._have
        if self._rest:
            return min(self._rest, _LARGEST) - have
        if have < 2:
            return 2 - have
        # MQTT 3.1.1, 2.2.3: remaining length, 7 bits a byte, the lowest first. Three bytes reach past _LONGEST.
        length = header = 0
        while header == 0 or self._buf[header] & 0x80:
            header += 1
            if header == 4:
                raise MqttError("large", _LONGEST)
            if have <= header:
                return 1
            length |= (self._buf[header] & 0x7F) << 7 * (header - 1)
        self._total = length + header + 1
        if self._total > _LARGEST:
            # Only PUBLISH with QoS 0, which nobody has to acknowledge.
            if self._buf[0] & 0xF6 != 0x30:
                raise MqttError("large", _LARGEST)
            if self._total > _LONGEST:
                raise MqttError("large", _LONGEST)
            return _LARGEST - have
        return self._total - have

    def _take(self):
        packet = bytes(self._view[:self._have])
        self._have = 0
        return packet
