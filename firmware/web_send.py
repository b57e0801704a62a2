"""Answers, onto the wire. Entered for one request."""

import asyncio
import time

from micropython import const

_HEAD = "HTTP/1.1 %d \r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n%s\r\n"
# The whole answer has to be taken in so long, and each piece of it: others wait.
_TIME_MS = const(10000)
_PIECE_MS = const(3000)
_POLL_MS = const(10)
# What goes out in one piece with the head.
_SMALL = const(512)


async def send(stream, method, minor, left, status, kind, body, more):
    """Send an answer; take what is left of the request.

    method, minor: of the request. left: so many octets of its body are still to come; -1 where nobody knows. The others are those of a
    room's answer (web.py). Raises StreamError when it is not taken in time.
    """
    more += "Content-Type: %s\r\n" % (kind or "application/json") if status != 204 else ""
    if "Cache-Control" not in more:
        more += "Cache-Control: no-store\r\n"
    if "Security" not in more:
        more += "Content-Security-Policy: default-src 'none'\r\n"
    if isinstance(body, str):
        body = body.encode()
    whole = isinstance(body, bytes)
    chunked = not whole and body is not None and minor and "Content-Length" not in more
    if whole and "Content-Length" not in more and status != 204 and status != 304:
        more += "Content-Length: %d\r\n" % len(body)
    elif chunked:
        more += "Transfer-Encoding: chunked\r\n"
    head = (_HEAD % (status, more)).encode()
    more = None
    if whole and len(body) < _SMALL and method != "HEAD":
        # In one piece: the second of two small ones would wait for the first one's acknowledgement.
        head += body
        body = None
    await stream.write(head, _PIECE_MS)
    head = None
    if method != "HEAD" and body is not None:
        if whole:
            await stream.write(body, _PIECE_MS)
        else:
            await _pieces(stream, body, chunked)
    if kind != "text/event-stream":
        await _drain(stream, left)


async def _pieces(stream, body, chunked):
    end = time.ticks_add(time.ticks_ms(), _TIME_MS)
    try:
        for piece in body:
            if chunked:
                piece = "%x\r\n%s\r\n" % (len(piece.encode()), piece)
            await stream.write(piece, min(_PIECE_MS, max(0, time.ticks_diff(end, time.ticks_ms()))))
            await asyncio.sleep_ms(0)
    finally:
        body.close()
    if chunked:
        await stream.write(b"0\r\n\r\n", _PIECE_MS)


async def _drain(stream, left):
    """Take what was not read of a body: closed too early, the connection would be reset before the answer is read."""
    wait = 1000
    if left < 0:
        # Whatever is on its way.
        left = 0x4000
        wait = 100
    end = time.ticks_add(time.ticks_ms(), wait)
    buf = bytearray(64)
    while left > 0 and time.ticks_diff(end, time.ticks_ms()) > 0:
        n = stream.readinto(buf)
        left -= n
        if not n:
            await asyncio.sleep_ms(_POLL_MS)
