"""What visitors do to the rest of the dongle: crowds, slow ones, silent ones, scanners. The parser misses nothing meanwhile."""

import contextlib
import socket
import statistics
import threading
import time

import pytest

from conftest import obtain
from tools import runtime
from tools.outages.house import House
from visitor import Visitor

# What the UART's buffer is made to survive is 1000 ms (firmware/meter_port.py); a crowd must stay far below.
STALL_MS = 500


@pytest.fixture
def house(tmp_path, micropython32, umqtt):
    obtain(runtime.mosquitto)
    with House(tmp_path, settings={"open_readings": "on"}) as running:
        running.configure()
        running.plug_in()
        running.switch_on()
        Visitor(running.board.page).wait()
        running.wait(lambda: running.counts()["telegrams"] >= 2, 30, "no telegrams")
        yield running


@pytest.fixture
def pc_board(house):
    return house.board


def connect(port, seconds=10):
    return socket.create_connection(("127.0.0.1", port), timeout=seconds)


def request(port, path="/api/v1/readings"):
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


def check(house):
    """End the meter: every telegram was read, none was damaged, nothing was restarted, nothing stood still for long."""
    sent = house.unplug()
    house.wait(lambda: house.counts()["telegrams"] >= sent["telegrams"], 5, "the parser misses telegrams")
    counts = house.counts()
    print(f"the meter sent {sent}; the dongle says {counts}")
    assert counts["telegrams"] == sent["telegrams"] and counts["checksum_errors"] == 0
    assert counts["restarts"] == 0 and counts["stall_ms"] < STALL_MS
    assert not house.heard("MemoryError")


def test_fifty_at_once_are_served_one_after_the_other(house, pc_board):
    port = pc_board.page
    outcomes = []

    def visit(number):
        path = ("/api/v1/readings", "/", "/api/v1/history?span=hour", "/api/v1/status", "/metrics")[number % 5]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            # Who finds the door shut knocks again, as browsers do.
            with contextlib.suppress(TimeoutError), connect(port, 3) as connection:
                connection.settimeout(30)
                connection.sendall(request(port, path))
                data = b""
                while piece := connection.recv(65536):
                    data += piece
                outcomes.append(data[9:12])
                return
        outcomes.append("shut out")

    began = time.monotonic()
    for _ in range(2):
        crowd = [threading.Thread(target=visit, args=(number,)) for number in range(50)]
        for each in crowd:
            each.start()
        for each in crowd:
            each.join(90)
    took = time.monotonic() - began
    print(f"100 requests, 50 at a time, in {took:.1f} s")
    assert outcomes.count(b"200") == 100, outcomes
    check(house)


def test_how_fast(house, pc_board):
    visitor = Visitor(pc_board.page)
    for path in ("/", "/api/v1/readings", "/api/v1/history?span=hour", "/api/v1/status"):
        times = []
        for _ in range(20):
            began = time.monotonic()
            assert visitor.get(path).status == 200
            times.append(time.monotonic() - began)
        print(f"{path}: {statistics.median(times) * 1000:.0f} ms, {len(times) / sum(times):.0f} a second")
        assert statistics.median(times) < 0.5
    check(house)


def test_who_says_nothing_or_little_is_sent_away_and_others_get_in(house, pc_board):
    port = pc_board.page
    with contextlib.ExitStack() as parts:
        # Half-open: connected, silent; half of them in the middle of a word.
        silent = [parts.enter_context(connect(port, 60)) for _ in range(8)]
        for each in silent[:4]:
            each.sendall(b"GET / HT")
        began = time.monotonic()
        assert Visitor(port).get("/api/v1/readings", seconds=60).status == 200
        waited = time.monotonic() - began
        print(f"behind 8 that say nothing, an answer after {waited:.1f} s")
        assert waited < 8, "in a crowd, who says nothing has a second"
    check(house)


def test_three_look_on_and_a_fourth_when_one_has_gone(house, pc_board):
    port = pc_board.page
    with contextlib.ExitStack() as parts:
        for _ in range(3):
            other = parts.enter_context(connect(port))
            other.sendall(request(port, "/api/v1/events"))
            assert other.recv(12) == b"HTTP/1.1 200"
        with connect(port) as fourth:
            fourth.sendall(request(port, "/api/v1/events"))
            assert fourth.recv(12) == b"HTTP/1.1 503"
        assert Visitor(port).get("/api/v1/readings").status == 200
    time.sleep(1)
    with connect(port) as next_one:
        next_one.sendall(request(port, "/api/v1/events"))
        assert next_one.recv(12) == b"HTTP/1.1 200"
    check(house)


def test_a_scanner_changes_nothing(house, pc_board):
    port = pc_board.page
    noises = [b"", b"\0" * 100, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b"SSH-2.0-x\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 3000,
              b"\r\n" * 2000, b"GET " + b"/" * 5000, b"POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 16000\r\n\r\n", b"\xff" * 2000,
              b"OPTIONS * HTTP/1.1\r\n\r\n", b"*1\r\n$4\r\nPING\r\n", b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"]
    for turn in range(120):
        with contextlib.suppress(OSError), connect(port) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(noises[turn % len(noises)])
            if turn % 3 == 0:
                # Reset, not closed.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert Visitor(port).get("/api/v1/readings", seconds=60).status == 200
    check(house)
