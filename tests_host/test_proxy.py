"""The proxy that misbehaves: every fault as a client of a real broker sees it."""

import contextlib
import socket
import time

import pytest

from tools.outages import proxy
from tools.outages.proxy import Proxy
from tools.outages.packets import CONNECT, PUBLISH, Splitter, published

HELLO = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01c"
CONNACK = b"\x20\x02\x00\x00"
NEWS = b"\x32\x07\x00\x01t\x00\x07hi"  # PUBLISH, QoS 1, packet 7
PUBACK = b"\x40\x02\x00\x07"
PING, PONG = b"\xc0\x00", b"\xd0\x00"


@pytest.fixture
def between(broker):
    with Proxy(broker.port) as running:
        yield running


@contextlib.contextmanager
def client(between, *says):
    with socket.create_connection(("127.0.0.1", between.port), timeout=3) as sock:
        for data in says:
            sock.sendall(data)
        yield sock


def hear(sock, size):
    data = b""
    while len(data) < size and (piece := sock.recv(size - len(data))):
        data += piece
    return data


def silent(sock, seconds=0.5):
    """Whether nothing comes, not even the end."""
    sock.settimeout(seconds)
    with contextlib.suppress(socket.timeout):
        return sock.recv(1) is None
    return True


def gone(sock):
    """Whether the connection ends without another byte."""
    with contextlib.suppress(ConnectionResetError):
        return sock.recv(1) == b""
    return True


def test_it_passes_on_and_keeps_what_was_published(between):
    began = time.monotonic()
    with client(between, HELLO, NEWS, PING) as sock:
        assert hear(sock, 10) == CONNACK + PUBACK + PONG
    ((seen, topic, payload),) = between.seen
    assert (topic, payload) == (b"t", b"hi") and began < seen < time.monotonic()
    assert (between.connections, between.plain) == (1, 1)


def test_refuses(between):
    with client(between, HELLO) as sock:
        assert hear(sock, 4) == CONNACK
        between.behave(proxy.REFUSE)
        assert gone(sock)
    with pytest.raises(ConnectionRefusedError), client(between):
        pass
    between.behave(proxy.PASS)
    with client(between, HELLO) as sock:
        assert hear(sock, 4) == CONNACK


def test_swallows(between):
    with client(between, HELLO) as old:
        assert hear(old, 4) == CONNACK
        between.behave(proxy.SWALLOW)
        old.sendall(PING)
        assert silent(old)
        with pytest.raises(TimeoutError):
            socket.create_connection(("127.0.0.1", between.port), timeout=0.5)
        between.behave(proxy.PASS)
        old.sendall(PING)
        assert silent(old)
    with client(between, HELLO) as sock:
        assert hear(sock, 4) == CONNACK


@pytest.mark.parametrize("mode", (proxy.MUTE, proxy.STALL))
def test_takes_what_is_said_and_is_mute(between, mode):
    between.behave(mode)
    with client(between, HELLO) as sock:
        assert silent(sock)
        between.behave(proxy.PASS)
        assert silent(sock)
    assert between.connections == 1


def test_stalls_a_connection_that_was_good(between):
    with client(between, HELLO) as sock:
        assert hear(sock, 4) == CONNACK
        between.behave(proxy.STALL)
        sock.sendall(NEWS)
        assert silent(sock)
    assert not between.seen


def test_answers_a_byte_a_second(between):
    between.behave(proxy.SLOW)
    began = time.monotonic()
    with client(between, HELLO) as sock:
        assert hear(sock, 3) == CONNACK[:3]
        assert 1.9 < time.monotonic() - began < 3
        between.behave(proxy.PASS)
        assert hear(sock, 1) == CONNACK[3:]


def test_closes_after_connack(between):
    between.behave(proxy.CLOSE_CONNACK)
    with client(between, HELLO) as sock:
        assert hear(sock, 4) == CONNACK and gone(sock)


def test_closes_in_the_middle_of_a_publish(between):
    between.behave(proxy.CLOSE_PUBLISH)
    with client(between, HELLO) as sock:
        assert hear(sock, 4) == CONNACK
        sock.sendall(NEWS)
        assert gone(sock)
    assert not between.seen


def test_never_acknowledges(between):
    between.behave(proxy.NO_ACK)
    with client(between, HELLO, NEWS, PING) as sock:
        assert hear(sock, 6) == CONNACK + PONG
    assert len(between.seen) == 1


def test_what_is_not_mqtt_passes_untouched(between):
    with client(between, b"\x16\x03\x01\x00\x05hello") as sock:
        assert gone(sock)  # the broker sees that it is not MQTT
    assert (between.connections, between.plain, between.seen) == (1, 0, [])


@pytest.mark.parametrize("size", (1, 2, 3, 1000))
def test_packets_come_out_whole_however_they_come_in(size):
    long = b"\x30" + bytes((0x80 + 300 % 128, 300 // 128)) + b"\x00\x03abc" + bytes(295)
    stream = HELLO + NEWS + long + PING
    splitter = Splitter()
    packets = [each for at in range(0, len(stream), size) for each in splitter.feed(stream[at : at + size])]
    assert packets == [(CONNECT, HELLO), (PUBLISH, NEWS), (PUBLISH, long), (12, PING)]
    assert published(NEWS) == (b"t", b"hi") and published(long) == (b"abc", bytes(295))
    with pytest.raises(ValueError):
        published(b"\x30\x03\x00\x09a")


def test_tls_is_no_mqtt_even_where_its_octets_look_like_it():
    splitter = Splitter()
    assert splitter.feed(b"\x16\x03\x03") == [(0, b"\x16\x03\x03")]
    assert splitter.feed(NEWS) == [(0, NEWS)]
    assert Splitter().feed(b"\x10\xff\xff\xff\xff\xff") == [(0, b"\x10\xff\xff\xff\xff\xff")]
