"""The page and the API's description, as they lie in the flash: packed. Entered for one request."""

from micropython import const

from firmware import HttpError

_PIECE = const(512)
# A page that finds itself embedded or gets other scripts than its own would be somebody else's.
_POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


async def answer(door, request, word, asked):
    """The file, in small pieces. Its check value is its tag, so that nobody fetches it twice."""
    page = request.path != "/openapi.json"
    path = "www/index.html.gz" if page else "www/openapi.json.gz"
    try:
        f = open(path, "rb")
    except OSError:
        raise HttpError(404, path + " is not in the flash")
    # RFC 1952, 2.3.1: the last eight octets are CRC-32 and length of what is packed.
    size = f.seek(0, 2)
    f.seek(-8, 2)
    tag = '"%s"' % f.read(8).hex()
    f.seek(0)
    more = "ETag: %s\r\nCache-Control: no-cache\r\nContent-Security-Policy: %s\r\n" % (tag, _policy() if page else "default-src 'none'")
    if request.fields.get("if-none-match") == tag:
        f.close()
        return 304, "text/html", b"", more
    more += "Content-Encoding: gzip\r\nContent-Length: %d\r\n" % size
    return 200, "text/html; charset=utf-8" if page else "application/json", _pieces(f), more


def _pieces(f):
    buf = bytearray(_PIECE)
    with f:
        while True:
            n = f.readinto(buf)
            if not n:
                return
            yield memoryview(buf)[:n]


def _policy():
    """The page's own, which names the hashes of its script and style; it was made with the page."""
    try:
        with open("www/index.csp") as f:
            return f.read().strip()
    except OSError:
        return _POLICY
