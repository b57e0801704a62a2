"""HTTP requests out of octets: what is read, what is refused, under every cut; on CPython and on real MicroPython."""

import random
import subprocess

import pytest

from firmware import HttpError
from firmware.web_request import BODY, Request
from tools.runtime import ROOT

GET = b"GET /api/v1/history?span=hour&format=csv HTTP/1.1\r\nHost: 10.0.0.2\r\nUser-Agent: x\r\nCookie: a=b; hamn=12\r\n\r\n"
PUT = b"PUT /api/v1/settings HTTP/1.1\r\nhost:\t10.0.0.2 \r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}"


def feed(data, size):
    """(the request, its body so far) once the head is complete, None while it is not; `size` octets at a time."""
    request = Request()
    at = 0
    while at < len(data):
        space = request.space()
        n = min(size, len(space), len(data) - at)
        space[:n] = data[at:at + n]
        at += n
        if request.take(n):
            return request, request.rest() + data[at:]
    return None


@pytest.mark.parametrize("size", (1, 2, 3, 7, 64, 1023, 1024))
def test_requests_are_read_however_they_arrive(size):
    request, body = feed(GET, size)
    assert (request.method, request.path, request.query, request.minor, request.length, body) == (
        "GET", "/api/v1/history", "span=hour&format=csv", 1, 0, b"")
    assert request.fields == {"host": "10.0.0.2", "cookie": "a=b; hamn=12"}, "what nobody asks for is not kept"
    request, body = feed(PUT, size)
    assert request.fields == {"host": "10.0.0.2", "content-type": "application/json", "content-length": "7"}
    assert (request.length, body) == (7, b'{"a":1}')


def test_http_1_0_needs_no_host():
    request, _ = feed(b"GET / HTTP/1.0\r\n\r\n", 99)
    assert request.minor == 0 and request.path == "/"


@pytest.mark.parametrize("status, data", (
    (400, b"GET / HTTP/1.1\nHost: a\n\n"), (400, b"\r\n"), (400, b"GET /\r\n"), (400, b"GET  / HTTP/1.1\r\n"), (400, b"G(T / HTTP/1.1\r\n"),
    (400, b"GET http://a/ HTTP/1.1\r\n"), (400, b"GET * HTTP/1.1\r\n"), (400, b"GET / FTP/1.1\r\n"), (505, b"GET / HTTP/2.0\r\n"),
    (400, b"GET /\x00 HTTP/1.1\r\n"), (400, b"GET / HTTP/1.1\r\n\r\n"), (400, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n"),
    (400, b"GET / HTTP/1.1\r\nHost : a\r\n"), (400, b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n"), (400, b"GET / HTTP/1.1\r\n: a\r\n"),
    (400, b"GET / HTTP/1.1\r\nHost: a\x01\r\n"), (400, b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"),
    (400, b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1,1\r\n\r\n"), (400, b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"),
    (413, b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (BODY + 1)),
    (413, b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"),
    (501, b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (414, b"GET /" + b"a" * 1100), (431, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 1100),
    (431, b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 2000),
))
@pytest.mark.parametrize("size", (1, 1024))
def test_what_is_no_request_is_refused(status, data, size):
    with pytest.raises(HttpError) as error:
        feed(data, size)
    assert error.value.args[0] == status and isinstance(error.value.args[1], str)


def fuzz(seed, count):
    """Damaged requests through the reader: only HttpError, always bounded, the same however they are cut. Returns statuses."""
    chance = random.Random(seed)
    pieces = [b"\r\n", b"\n", b" ", b"/", b":", b"Host: a", b"Content-Length: 5", b"HTTP/1.1", b"\x00", b"\xff", b"GET", b"a" * 300, b"\r\n\r\n"]
    found = {}
    for _ in range(count):
        data = bytearray(chance.choice((GET, PUT)))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data) + 1)
            what = chance.randrange(3)
            if what == 0:
                data[at:at] = chance.choice(pieces)
            elif what == 1:
                del data[at:at + chance.randrange(8)]
            elif at < len(data):
                data[at] = chance.randrange(256)
        outcomes = set()
        for size in (1, 5, 1024):
            try:
                read = feed(bytes(data), size)
                if read is None:
                    outcomes.add("more")
                else:
                    request, body = read
                    outcomes.add((request.method, request.path, request.query, request.length, tuple(sorted(request.fields.items()))))
            except HttpError as error:
                outcomes.add(error.args[0])
        assert len(outcomes) == 1, (bytes(data), outcomes)
        outcome = outcomes.pop()
        key = outcome if isinstance(outcome, (int, str)) else "read"
        found[key] = found.get(key, 0) + 1
    return found


def test_damage_is_refused_the_same_way_however_it_is_cut():
    found = fuzz(7, 4000)
    assert found["read"] > 100 and found[400] > 1000 and found["more"] > 10


ON_CHIP = """
import sys
sys.path[:0] = [%r]
from firmware import HttpError
from firmware.web_request import Request
for line in sys.stdin:
    data = bytes.fromhex(line.strip())
    request = Request()
    at = 0
    said = "more"
    try:
        while at < len(data):
            space = request.space()
            n = min(99, len(space), len(data) - at)
            space[:n] = data[at:at + n]
            at += n
            if request.take(n):
                said = "%%s %%s %%d" %% (request.method, request.path, request.length)
                break
    except HttpError as error:
        said = str(error.args[0])
    print(said)
"""


def test_on_micropython_the_same(micropython):
    chance = random.Random(3)
    lines = []
    for _ in range(300):
        data = bytearray(chance.choice((GET, PUT)))
        for _ in range(chance.randint(0, 3)):
            data[chance.randrange(len(data))] = chance.choice(b"\r\n :/aH0\x00\xff")
        lines.append(bytes(data))
    expected = []
    for data in lines:
        try:
            read = feed(data, 99)
            expected.append("more" if read is None else f"{read[0].method} {read[0].path} {read[0].length}")
        except HttpError as error:
            expected.append(str(error.args[0]))
    done = subprocess.run([*micropython, "-X", "heapsize=1m", "-c", ON_CHIP % str(ROOT)], input="\n".join(data.hex() for data in lines) + "\n",
                          capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == expected, done.stderr
    assert len(set(expected)) > 5
