"""A TCP connection on which nothing blocks and every wait has a deadline.

The only code that talks to sockets. `connect` is the one place where a stream is made, so that TLS has one door.
"""

import asyncio
import socket
import time

from micropython import const

from firmware import let_go, sentence

_POLL_MS = const(10)


class StreamError(Exception):
    """The connection could not be made, or is gone; the text says how, in the words of firmware.sentences.

    args: an errno or a word of its table CONNECTION, and what stands in that sentence.
    """

    def __str__(self):
        return sentence("CONNECTION", self.args[0], *self.args[1:])


class Peer:
    """A host and a port; and what dialling.py knows of it: the address found last, failed connections since then."""

    def __init__(self, host, port):
        self.host = host
        self.port = port
        self.found = None
        self.failures = 0


async def connect(peer, timeout_ms):
    """A Stream to `peer`. Raises StreamError after at most timeout_ms, a look-up not counted."""
    from firmware import dialling

    try:
        sock = await dialling.dial(socket, peer, timeout_ms)
    finally:
        del dialling
        let_go("dialling")
    return Stream(sock)


class Stream:
    """An open connection. Every StreamError means that it is of no more use; close it."""

    def __init__(self, sock):
        self._sock = sock

    async def write(self, data, timeout_ms):
        """Send all of `data` (one write where the buffers allow it). Raises StreamError after timeout_ms."""
        end = time.ticks_add(time.ticks_ms(), timeout_ms)
        view = memoryview(data)
        sent = 0
        while True:
            try:
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
        try:
            self._sock.close()
        except OSError:
            pass
