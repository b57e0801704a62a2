"""HTTP/1.1 requests, out of octets (RFC 9110, RFC 9112). Strict, and bounded in everything. Entered for one request.

One buffer holds the line that is being received; of the header fields only those that somebody asks for are kept.
"""

import asyncio
import time

from firmware import HttpError

# What was not sent together with the beginning of a head has to follow at once: others wait.
_TIME_MS = 1000
_POLL_MS = 10
_BAD = "this is no HTTP request"
_LINE = 512
_HEAD = 8192
BODY = 16384
_TOKEN = b"!#$%&'*+-.^_`|~"
_KEPT = b" host origin cookie authorization content-type content-length transfer-encoding if-none-match "


async def read(stream, request, head):
    """Read the head of a request, of which `head` is there already, into a web.Asked. Raises HttpError, StreamError."""
    parser = Request()
    end = time.ticks_add(time.ticks_ms(), _TIME_MS)
    at = 0
    while True:
        space = parser.space()
        if at < len(head):
            n = min(len(space), len(head) - at)
            space[:n] = head[at:at + n]
            at += n
        else:
            n = stream.readinto(space)
        if n and parser.take(n):
            break
        if at < len(head):
            continue
        if time.ticks_diff(end, time.ticks_ms()) <= 0:
            raise HttpError(408, "the request did not come in time")
        if not n:
            await asyncio.sleep_ms(_POLL_MS)
    request.method = parser.method
    request.path = parser.path
    request.query = parser.query
    request.fields = parser.fields
    request.length = parser.length
    request.minor = parser.minor
    request.rest = (parser.rest() + head[at:])[:parser.length]


class Request:
    """A request's head, read as it arrives. Attributes, once take() has said True:

    method, path (as sent), query (behind the ?), fields (of the header: name in small letters to text), length (octets
    of the body), minor (1 for HTTP/1.1, 0 for HTTP/1.0).
    """

    def __init__(self):
        self.buf = bytearray(_LINE)
        self.method = self.path = self.query = ""
        self.fields = {}
        self.length = 0
        self.minor = 1
        self._have = 0
        self._seen = 0

    def space(self):
        """Where the next octets belong, never empty."""
        return memoryview(self.buf)[self._have:]

    def take(self, n):
        """Take n octets that were put into space(). True when the head is complete. Raises HttpError."""
        buf = self.buf
        have = self._have + n
        at = 0
        while True:
            end = buf.find(b"\n", max(at, self._have), have)
            if end < 0:
                break
            self._have = 0
            self._seen += end + 1 - at
            if self._seen > _HEAD:
                raise HttpError(431, "the header is too large")
            if end == at or buf[end - 1] != 13:
                raise HttpError(400, _BAD)
            line = bytes(memoryview(buf)[at:end - 1])
            at = end + 1
            if not self.method:
                self._first(line)
            elif line:
                self._field(line)
            else:
                self._complete()
                buf[:have - at] = buf[at:have]
                self._have = have - at
                return True
        if at:
            buf[:have - at] = buf[at:have]
        self._have = have - at
        if self._have == _LINE:
            raise HttpError(431 if self.method else 414, "a line is too long")
        return False

    def rest(self):
        """What has arrived of the body together with the head, as bytes."""
        return bytes(memoryview(self.buf)[:min(self._have, self.length)])

    def _first(self, line):
        """The request line, RFC 9112, 3."""
        if max(line + b"\0") > 126:
            raise HttpError(400, _BAD)
        parts = _text(line).split(" ")
        if len(parts) != 3 or not parts[0] or not _is_token(line[:len(parts[0])]):
            raise HttpError(400, _BAD)
        method, target, version = parts
        if version == "HTTP/1.0":
            self.minor = 0
        elif version != "HTTP/1.1":
            if version[:5] == "HTTP/":
                raise HttpError(505, "HTTP/1.1 is spoken here")
            raise HttpError(400, _BAD)
        if target[:1] != "/":
            raise HttpError(400, _BAD)
        self.method = method
        at = target.find("?")
        self.path = target if at < 0 else target[:at]
        self.query = "" if at < 0 else target[at + 1:]

    def _field(self, line):
        """A header field, RFC 9112, 5."""
        at = line.find(b":")
        # No name, or one behind white space: an obsolete folded line, which requests must not have.
        if at < 1 or not _is_token(line[:at]):
            raise HttpError(400, _BAD)
        name = line[:at].lower()
        if _KEPT.find(b" " + name + b" ") < 0:
            return
        value = _text(line[at + 1:]).strip(" \t")
        name = name.decode()
        if name in self.fields and name != "cookie":
            raise HttpError(400, _BAD)
        self.fields[name] = value

    def _complete(self):
        fields = self.fields
        if self.minor and not fields.get("host"):
            raise HttpError(400, _BAD)
        if "transfer-encoding" in fields:
            raise HttpError(501, "bodies must come with a Content-Length")
        length = fields.get("content-length", "0")
        if not length or any(not "0" <= c <= "9" for c in length):
            raise HttpError(400, _BAD)
        if len(length) > 9 or int(length) > BODY:
            raise HttpError(413, "at most %d octets are taken" % BODY)
        self.length = int(length)


def _is_token(octets):
    return all(48 <= c <= 57 or 65 <= c <= 90 or 97 <= c <= 122 or c in _TOKEN for c in octets)


def _text(octets):
    """Octets as text. Field values may have any octet above 0x7F, whose meaning nobody knows (RFC 9110, 5.5)."""
    if any(c < 32 and c != 9 or c == 127 for c in octets):
        raise HttpError(400, _BAD)
    if all(c < 128 for c in octets):
        return octets.decode()
    return "".join(chr(c) if c < 128 else "?" for c in octets)
