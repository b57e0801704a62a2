"""A visitor of the page: a request in, an answer out.

What is asked for stands in one table; whatever is not asked for all the time is in rooms of its own, entered for one request.
A room has answer(door, request, word, asked), which returns (status, content type or "" for JSON, body, further header lines):
body is text, bytes, a generator of texts, or None where others go on; asked is the object in the request's body.
"""

import asyncio
import gc
import json
import time

from micropython import const

from firmware import HttpError, let_go

# A request has to be there, and its answer taken, in so long each.
_TIME_MS = const(10000)
# Who says nothing must not keep others out for long.
_HURRY_MS = const(1000)
_POLL_MS = const(10)
# With less memory than this, what has done its work is let go before what comes is loaded.
_SCARCE = const(16000)
# Nobody unknown may take more memory.
_SMALL = const(512)

# word behind /api/v1/ (with a / where a name follows), methods (Get, Post, pUt, Delete), who may (0 everybody, 1 who may read, 2 who is
# logged in), room.
_ROUTES = (" session:G:0:login login:P:0:login logout:P:0:login tokens:GP:2:login tokens/:D:2:login readings:G:1:events events:G:1:events "
           "history:G:1:history energy:G:1:energy usage:G:1:usage journal:G:2:journal journal/:P:2:bring peaks:G:1:report peaks/:P:2:correct cost:G:1:report "
           "tariff:GU:2:own contract:GU:2:own prices:U:2:prices status:G:1:state log:G:2:state telegram:G:2:state metrics:G:1:state settings:GU:2:settings "
           "backup:GP:2:backup restore:P:2:restore restart:P:2:device factory-reset:P:2:device scan:G:2:device wifi:GP:2:device "
           "data:G:3:homewizard ")
_HEAD = "HTTP/1.1 %d \r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n%s\r\n"


class Asked:
    """A request, once its head is there. Attributes: method, path (as sent), query (behind the ?), fields (of the header: name in
    small letters to text), length (octets of the body that are still to come, and those in `rest`), minor (of HTTP/1), name (behind
    the word of the API), buf (a buffer to use)."""

    method = path = query = name = ""
    length = 0
    minor = 1
    rest = b""
    fields = {}

    def take(self, parser):
        """Take over what web_request.py has read: nothing here may hold on to that room."""
        self.method = parser.method
        self.path = parser.path
        self.query = parser.query
        self.fields = parser.fields
        self.length = parser.length
        self.minor = parser.minor
        self.rest = parser.rest()
        self.buf = parser.buf

    def cookie(self, name):
        """The value of the cookie of that name, "" without one."""
        return _value(self.fields.get("cookie", ""), ";", name)

    def asked(self, name):
        """The value of that name in the query, "" without one. Plain words only: nothing is decoded."""
        return _value(self.query, "&", name)


def _value(text, between, name):
    for part in text.split(between):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


async def serve(door, stream):
    """Answer the one request on a stream. Returns None, or who goes on to look: what web_events.run() takes besides.

    Raises StreamError when the visitor has gone or is too slow.
    """
    request = Asked()
    try:
        await _head(door, stream, request)
        status, kind, body, more = await _answer(door, stream, request)
    except HttpError as error:
        status, body = error.args[:2]
        kind = ""
        body = json.dumps({"error": body}) if isinstance(body, str) else json.dumps(body)
        more = error.args[2] if len(error.args) > 2 else ""
    except MemoryError:
        gc.collect()
        status, kind, body, more = 503, "", '{"error":"not enough memory at the moment"}', "Retry-After: 5\r\n"
    await send(stream, request, status, kind, body, more)
    if kind == "text/event-stream" and request.method == "GET":
        from firmware import web_access

        return web_access.session(door, request), request.fields.get("authorization", "")
    await _drain(stream, request)


async def _head(door, stream, request):
    from firmware import web_request

    parser = web_request.Request()
    del web_request
    began = time.ticks_ms()
    while True:
        n = stream.readinto(parser.space())
        if n and parser.take(n):
            request.take(parser)
            return
        if time.ticks_diff(time.ticks_ms(), began) > (_HURRY_MS if door.crowded else _TIME_MS):
            raise HttpError(408, "the request did not come in time")
        await asyncio.sleep_ms(0 if n else _POLL_MS)


async def _answer(door, stream, request):
    """(status, content type, body, further header lines)."""
    from firmware import web_access

    web_access.check(door, request)
    path = request.path
    if path[:8] == "/api/v1/":
        word, _, request.name = path[8:].partition("/")
        if request.name:
            word += "/"
    else:
        word = {"/metrics": "metrics", "/api": "data"}.get(path, "")
    at = _ROUTES.find(" " + word + ":") if word and ":" not in word and " " not in word else -1
    if at < 0:
        if word or path not in ("/", "/index.html", "/openapi.json"):
            raise HttpError(404, "there is nothing here")
        word, methods, right, room = "", "G", "0", "files"
    else:
        word, methods, right, room = _ROUTES[at + 1:_ROUTES.find(" ", at + 1)].split(":")
    letter = {"GET": "G", "HEAD": "G", "POST": "P", "PUT": "U", "DELETE": "D"}.get(request.method, "-")
    if letter not in methods:
        names = {"G": "GET, HEAD", "P": "POST", "U": "PUT", "D": "DELETE"}
        raise HttpError(405, "not with this method", "Allow: %s\r\n" % ", ".join(names[letter] for letter in methods))
    if right != "0":
        web_access.admit(door, request, word, int(right))
    asked = None
    if letter in "PU":
        asked = await _body(stream, request, 0x4000 if right == "2" else _SMALL)
    if room != "files":
        request.buf = bytearray(64)  # a kilobyte for what comes
    room = "web_" + room
    del web_access
    gc.collect()
    if gc.mem_free() < _SCARCE:
        let_go("web_request")
        let_go("web_access")
    try:
        module = getattr(__import__("firmware." + room), room)
        return await module.answer(door, request, word, asked)
    finally:
        module = None
        if room != "web_events":  # others may be in there
            let_go(room)
        let_go("settings")


async def _body(stream, request, most):
    """The object that the body holds; an empty one without a body. Raises HttpError."""
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
    end = time.ticks_add(time.ticks_ms(), _TIME_MS)
    while have < len(body):
        n = stream.readinto(memoryview(body)[have:])
        have += n
        if time.ticks_diff(end, time.ticks_ms()) <= 0:
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


async def _drain(stream, request):
    """Take what was not read of a body: closed too early, the connection would be reset before the answer is read."""
    left = request.length - len(request.rest)
    wait = 1000
    if not request.method:
        # Nobody knows how much is still to come: whatever is on its way.
        left = 0x4000
        wait = 100
        request.buf = bytearray(64)
    end = time.ticks_add(time.ticks_ms(), wait)
    while left > 0 and time.ticks_diff(end, time.ticks_ms()) > 0:
        n = stream.readinto(request.buf)
        left -= n
        if not n:
            await asyncio.sleep_ms(_POLL_MS)


async def send(stream, request, status, kind, body, more):
    """Send an answer. Raises StreamError when it is not taken in time."""
    more += "Content-Type: %s\r\n" % (kind or "application/json") if status != 204 else ""
    if "Cache-Control" not in more:
        more += "Cache-Control: no-store\r\n"
    if "Security" not in more:
        more += "Content-Security-Policy: default-src 'none'\r\n"
    if isinstance(body, str):
        body = body.encode()
    whole = isinstance(body, bytes)
    chunked = not whole and body is not None and request.minor and "Content-Length" not in more
    if whole and "Content-Length" not in more and status != 204 and status != 304:
        more += "Content-Length: %d\r\n" % len(body)
    elif chunked:
        more += "Transfer-Encoding: chunked\r\n"
    end = time.ticks_add(time.ticks_ms(), _TIME_MS)
    head = (_HEAD % (status, more)).encode()
    if request.method == "HEAD" or not whole:
        await stream.write(head, _TIME_MS)
    elif len(body) < _SMALL:
        # In one piece: the second of two small ones would wait for the first one's acknowledgement.
        await stream.write(head + body, _TIME_MS)
    else:
        await stream.write(head, _TIME_MS)
        await stream.write(body, _TIME_MS)
    if request.method == "HEAD" or whole or body is None:
        return
    try:
        for piece in body:
            if chunked:
                piece = "%x\r\n%s\r\n" % (len(piece.encode()), piece)
            await stream.write(piece, max(0, time.ticks_diff(end, time.ticks_ms())))
            await asyncio.sleep_ms(0)
    finally:
        body.close()
    if chunked:
        await stream.write(b"0\r\n\r\n", _TIME_MS)
