"""From a broker's name to an open TCP connection. A rare room: stream.py enters it to connect, and lets it go."""

import asyncio
import errno
import select
import socket
import time

from micropython import const

from firmware import StreamError, let_go

_POLL_MS = const(10)
# So many failed connections in a row, and the name is looked up again.
_STALE = const(3)
# An address is good for as long as the name server says, within these limits (s).
_SHORTEST_S = const(300)
_LONGEST_S = const(86400)
# So long TLS waits for the clock.
_CLOCK_MS = const(5000)


async def dial(peer, timeout_ms):
    """A connected, non-blocking socket. Raises StreamError after at most timeout_ms, and 10 s for the name and the clock.

    peer: a stream.Peer.
    """
    await _ready(peer)
    await _look_up(peer)
    sock = None
    try:
        there = socket.getaddrinfo(peer.found, peer.port, 0, socket.SOCK_STREAM)[0]
        sock = socket.socket(there[0], there[1], there[2])
        await _connect(sock, there[-1], timeout_ms)
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


async def _ready(peer):
    """Raise StreamError where the settings do not allow a connection, or the time that TLS needs stays unknown."""
    settings = peer.settings
    if settings["mqtt_tls"] == "off":
        # What is sent in the clear can be read by everybody on the network: that is for the user to decide.
        if settings["mqtt_user"] and settings["mqtt_clear_login"] != "yes":
            raise StreamError("login in clear")
    elif settings["mqtt_tls"] == "ca":
        end = time.ticks_add(time.ticks_ms(), _CLOCK_MS)
        while not peer.clock.known:
            if time.ticks_diff(end, time.ticks_ms()) <= 0:
                raise StreamError("clock")
            await asyncio.sleep_ms(_POLL_MS)


async def _look_up(peer):
    """See that peer.found is an address. One answer is used until it has failed a few times or is too old; an old one
    serves where there is no new one. Raises StreamError when the name does not resolve."""
    age = time.ticks_diff(time.ticks_ms(), peer.since)
    if peer.found is not None and peer.failures < _STALE and 0 <= age < peer.lasts:
        return
    from firmware import names

    try:
        peer.found, lasts = await names.look_up(peer.host, peer.link.dns)
        peer.lasts = min(max(lasts, _SHORTEST_S), _LONGEST_S) * 1000
        peer.since = time.ticks_ms()
        peer.failures = 0
    except StreamError:
        peer.failures = _STALE
        if peer.found is None:
            raise
    finally:
        del names
        let_go("names")


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
