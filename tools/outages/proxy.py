"""A TCP proxy in front of a broker that misbehaves on command, in a thread of its own.

    with Proxy(broker.port) as proxy:
        connect("127.0.0.1", proxy.port)
        proxy.behave(proxy.REFUSE)

A connection on which bytes were swallowed stays dead whatever comes next, as one whose state a router has forgotten.
"""

import asyncio
import contextlib
import socket
import threading
import time

from tools import ports
from tools.broker import HOST
from tools.outages.packets import CONNACK, PUBACK, PUBLISH, Splitter, published

_WAIT_SECONDS = 10
_PROBE_SECONDS = 0.2
_MOST_HOLDERS = 8
_CHUNK = 4096

PASS = "pass"
REFUSE = "refuse"  # the port is closed, whoever is connected is cut off
SWALLOW = "swallow"  # packets vanish: a connection is neither made nor refused, an old one falls silent
MUTE = "mute"  # takes connections and says nothing
SLOW = "slow"  # answers one byte a second
CLOSE_CONNACK = "close after CONNACK"
CLOSE_PUBLISH = "close in PUBLISH"  # half a PUBLISH reaches the broker
NO_ACK = "no PUBACK"
STALL = "stall"  # takes bytes, and nothing arrives on either side

_DEAD = (SWALLOW, MUTE, STALL)
_CUT = (REFUSE, MUTE, CLOSE_CONNACK)  # a connection from before would not show these


class Proxy:
    """Attributes: port; upstream, the broker's port on this PC, for connections from now on; connections (count);
    plain (connections whose first byte was not that of a TLS handshake);
    seen, a list of (monotonic seconds, topic, payload) of every PUBLISH packet that a client sent in clear and that went on.
    """

    def __init__(self, upstream, port=None):
        """port: its own, a free one unless given."""
        self.port = port or ports.reserve(self)
        self.connections = 0
        self.plain = 0
        self.seen = []
        self.upstream = upstream
        self._mode = PASS
        self._server = None
        self._holders = []
        self._open = set()  # of _Connection
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        self.behave(PASS)
        return self

    def __exit__(self, *_):
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_WAIT_SECONDS)
        self._loop.close()

    def behave(self, mode):
        """From now on so. Returns when it is so; raises OSError when the port is not to be had."""
        self._call(self._behave(mode))

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_WAIT_SECONDS)

    async def _behave(self, mode):
        self._mode = mode
        for connection in list(self._open):
            if mode in _DEAD:
                connection.dead = True
            if mode in _CUT:
                connection.cut()
        self._release()
        if mode in (REFUSE, SWALLOW):
            await self._close_server()
            if mode == SWALLOW:
                await self._hold()
        elif self._server is None:
            self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _end(self):
        self._release()
        await self._close_server()
        for connection in list(self._open):
            connection.cut()
        pending = asyncio.all_tasks() - {asyncio.current_task()}
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _close_server(self):
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _hold(self):
        """Fill a listener's queue until a further connection hangs: the kernel then drops what asks for one."""
        listener = socket.socket()
        self._holders = [listener]
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, self.port))
        listener.listen(0)
        for _ in range(_MOST_HOLDERS):
            holder = socket.socket()
            self._holders.append(holder)
            holder.setblocking(False)
            try:
                await asyncio.wait_for(self._loop.sock_connect(holder, (HOST, self.port)), _PROBE_SECONDS)
            except asyncio.TimeoutError:
                return
        raise OSError("this kernel takes connections that nobody accepts: nothing can be swallowed here")

    def _release(self):
        for each in self._holders:
            each.close()
        self._holders = []

    async def _serve(self, reader, writer):
        self.connections += 1
        connection = _Connection(self, reader, writer)
        self._open.add(connection)
        try:
            await connection.run()
        except (OSError, asyncio.IncompleteReadError):
            pass  # either side has gone; so does the other
        finally:
            connection.cut()
            self._open.discard(connection)


class _Connection:
    """A client and its connection to the broker. dead: bytes have been swallowed."""

    def __init__(self, proxy, reader, writer):
        self.dead = proxy._mode in _DEAD
        self._proxy = proxy
        self._reader = reader
        self._writers = [writer]

    def cut(self):
        for writer in self._writers:
            writer.transport.abort()

    async def run(self):
        writer = self._writers[0]
        first = await self._reader.read(_CHUNK)
        if not first:
            return
        self._proxy.plain += first[0] != 0x16
        if self.dead:
            await self._swallow()
            return
        reader, upstream = await asyncio.open_connection(HOST, self._proxy.upstream)
        self._writers.append(upstream)
        ways = {asyncio.ensure_future(self._up(first, upstream)), asyncio.ensure_future(self._down(reader, writer))}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        if self.dead:
            await self._swallow()

    async def _swallow(self):
        """The broker is gone for this client, which is not told."""
        with contextlib.suppress(OSError):
            while await self._reader.read(_CHUNK):
                pass

    async def _up(self, data, writer):
        splitter = Splitter()
        while data and not self.dead:
            for kind, packet in splitter.feed(data):
                if kind == PUBLISH:
                    if self._proxy._mode == CLOSE_PUBLISH:
                        writer.write(packet[: len(packet) // 2])
                        await writer.drain()
                        return
                    self._proxy.seen.append((time.monotonic(), *published(packet)))
                writer.write(packet)
            await writer.drain()
            data = await self._reader.read(_CHUNK)

    async def _down(self, reader, writer):
        splitter = Splitter()
        while data := await reader.read(_CHUNK):
            for kind, packet in splitter.feed(data):
                mode = self._proxy._mode
                if self.dead or (mode == NO_ACK and kind == PUBACK):
                    continue
                if mode == SLOW:
                    await self._trickle(packet, writer)
                    continue
                writer.write(packet)
                await writer.drain()
                if mode == CLOSE_CONNACK and kind == CONNACK:
                    return

    async def _trickle(self, packet, writer):
        for at in range(len(packet)):
            if self.dead:
                return
            writer.write(packet[at : at + 1])
            if self._proxy._mode == SLOW:
                await asyncio.sleep(1)
