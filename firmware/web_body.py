"""The body of a request: one JSON object. Entered for one request."""

import asyncio
import json
import time

from micropython import const

from firmware import HttpError

_TIME_MS = const(10000)
# So long without an octet, and the visitor is taken to be gone: others wait.
_QUIET_MS = const(3000)
_POLL_MS = const(10)


async def take(stream, request, most):
    """The object that the body holds, of at most so many octets; an empty one without a body. Raises HttpError, StreamError."""
    if not request.length:
        return {}
    if request.fields.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise HttpError(415, "the body must be application/json")
    if request.length > most:
        raise HttpError(413, "at most %d octets are taken here" % most)
    body = bytearray(request.length)
    have = len(request.rest)
    body[:have] = request.rest
    request.length = 0
    request.rest = b""
    began = heard = time.ticks_ms()
    while have < len(body):
        n = stream.readinto(memoryview(body)[have:])
        have += n
        now = time.ticks_ms()
        if n:
            heard = now
        if time.ticks_diff(now, began) > _TIME_MS or time.ticks_diff(now, heard) > _QUIET_MS:
            raise HttpError(408, "the body did not come in time")
        if not n:
            await asyncio.sleep_ms(_POLL_MS)
    try:
        asked = json.loads(body)
        # MicroPython's parser takes the beginning of an object for the whole.
        if isinstance(asked, dict) and body.rstrip()[-1:] == b"}":
            return asked
    except (ValueError, RuntimeError):
        pass
    raise HttpError(400, "the body must be one JSON object")
