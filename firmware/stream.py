"""A connection to the broker, over TCP or TLS, on which nothing blocks and every wait has a deadline.

`connect` is the one place where a stream is made, so TLS and every rule about it have one door.
"""

import asyncio
import time

from micropython import const

from firmware import StreamError, let_go

_POLL_MS = const(10)


class Peer:
    """The broker as the settings describe it; and what dialling.py knows of it.

    link: whose attribute `dns` is the name server's address. clock: `known` tells whether certificates can be checked.
    Attributes: host, port, settings, link, clock; found (address), since and lasts (ticks_ms when it was found, ms that
    it is good for), failures (connections in vain since then).
    """

    def __init__(self, settings, link, clock):
        self.host = settings["mqtt_host"]
        self.port = settings["mqtt_port"]
        self.settings = settings
        self.link = link
        self.clock = clock
        self.found = None
        self.since = 0
        self.lasts = 0
        self.failures = 0


async def connect(peer, timeout_ms):
    """A Stream to `peer`. Raises StreamError after at most timeout_ms for TCP, as much for TLS, and 10 s for name and clock."""
    from firmware import dialling

    try:
        sock = await dialling.dial(peer, timeout_ms)
        if peer.settings["mqtt_tls"] == "off":
            return Stream(sock, sock)
    finally:
        del dialling
        let_go("dialling")
    from firmware import handshake

    try:
        return Stream(await handshake.secure(sock, peer, timeout_ms), sock)
    finally:
        del handshake
        let_go("handshake")


class Stream:
    """An open connection. Every StreamError means that it is of no more use; close it.

    sock: what is read and written. raw: the socket below it, where that is TLS.
    """

    def __init__(self, sock, raw):
        self._sock = sock
        self._raw = raw

    async def write(self, data, timeout_ms):
        """Send all of `data` (one write where the buffers allow it). Raises StreamError after timeout_ms."""
        end = time.ticks_add(time.ticks_ms(), timeout_ms)
        view = memoryview(data)
        sent = 0
        while True:
            try:
                # After a None, TLS wants to be given the same again.
                n = self._sock.write(view[sent:] if sent else view)
            except OSError as error:
                raise StreamError(error.errno)
            if n:
                sent += n
            if sent == len(view):
                return
            if time.ticks_diff(end, time.ticks_ms()) <= 0:
                raise StreamError("full")
            await asyncio.sleep_ms(_POLL_MS)

    def readinto(self, buf):
        """Take what has arrived into `buf`: the number of bytes, 0 for none. Raises StreamError at the end."""
        try:
            n = self._sock.readinto(buf)
        except OSError as error:
            raise StreamError(error.errno)
        if n == 0:
            raise StreamError("closed")
        return n or 0

    def close(self):
        # TLS that has failed forgets the socket below it, and would leave it open.
        for each in (self._sock, self._raw):
            try:
                each.close()
            except OSError:
                pass
