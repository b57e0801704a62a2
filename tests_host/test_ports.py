"""tools.ports: whoever will listen on a port later is the only one of ours to get it."""

import gc
import socket

import pytest

from tools import ports

KINDS = [socket.SOCK_STREAM, socket.SOCK_DGRAM]


class User:
    pass


def listening(kind, port):
    """A server as the firmware's and a broker's are."""
    sock = socket.socket(socket.AF_INET, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((ports.HOST, port))
    if kind == socket.SOCK_STREAM:
        sock.listen()
    return sock


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_kept_until_its_user_has_gone_and_can_be_listened_on(kind):
    one, other = User(), User()
    port = ports.reserve(one, kind=kind)
    assert port < 32768
    assert ports.reserve(other, port, kind) != port
    with listening(kind, port):
        assert ports.reserve(other, port, kind) != port
    del one
    gc.collect()
    assert ports.reserve(other, port, kind) == port


@pytest.mark.parametrize("kind", KINDS)
def test_what_somebody_else_listens_on_is_not_given_away(kind):
    user = User()
    with listening(kind, 0) as somebody:
        taken = somebody.getsockname()[1]
        assert ports.reserve(user, taken, kind) != taken


def test_a_server_that_has_just_ended_leaves_its_port():
    """Its connections linger for a minute; a run that is started again is to have its page where it was."""
    user = User()
    port = ports.reserve(user)
    with listening(socket.SOCK_STREAM, port) as server, socket.create_connection((ports.HOST, port)) as client:
        server.accept()[0].close()  # who closes first keeps the remains
        assert client.recv(1) == b""
    again = User()
    del user
    gc.collect()
    assert ports.reserve(again, port) == port


def test_when_all_are_taken(monkeypatch):
    with listening(socket.SOCK_STREAM, 0) as somebody:
        taken = somebody.getsockname()[1]
        monkeypatch.setattr(ports, "_RANGE", range(taken, taken + 1))
        monkeypatch.setattr(ports, "_TRIES", 1)
        with pytest.raises(OSError, match="none of 1 ports"):
            ports.reserve(User())
