"""A TCP connection on which nothing blocks and every wait has a deadline.

The only code that talks to sockets. `connect` is the one place where a stream is made, so that TLS has one door.
"""

import asyncio
import errno
import select
import socket
import time

_POLL_MS = 10
# So many failed connections in a row, and the name is looked up again.
_STALE = 3


class StreamError(Exception):
    """The connection could not be made, or is gone; the text says how."""


class Peer:
    """A host and a port, and the address that the last look-up gave.

    A look-up blocks everything (getaddrinfo has no other way), so one answer is used until it has failed a few times.
    """

    def __init__(self, host, port):
        self._host = host
        self._port = port
        self._found = None
        self._failures = 0

    def address(self):
        """Raises StreamError when the name does not resolve."""
        if self._found is None or self._failures >= _STALE:
            try:
                self._found = socket.getaddrinfo(self._host, self._port, 0, socket.SOCK_STREAM)[0]
                self._failures = 0
            except (OSError, IndexError):
                self._failures = _STALE
                if self._found is None:
                    raise StreamError("the broker's name does not resolve: check mqtt_host")
        return self._found

    def failed(self):
        """A connection to the address was not made."""
        self._failures += 1

    def worked(self):
        self._failures = 0


async def connect(peer, timeout_ms):
    """A Stream to `peer`. Raises StreamError after at most timeout_ms, a look-up not counted."""
    found = peer.address()
    sock = None
    try:
        sock = socket.socket(found[0], found[1], found[2])
        await _connect(sock, found[-1], timeout_ms)
    except (OSError, StreamError) as error:
        peer.failed()
        if sock is not None:
            sock.close()
        raise error if isinstance(error, StreamError) else StreamError(_words(error))
    except BaseException:
        # Cancelled by the supervisor: the descriptor must not be lost, the chip has few.
        sock.close()
        raise
    peer.worked()
    return Stream(sock)


async def _connect(sock, address, timeout_ms):
    sock.setblocking(False)
    try:
        sock.connect(address)
    except OSError as error:
        if error.errno != errno.EINPROGRESS:
            raise
    poller = select.poll()
    poller.register(sock, select.POLLOUT)
    end = time.ticks_add(time.ticks_ms(), timeout_ms)
    while True:
        for _, event in poller.poll(0):
            if event & (select.POLLERR | select.POLLHUP):
                raise StreamError("the broker refused the connection: is it running, and is mqtt_port right?")
            return
        if time.ticks_diff(end, time.ticks_ms()) <= 0:
            raise StreamError("the broker's machine does not answer")
        await asyncio.sleep_ms(_POLL_MS)


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
                raise StreamError(_words(error))
            if n:
                sent += n
            if sent == len(view):
                return
            if time.ticks_diff(end, time.ticks_ms()) <= 0:
                raise StreamError("the broker takes no more data")
            await asyncio.sleep_ms(_POLL_MS)

    def readinto(self, buf):
        """Take what has arrived into `buf`: the number of bytes, 0 for none. Raises StreamError at the end."""
        try:
            n = self._sock.readinto(buf)
        except OSError as error:
            raise StreamError(_words(error))
        if n == 0:
            raise StreamError("the broker closed the connection")
        return n or 0

    def close(self):
        try:
            self._sock.close()
        except OSError:
            pass


def _words(error):
    code = error.args[0] if error.args else 0
    if code == errno.ECONNREFUSED:
        return "the broker refused the connection: is it running, and is mqtt_port right?"
    if code == errno.ECONNRESET:
        return "the broker broke the connection"
    if code == errno.EHOSTUNREACH:
        return "the broker's machine cannot be reached"
    return "the network failed (error %s)" % code
