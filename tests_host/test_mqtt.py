"""The MQTT adapter under real MicroPython: a real broker, and servers that misbehave in every way a dead peer can."""

import contextlib
import socket
import threading
import time

import pytest
from fake_broker import CONNACK, misbehave, packet, play, server, subscriber, until_closed, wait_for, welcome


def test_accepts_and_says_nothing(pc_board, monkeypatch):
    result = misbehave(pc_board, monkeypatch, until_closed)
    assert result["end"] == "the broker does not answer" and 1400 < int(result["took"]) < 3000


def test_closes_at_once(pc_board, monkeypatch):
    result = misbehave(pc_board, monkeypatch, lambda sock: packet(sock))
    assert result["end"] == "the broker closed the connection"


def test_closes_after_connack(pc_board, monkeypatch):
    def handle(sock):
        packet(sock)
        sock.sendall(CONNACK)

    result = misbehave(pc_board, monkeypatch, handle, TURNS=50)
    assert result["end"] in ("the broker closed the connection", "the broker broke the connection")


def test_one_byte_at_a_time_is_slow_but_good(pc_board, monkeypatch):
    def handle(sock):
        packet(sock)
        for byte in CONNACK + b"\xd0\x00":
            sock.sendall(bytes((byte,)))
            time.sleep(0.3)
        until_closed(sock)

    assert misbehave(pc_board, monkeypatch, handle, TURNS=60)["end"] == "well"


def test_one_byte_a_second_for_ever_is_given_up(pc_board, monkeypatch):
    def handle(sock):
        welcome(sock)
        for byte in b"\x30\x40" + bytes(60):
            sock.sendall(bytes((byte,)))
            time.sleep(1)

    result = misbehave(pc_board, monkeypatch, handle, TURNS=300)
    assert result["end"] == "the broker stopped in the middle of a packet" and int(result["took"]) < 4000


@pytest.mark.parametrize("code, words", ((1, "3.1.1"), (2, "identifier"), (3, "not available"), (4, "user name or password"),
                                         (5, "not authorised"), (99, "code 99")))
def test_refusals_are_told_in_words(pc_board, monkeypatch, code, words):
    def handle(sock):
        packet(sock)
        sock.sendall(bytes((0x20, 2, 0, code)))
        until_closed(sock)

    result = misbehave(pc_board, monkeypatch, handle)
    assert words in result["end"] and "connected" not in result


@pytest.mark.parametrize("answer", (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 8, b"\x20\x03\x00\x00\x00", b"\xd0\x00"))
def test_what_is_no_broker_is_told_apart(pc_board, monkeypatch, answer):
    def handle(sock):
        packet(sock)
        sock.sendall(answer)
        until_closed(sock)

    result = misbehave(pc_board, monkeypatch, handle)
    assert "connected" not in result and ("not an MQTT broker" in result["end"] or "sent a packet of more" in result["end"]
                                          or "does not answer" in result["end"])


def test_takes_no_data(pc_board, monkeypatch):
    stop = threading.Event()

    def handle(sock):
        welcome(sock)
        stop.wait(20)

    with server(handle) as port:
        monkeypatch.setenv("PORT", str(port))
        monkeypatch.setenv("SCENARIO", "flood")
        result = play(pc_board)
        stop.set()
    assert result["end"] == "the broker takes no more data" and int(result["stall"]) < 250


def test_silence_is_noticed_and_asked_about(pc_board, monkeypatch):
    seen = []

    def handle(sock):
        welcome(sock)
        while True:
            seen.append(packet(sock))

    result = misbehave(pc_board, monkeypatch, handle, "idle", TURNS=500)
    assert result["end"] == "the broker has fallen silent" and 2900 < int(result["took"]) < 4500
    assert seen and set(seen) == {(0xC0, b"")}


def test_an_idle_session_lives_on_pings(pc_board, monkeypatch):
    pings = []

    def handle(sock):
        welcome(sock)
        while True:
            pings.append(packet(sock))
            sock.sendall(b"\xd0\x00")

    assert misbehave(pc_board, monkeypatch, handle, "idle", TURNS=250)["end"] == "well"
    assert 3 <= len(pings) <= 6


def test_incoming_messages_are_taken_whole_and_acknowledged(pc_board, monkeypatch):
    answers = []

    def handle(sock):
        welcome(sock)
        sock.sendall(b"\x30\x05\x00\x01ahi" + b"\x32\x07\x00\x01a\x12\x34h")
        time.sleep(0.2)
        sock.sendall(b"i" + b"\x30\x80\x01\x00\x01a" + b"y" * 125)
        answers.append(packet(sock))
        until_closed(sock)

    assert misbehave(pc_board, monkeypatch, handle, TURNS=40)["end"] == "well"
    assert answers == [(0x40, b"\x12\x34")]


@pytest.mark.parametrize("sent, words", ((b"\x32\xff\x7f", "more than 256"), (b"\x20\xff\x7f", "more than 256"),
                                         (b"\x30\xfe\xff\x01", "more than 32768"), (b"\x30\xff\xff\xff\x7f", "more than 32768"),
                                         (b"\x34\x05\x00\x01a\x00\x01", "not MQTT"), (b"\x30\x02\xff\xff", "not MQTT"),
                                         (b"\xd0\x01\x00", "not MQTT")))
def test_rubbish_ends_the_session(pc_board, monkeypatch, sent, words):
    def handle(sock):
        welcome(sock)
        sock.sendall(sent)
        until_closed(sock)

    assert words in misbehave(pc_board, monkeypatch, handle, TURNS=100)["end"]


@pytest.mark.parametrize("chunk", (1, 250, 9000))
def test_large_messages_come_in_pieces(pc_board, monkeypatch, chunk):
    """Of every size around that of a piece; one for nobody, and one whose topic alone is larger than a piece, are passed over."""
    sizes = [0, 1, 120, 245, 246, 247, 248, 249, 250, 251, 255, 256, 257, 507, 508, 509, 8191, 20000]
    payloads = [bytes(n * 31 + size & 0xFF for n in range(size)) for size in sizes[:3 if chunk == 1 else None]]

    def publish(topic, payload):
        body = len(topic).to_bytes(2, "big") + topic + payload
        length, head = len(body), b""
        while True:
            head += bytes((length & 0x7F | (0x80 if length > 0x7F else 0),))
            length >>= 7
            if not length:
                return b"\x31" + head + body

    def handle(sock):
        welcome(sock)
        first, body = packet(sock)
        sock.sendall(b"\x90\x03" + body[:2] + b"\x00")
        sent = publish(b"t/other", bytes(700 if chunk > 1 else 70)) + publish(b"t" * 300, b"x" * 3)[: None if chunk > 1 else 0]
        sent += b"".join(publish(b"t/price", payload) for payload in payloads)
        for n in range(0, len(sent), chunk):
            sock.sendall(sent[n:n + chunk])
            if chunk == 1:
                time.sleep(0.001)
        until_closed(sock)

    result = misbehave(pc_board, monkeypatch, handle, "prices", TURNS=150)
    assert result["end"] == "well"
    assert [int(word) for word in result["sums"].split()] == [word for payload in payloads for word in (len(payload), sum(payload))]


def test_a_large_message_that_stops_in_a_piece_is_given_up(pc_board, monkeypatch):
    def handle(sock):
        welcome(sock)
        packet(sock)
        sock.sendall(b"\x30\x80\x10\x00\x07t/price" + bytes(600))
        until_closed(sock)

    assert misbehave(pc_board, monkeypatch, handle, "prices", TURNS=300)["end"] == "the broker stopped in the middle of a packet"


def test_nobody_listens(pc_board, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("PORT", str(port))
    result = play(pc_board)
    assert "refused" in result["end"] and int(result["took"]) < 500


def test_packets_are_swallowed(pc_board, monkeypatch):
    # A listener whose queue is full drops SYNs, as a machine that is off the network does.
    with socket.socket() as listener, contextlib.ExitStack() as crowd:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            extra = crowd.enter_context(socket.socket())
            extra.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                extra.connect(listener.getsockname())
        monkeypatch.setenv("PORT", str(listener.getsockname()[1]))
        result = play(pc_board)
    assert result["end"] == "the broker's machine does not answer"
    assert 1400 < int(result["took"]) < 2500 and int(result["stall"]) < 250


def test_a_name_that_does_not_resolve(pc_board, monkeypatch):
    monkeypatch.setenv("PORT", "1883")
    monkeypatch.setenv("HOST", "no-such-host.invalid")
    assert play(pc_board)["end"] == "the broker's name does not resolve: check mqtt_host"


@pytest.fixture(params=["1.3.4", "as frozen"])
def umqtt_copy(request, tmp_path, umqtt, monkeypatch):
    """umqtt.simple from the package index, and one with what the frozen copies do otherwise when they connect."""
    if request.param == "as frozen":
        text = (umqtt / "umqtt/simple.py").read_text()
        changes = (
            ("import usocket as socket", "import socket"),
            ("def connect(self, clean_session=True):", "def connect(self, clean_session=True, timeout=None):"),
            ("        self.sock = socket.socket()\n", "        if self.sock:\n            self.sock.close()\n"
             "        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n        self.sock.settimeout(timeout)\n"),
        )
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        (tmp_path / "frozen/umqtt").mkdir(parents=True)
        (tmp_path / "frozen/umqtt/simple.py").write_text(text)
        monkeypatch.setenv("UMQTT", str(tmp_path / "frozen"))


@pytest.mark.parametrize("qos", (0, 1))
def test_a_real_broker_gets_every_message_and_the_will(pc_board, broker, monkeypatch, umqtt_copy, qos):
    monkeypatch.setenv("QOS", str(qos))
    with subscriber(broker.port) as received:
        monkeypatch.setenv("PORT", str(broker.port))
        monkeypatch.setenv("SCENARIO", "publish")
        monkeypatch.setenv("TURNS", "25")
        assert play(pc_board)["end"] == "well"
        wait_for(lambda: len(received) == 22)
    assert received[0] == ("t/status", b"online") and received[-1] == ("t/status", b"offline")
    assert [payload for topic, payload in received if topic == "t/reading"] == [
        b'{"n":%d,"text":"%s"}' % (n, b"x" * 300) for n in range(20)]


def test_one_write_a_packet(pc_board, monkeypatch):
    sizes = []

    def handle(sock):
        welcome(sock)
        while True:
            sizes.append(len(sock.recv(65536)))
            if not sizes[-1]:
                break
            time.sleep(0)

    misbehave(pc_board, monkeypatch, handle, "publish", TURNS=5)
    # Segments may be joined on the way, never split: the first bytes of a packet never come alone.
    assert min(sizes[:-1]) > 300
