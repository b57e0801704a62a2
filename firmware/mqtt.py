"""MQTT 3.1.1 through umqtt.simple, on which nothing blocks.

umqtt.simple writes and reads packets well, but waits for ever on its socket, ignores short writes and sends a packet
in several pieces. So it never sees a socket: it gets a pipe in memory. What it wrote goes out in one write with a
deadline; what came in is handed to it only when a packet is complete. That serves the copies frozen in MicroPython
1.24 to 1.29 as well as 1.3.4 from the package index: all look `socket` up in their module when they connect.
"""

import asyncio
import time

import umqtt.simple as umqtt

from firmware.stream import StreamError

_CONNECT_MS = 10000
_WRITE_MS = 10000
# A packet that has begun must end: a peer that sends a byte now and then is not alive.
_PACKET_MS = 20000
_POLL_MS = 10
# Nothing large is subscribed to.
_LARGEST = 256

# MQTT 3.1.1, table 3.1: CONNACK return codes
_REFUSALS = (
    "",
    "the broker does not speak MQTT 3.1.1",
    "the broker refuses the client's identifier",
    "the broker is not available at the moment",
    "bad user name or password: check mqtt_user and mqtt_password",
    "not authorised: the broker's rules keep this user out",
)


class MqttError(Exception):
    """The session could not be made, or is over; the text says why. Close the client."""


class _Dry(Exception):
    """umqtt wants to read what has not come."""


class _Pipe:
    """What umqtt.simple takes for its socket."""

    def __init__(self):
        self._out = []
        self._in = b""
        self._at = 0

    def write(self, data, length=None):
        # A copy of the part, since umqtt uses the same bytearray again.
        self._out.append(data if length is None else data[:length])

    def read(self, length):
        end = self._at + length
        if end > len(self._in):
            raise _Dry()
        data = self._in[self._at:end]
        self._at = end
        return data

    def fill(self, data):
        """Make `data` what can be read; a rest of the last packet is forgotten."""
        self._in = data
        self._at = 0

    def drain(self):
        """All that was written, in one piece."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def ignored(self, *args):
        pass

    setblocking = settimeout = connect = close = ignored


class _Sockets:
    """What stands in for umqtt's module `socket` while it connects."""

    AF_INET = 2
    SOCK_STREAM = 1

    def __init__(self, pipe):
        self._pipe = pipe

    def socket(self, *args):
        return self._pipe

    def getaddrinfo(self, *args):
        return ((0, 0, 0, "", None),)


class Client:
    """One MQTT session over one stream. Topics and payloads are bytes, everything is sent with QoS 0.

    will: (topic, payload), retained, which the broker publishes when the session breaks. keepalive in s: the
    stream counts as dead when nothing has come back for 1.5 times as long.
    """

    def __init__(self, stream, client_id, user, password, keepalive, will):
        self._stream = stream
        self._pipe = _Pipe()
        self._keepalive_ms = keepalive * 1000
        self._client = umqtt.MQTTClient(client_id, "", 1883, user, password, keepalive)
        self._client.set_last_will(will[0], will[1], True)
        self._client.set_callback(self._pipe.ignored)
        self._buf = bytearray(_LARGEST)
        self._view = memoryview(self._buf)
        self._have = 0
        now = time.ticks_ms()
        self._received = now  # the last byte
        self._asked = now  # the last PINGREQ
        self._began = now  # the first byte of the packet that is coming in

    async def connect(self):
        """Log in. Raises MqttError after at most 20 s."""
        kept = umqtt.socket
        umqtt.socket = _Sockets(self._pipe)
        try:
            self._client.connect()
        except _Dry:
            pass
        finally:
            umqtt.socket = kept
        await self._send()
        end = time.ticks_add(time.ticks_ms(), _CONNECT_MS)
        while not self._arrived():
            if time.ticks_diff(end, time.ticks_ms()) <= 0:
                raise MqttError("the broker does not answer")
            await asyncio.sleep_ms(_POLL_MS)
        packet = self._take()
        if len(packet) != 4 or packet[0] != 0x20:
            raise MqttError("what answers is not an MQTT broker")
        code = packet[3]
        if code:
            raise MqttError(_REFUSALS[code] if code < len(_REFUSALS) else "refused with code %d" % code)

    async def publish(self, topic, payload, retain=False):
        """Send one message. Raises MqttError after at most 10 s."""
        self._client.publish(topic, payload, retain)
        await self._send()

    async def service(self):
        """Take what has come, keep the session alive. Call several times a second. Raises MqttError."""
        while self._arrived():
            self._pipe.fill(self._take())
            try:
                self._client.wait_msg()
            except Exception as error:
                # assert, IndexError, its own and ours: umqtt has no other way to say that it does not understand.
                raise MqttError("the broker sent what is not MQTT (%s)" % type(error).__name__)
            await self._send()
        now = time.ticks_ms()
        silence = time.ticks_diff(now, self._received)
        if silence > self._keepalive_ms + self._keepalive_ms // 2:
            raise MqttError("the broker has fallen silent")
        if self._have and time.ticks_diff(now, self._began) > _PACKET_MS:
            raise MqttError("the broker stopped in the middle of a packet")
        pause = self._keepalive_ms // 2
        if silence >= pause and time.ticks_diff(now, self._asked) >= pause:
            self._asked = now
            self._client.ping()
            await self._send()

    def close(self):
        """Let the stream go without a farewell; the broker then publishes the will."""
        self._stream.close()

    async def _send(self):
        data = self._pipe.drain()
        if data:
            try:
                await self._stream.write(data, _WRITE_MS)
            except StreamError as error:
                raise MqttError(str(error))

    def _arrived(self):
        """Read on, never past one packet. True when a whole packet is in the buffer."""
        while True:
            need = self._needed()
            if need == 0:
                return True
            try:
                n = self._stream.readinto(self._view[self._have:self._have + need])
            except StreamError as error:
                raise MqttError(str(error))
            if not n:
                return False
            now = time.ticks_ms()
            if not self._have:
                self._began = now
            self._received = now
            self._have += n

    def _needed(self):
        """How many bytes the present packet still lacks, as far as can be said; 0: complete."""
        have = self._have
        if have < 2:
            return 2 - have
        # MQTT 3.1.1, 2.2.3: remaining length, 7 bits a byte, the lowest first. Two bytes reach past _LARGEST.
        length = self._buf[1] & 0x7F
        header = 2
        if self._buf[1] & 0x80:
            if have < 3:
                return 1
            if self._buf[2] & 0x80:
                raise MqttError("the broker sent a packet of more than %d bytes" % _LARGEST)
            length |= self._buf[2] << 7
            header = 3
        if header + length > _LARGEST:
            raise MqttError("the broker sent a packet of more than %d bytes" % _LARGEST)
        return header + length - have

    def _take(self):
        packet = bytes(self._view[:self._have])
        self._have = 0
        return packet
