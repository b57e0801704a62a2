"""Where visitors wait until it is their turn. In memory while somebody does, and nobody has a turn.

Nobody has a turn, or more memory than what was sent takes, before the head of the request is there.
"""

import time

from micropython import const

from firmware import StreamError
from firmware.stream import Stream

# Connections: three that look on, one in work, one that waits. The chip has ten sockets in all.
_MOST = const(5)
# The head of a request has to be there in so long; in less while others wait outside for a place.
_TIME_MS = const(10000)
_HURRY_MS = const(1000)
_POLL_MS = const(10)
# After so many octets the rest of a head is read in one's turn.
_ENOUGH = const(768)
_LATE = b"HTTP/1.1 408 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


async def first(door, listener, poller, beat):
    """Let in whoever comes, until somebody is ready: an element of door.waiting, which is not there any more. None when all have gone."""
    buf = bytearray(128)
    waiting = door.waiting
    while True:
        outside = bool(poller.poll(0))
        if outside and len(waiting) + len(door.watchers) + door.aside < _MOST:
            outside = False
            _let_in(listener, waiting)
        elif not outside and not waiting:
            return None
        at = 0
        while at < len(waiting):
            visitor = waiting[at]
            try:
                if _ready(visitor, buf):
                    return waiting.pop(at)
                at += 1
                if time.ticks_diff(time.ticks_ms(), visitor[1]) > (_HURRY_MS if outside else _TIME_MS):
                    await visitor[0].write(_LATE, 0)
                    raise StreamError("full")
            except (StreamError, MemoryError):
                visitor[0].close()
                waiting.remove(visitor)
                at = 0
        await door.pause(beat, _POLL_MS)


def _let_in(listener, waiting):
    try:
        sock = listener.accept()[0]
    except OSError:
        return  # gone again
    sock.setblocking(False)
    waiting.append([Stream(sock, sock), time.ticks_ms(), b""])


def _ready(visitor, buf):
    """Take what was sent; whether that is a whole head, or one that will be refused. Raises StreamError."""
    head = visitor[2]
    while len(head) < _ENOUGH:
        n = visitor[0].readinto(buf)
        if not n:
            break
        head += buf[:n]
    visitor[2] = head
    end = head.find(b"\n")
    return head.find(b"\n\r\n") > 0 or len(head) >= _ENOUGH or end >= 0 and head[max(end - 9, 0):end - 4] != b"HTTP/"
