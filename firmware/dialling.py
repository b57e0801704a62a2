"""From a name to an open connection. A rare room: stream.py enters it to connect, and lets it go."""

import asyncio
import errno
import select
import time

from micropython import const

from firmware.stream import StreamError

_POLL_MS = const(10)
# So many failed connections in a row, and the name is looked up again.
_STALE = const(3)


async def dial(socket, peer, timeout_ms):
    """A connected, non-blocking socket. Raises StreamError after at most timeout_ms, a look-up not counted.

    socket: the module, which stream.py alone imports. peer: a stream.Peer.
    """
    found = _look_up(socket, peer)
    sock = None
    try:
        sock = socket.socket(found[0], found[1], found[2])
        await _connect(sock, found[-1], timeout_ms)
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
    return sock


def _look_up(socket, peer):
    """The address of a peer. A look-up blocks everything (getaddrinfo has no other way), so one answer is used until
    it has failed a few times. Raises StreamError when the name does not resolve."""
    if peer.found is None or peer.failures >= _STALE:
        try:
            peer.found = socket.getaddrinfo(peer.host, peer.port, 0, socket.SOCK_STREAM)[0]
            peer.failures = 0
        except (OSError, IndexError):
            peer.failures = _STALE
            if peer.found is None:
                raise StreamError("name")
    return peer.found


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
                raise StreamError("refused")
            return
        if time.ticks_diff(end, time.ticks_ms()) <= 0:
            raise StreamError("away")
        await asyncio.sleep_ms(_POLL_MS)
