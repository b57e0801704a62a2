"""TLS under real MicroPython: real certificates, a real mosquitto, and servers that fail in the midst of it."""

import contextlib
import json
import pathlib
import socket
import ssl
import threading
import time

import pytest
from conftest import obtain
from test_mqtt import play, server, subscriber, until_closed, wait_for

from tools import runtime
from tools.broker import Broker
from tools.certificates import Authority

GOOD = ["localhost", "127.0.0.1"]
ONE_KEY = "00112233445566778899aabbccddeeff"


@pytest.fixture(scope="module", params=["rsa", "ec"])
def house(request, tmp_path_factory):
    """A mosquitto with a listener for each kind of certificate: once RSA over TLS 1.3, once P-256 over TLS 1.2, as a chip has it."""
    obtain(runtime.mosquitto)
    running = House(tmp_path_factory.mktemp("house"), request.param)
    with running.broker:
        yield running


class House:
    def __init__(self, folder, kind):
        self.kind = kind
        self.authority, self.other = Authority("House", kind), Authority("Elsewhere", kind)
        self.broker = Broker(folder)
        if kind == "ec":
            self.broker.keep_to_tls_1_2()
        self.pins, self.ports = {}, {}
        for name, authority, names, days in (
            ("good", self.authority, GOOD, (-1, 9)), ("host", self.authority, ["other.example"], (-1, 9)), ("stranger", self.other, GOOD, (-1, 9)),
            ("expired", self.authority, GOOD, (-9, -1)), ("early", self.authority, GOOD, (5, 9)),
            ("worst", self.other, ["other.example"], (-9, -1)),
        ):
            certificate, key, self.pins[name] = authority.issue(names, days)
            self.ports[name] = self.broker.add_tls(certificate, key)
        certificate, key, _ = self.authority.issue(GOOD)
        self.ports["client"] = self.broker.add_tls(certificate, key, self.authority.pem)
        self.ports["clear"] = self.broker.port


@pytest.fixture
def dongle(pc_board, monkeypatch, house):
    """connect(port name, environment, settings) plays one session."""
    folder = pc_board.device / "certificates"
    folder.mkdir()
    (folder / "ca.pem").write_bytes(house.authority.pem)

    def connect(port="good", mode="ca", environment=None, **settings):
        if isinstance(port, str):
            port = house.ports[port]
        monkeypatch.setenv("SETTINGS", json.dumps({"mqtt_port": port, "mqtt_tls": mode, **settings}))
        for key, value in (environment or {}).items():
            monkeypatch.setenv(key, str(value))
        result = play(pc_board, "mp_tls.py")
        assert int(result["stall"]) < 250 and not result["rooms"], result
        return result

    connect.folder = folder
    return connect


def told(received):
    """What a dongle has sent: the will that an earlier one left does not count."""
    return [payload for _, payload in received if payload != b"offline"]


def refused(result, words):
    assert words in result["end"] and "connected" not in result and "Certificate" not in result["end"], result


def test_a_good_certificate(dongle, house):
    with subscriber(house.broker.port) as received:
        result = dongle("good", environment={"TIMES": 3})
        assert result["end"] == "well" and result["failures"] == "0"
        wait_for(lambda: len([topic for topic, _ in received if topic == "t/reading"]) == 9)
    # Standard streams, the board's own and those of polling: none of three connections is left.
    assert int(result["descriptors"]) < 10
    assert 0 < int(result["heap"]) < 4000
    print(f"{house.kind}: handshake and session took {result['took']} ms, the loop stood still for {result['stall']} ms at most, "
          f"the connection takes {result['heap']} B of Python's heap")


def test_an_address_can_stand_in_it_too(dongle):
    assert dongle("good", mqtt_host="127.0.0.1")["end"] == "well"


@pytest.mark.parametrize("port, words", (
    ("host", "is for another name"), ("expired", "has expired"), ("early", "is not valid yet"), ("stranger", "not from the authority"),
    ("worst", "not from the authority"),
))
def test_a_bad_certificate_is_told_and_nothing_is_sent(dongle, house, port, words):
    with subscriber(house.broker.port) as received:
        refused(dongle(port), words)
        time.sleep(0.3)
    assert not told(received)


def test_the_clock_comes_first(dongle):
    result = dongle("good", environment={"CLOCK_MS": 700})
    assert result["end"] == "well" and int(result["took"]) > 600


def test_without_a_clock_nothing_is_dialled(dongle):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        refused(dongle(listener.getsockname()[1], environment={"CLOCK_MS": -1}), "waiting for the time, which TLS needs")
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_pin_needs_no_clock_no_authority_and_no_dates(dongle, house):
    (dongle.folder / "ca.pem").unlink()
    for port in ("good", "expired", "stranger"):
        assert dongle(port, "pin", {"CLOCK_MS": -1}, mqtt_pin=house.pins[port])["end"] == "well"
    colons = ":".join(house.pins["host"][n:n + 2] for n in range(0, 64, 2)).upper()
    assert dongle("host", "pin", {"CLOCK_MS": -1}, mqtt_pin=colons)["end"] == "well"


def test_another_certificate_than_the_pinned_gets_nothing(dongle, house):
    with subscriber(house.broker.port) as received:
        refused(dongle("good", "pin", mqtt_pin=house.pins["stranger"]), "another one than mqtt_pin says")
        refused(dongle("good", "pin"), "mqtt_pin is not set")
        time.sleep(0.3)
    assert not told(received)


def test_a_broker_that_wants_a_client_certificate(dongle, house):
    assert "refused our side of TLS" in dongle("client")["end"]
    for authority, good in ((house.other, False), (house.authority, True)):
        certificate, key, _ = authority.issue(subject="dongle")
        (dongle.folder / "client.pem").write_bytes(certificate)
        (dongle.folder / "client.key").write_bytes(key)
        result = dongle("client")
        if good:
            assert result["end"] == "well"
        else:
            # Whoever refuses closes at once: its word may be lost with the connection.
            assert "refused our side of TLS" in result["end"] or "broke the connection" in result["end"]
            assert "connected" not in result
    # Who is not asked does not mind.
    assert dongle("good")["end"] == "well"


def test_files_that_are_missing_or_damaged(dongle):
    whole = (dongle.folder / "ca.pem").read_bytes()
    (dongle.folder / "client.pem").write_bytes(whole)
    refused(dongle(), "certificates/client.key is missing: make certificates")
    (dongle.folder / "client.key").write_bytes(whole)
    refused(dongle(), "certificates/client.pem is damaged")
    for data in (b"", b"rubbish", whole[:300], whole * 20):
        (dongle.folder / "ca.pem").write_bytes(data)
        refused(dongle(), "certificates/ca.pem is damaged")
    (dongle.folder / "ca.pem").unlink()
    refused(dongle(), "certificates/ca.pem is missing")


def test_a_clear_port_is_no_tls(dongle):
    refused(dongle("clear"), "does this port speak TLS, or")


def test_a_server_that_talks_first(dongle):
    for words in (b"220 mail.example ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(64)):
        def handle(sock):
            sock.sendall(words)
            until_closed(sock)

        with server(handle) as port:
            refused(dongle(port), "speak TLS")


def test_silence_in_the_handshake(dongle):
    with server(until_closed) as port:
        result = dongle(port)
    refused(result, "does not answer in the TLS handshake")
    assert 1400 < int(result["took"]) < 2500 and result["failures"] == "0"


def test_an_end_in_the_handshake(dongle):
    with server(lambda sock: sock.recv(1)) as port:
        refused(dongle(port), "broke off the TLS handshake")
    with server(lambda sock: (until_closed_for(sock, 0.2))) as port:
        refused(dongle(port), "broke off the TLS handshake")


def until_closed_for(sock, seconds):
    sock.settimeout(seconds)
    with contextlib.suppress(TimeoutError):
        until_closed(sock)


@contextlib.contextmanager
def tls_server(house, handle):
    """A server with a good certificate; handle(tls socket) has the connection after the handshake. Yields its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if house.kind == "ec":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    certificate, key, _ = house.authority.issue(GOOD)
    path = pathlib.Path(house.broker.folder) / "server.pem"
    path.write_bytes(certificate + key)
    context.load_cert_chain(path)
    with server(lambda sock: handle(context.wrap_socket(sock, server_side=True))) as port:
        yield port


def test_nothing_but_a_record_in_pieces(dongle, house):
    # The CONNACK's record arrives byte by byte: reads in the midst of it give nothing, and no harm is done.
    def handle(sock):
        inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if house.kind == "ec":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        certificate, key, _ = house.authority.issue(GOOD)
        path = pathlib.Path(house.broker.folder) / "pieces.pem"
        path.write_bytes(certificate + key)
        context.load_cert_chain(path)
        peer = context.wrap_bio(inside, outside, server_side=True)

        def pump(call):
            while True:
                try:
                    return call()
                except ssl.SSLWantReadError:
                    drain()
                    data = sock.recv(4096)
                    if not data:
                        raise ConnectionResetError from None
                    inside.write(data)

        def drain():
            for byte in outside.read():
                sock.sendall(bytes((byte,)))
                time.sleep(0.0005)

        pump(peer.do_handshake)
        drain()
        assert pump(lambda: peer.read(200))[0] == 0x10
        peer.write(b"\x20\x02\x00\x00")
        drain()
        assert pump(lambda: peer.read(200))[:1] == b"\x31"
        until_closed(sock)

    with server(handle) as port:
        assert dongle(port, environment={"MESSAGES": 0, "TIMEOUT_MS": 9000, "TURNS": 5})["end"] == "well"


def test_a_broker_that_dies_within_tls(dongle, house):
    def handle(tls):
        tls.recv(200)
        tls.sendall(b"\x20\x02\x00\x00")
        tls.close()

    with tls_server(house, handle) as port:
        end = dongle(port, environment={"TURNS": 100})["end"]
    assert end in ("the broker closed the connection", "the broker broke the connection"), end


def test_a_broker_that_takes_nothing_within_tls(dongle, house):
    stop = threading.Event()

    def handle(tls):
        tls.recv(200)
        tls.sendall(b"\x20\x02\x00\x00")
        stop.wait(20)
        tls.close()

    with tls_server(house, handle) as port:
        result = dongle(port, environment={"MESSAGES": 1})
        stop.set()
    assert "acknowledge" in result["end"], result


def test_a_shared_key_needs_a_later_micropython(dongle, house):
    refused(dongle("good", "psk", mqtt_psk_id="hus", mqtt_psk_key=ONE_KEY), "mqtt_tls=psk needs 1.29")
    refused(dongle("good", "psk", mqtt_psk_id="hus"), "mqtt_psk_id or mqtt_psk_key is not set")
    result = dongle("good", "psk", {"STAND_IN": "psk", "CLOCK_MS": -1}, mqtt_psk_id="hus", mqtt_psk_key=ONE_KEY)
    assert result["psk"] == f"b'hus' {ONE_KEY} True" and result["end"] == "well"


def test_a_login_in_the_clear_only_when_allowed(dongle, house):
    with subscriber(house.broker.port) as received:
        refused(dongle("clear", "off", mqtt_user="me"), "would cross the network in the clear")
        assert not told(received)
    assert dongle("clear", "off", mqtt_user="me", mqtt_clear_login="yes")["end"] == "well"
    assert dongle("good", "ca", mqtt_user="me")["end"] == "well"
