"""A visitor of the page in its turn: a request in, an answer out, each step of it in a room of its own, which is let go behind it.

A room has answer(door, request, word, asked), which returns (status, content type or "" for JSON, body, further header lines):
body is text, bytes, a generator of texts, or None where others go on; asked is the object in the request's body.
"""

import asyncio
import json
import sys

from firmware import HttpError, StreamError, let_go


class Asked:
    """A request, once its head is there. Attributes: method, path (as sent), query (behind the ?), fields (of the header: name in
    small letters to text), length (octets of the body that are still to come, and those in `rest`), minor (of HTTP/1), name (behind
    the word of the API)."""

    method = path = query = name = ""
    length = 0
    minor = 1
    rest = b""
    fields = {}

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


def enter(name):
    """The room of that name."""
    return getattr(__import__("firmware." + name), name)


async def serve(door, stream, head):
    """One request, of which `head` has been read, with the turn for it, which is given back."""
    goes_on = None
    try:
        goes_on = await _one(door, stream, head)
    except StreamError:
        pass
    except Exception as error:
        door.log.line("web", "a request failed (%s)" % type(error).__name__)
    if goes_on is None:
        stream.close()
    let_go("web")
    door.busy = False


async def _one(door, stream, head):
    """True where somebody else goes on with the stream, else None. Raises StreamError when the visitor has gone or is too slow."""
    request = Asked()
    room = kind = more = ""
    try:
        room = "web_request"
        await enter(room).read(stream, request, head)
        head = None
        let_go(room)
        room = "web_routes"
        word, most, goes_to = enter(room).find(door, request)
        let_go("web_access")
        let_go(room)
        asked = None
        if most:
            room = "web_body"
            asked = await enter(room).take(stream, request, most)
            let_go(room)
        room = goes_to
        status, kind, body, more = await enter(room).answer(door, request, word, asked)
    except HttpError as error:
        status, body = error.args[:2]
        body = json.dumps({"error": body} if isinstance(body, str) else body)
        more = error.args[2] if len(error.args) > 2 else ""
    except MemoryError:
        status, body, more = 503, '{"error":"not enough memory at the moment"}', "Retry-After: 5\r\n"
    finally:
        # A generator keeps what it needs of it.
        asked = None
        for each in (room, "web_access", "settings"):
            if "firmware." + each in sys.modules:
                let_go(each)
    if kind == "telegram":
        door.aside += 1
        asyncio.create_task(enter("web_telegram").run(door, stream, request.method))
        return True
    try:
        # Where the head was no good, nobody knows how much is still to come.
        await enter("web_send").send(stream, request.method, request.minor, request.length - len(request.rest) if request.method else -1,
                                     status, kind, body, more)
    finally:
        body = None
        let_go("web_send")
    if kind != "text/event-stream" or request.method != "GET":
        return None
    session = enter("web_access").session(door, request)
    let_go("web_access")
    # A list: nothing of this room may be held on to. The door looks after them.
    door.watchers = door.watchers + [[stream, session, request.fields.get("authorization", ""), None, None]]
    return True
