"""A TCP connection on which nothing blocks and every wait has a deadline.

The only code that talks to sockets. `connect` is the one place where a stream is made, so that TLS has one door.
"""

import asyncio
import errno
import select
import socket
import time

from micropython import const

from firmware import sentence

_POLL_MS = const(10)
# So many failed connections in a row, and the name is looked up again.
_STALE = const(3)


class StreamError(Exception):
    """The connection could not be made, or is gone; the text says how, in the words of firmware.sentences.

    args: an errno or a word of its table CONNECTION, and what stands in that sentence.
    """

    def __str__(self):
        return sentence("CONNECTION", self.args[0], *self.args[1:])


class Peer:
    """A host and a port, and the address that the last look-up gave.

    A look-up blocks everything (getaddrinfo has no other way), so one answer is used until it has failed a few times.
    """

    def __init__(self, host, port):
        self._host = host
        self._port = port
        self._found = None
        self.failures = 0  # in a row

    def address(self):
        """Raises StreamError when the name does not resolve."""
        if self._found is None or self.failures >= _STALE:
            try:
                self._found = socket.getaddrinfo(self._host, self._port, 0, socket.SOCK_STREAM)[0]
                self.failures = 0
            except (OSError, IndexError):
                self.failures = _STALE
                if self._found is None:
                    raise StreamError("name")
        return self._found


async def connect(peer, timeout_ms):
    """A Stream to `peer`. Raises StreamError after at most timeout_ms, a look-up not counted."""
    found = peer.address()
    sock = None
    try:
        sock = socket.socket(found[0], found[1], found[2])
        sock.setblocking(False)
        try:
            sock.connect(found[-1])
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                raise
        poller = select.poll()
        poller.register(sock, select.POLLOUT)
        end = time.ticks_add(time.ticks_ms(), timeout_ms)
        events = None
        while not events:
            events = poller.poll(0)
            if not events:
                if time.ticks_diff(end, time.ticks_ms()) <= 0:
                    raise StreamError("away")
                await asyncio.sleep_ms(_POLL_MS)
        if events[0][1] & (select.POLLERR | select.POLLHUP):
            raise StreamError("refused")
    except BaseException as error:
        # Failed, or cancelled by the supervisor: the descriptor must not be lost, the chip has few.
        if sock is not None:
            sock.close()
        if isinstance(error, OSError):
            error = StreamError(error.errno)
        if isinstance(error, StreamError):
            peer.failures += 1
        raise error
    peer.failures = 0
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
