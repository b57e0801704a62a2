"""What visitors do to the rest of the dongle: crowds, slow ones, silent ones, scanners. The parser misses nothing meanwhile, the heap
stays as high as with one visitor, and who behaves is served.
"""

import contextlib
import random
import socket
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from test_web_oracles import ENDING, PASSWORD, STORED, schemathesis  # noqa: F401

from conftest import obtain
from tools import runtime
from tools.visits.house import House
from visitor import Visitor

# What the UART's buffer is made to survive is 1000 ms (firmware/meter_port.py); a crowd must stay far below.
STALL_MS = 500
# B that must be left at the worst moment with MQTT over TLS, when Home Assistant is told what the meter sends and a visitor is served
# at once; the watch's 1.7 KB not counted.
FLOOR = 8192
# B by which one run may differ from another: what comes together with a visit by chance, a report or a reading.
CHANCE = 1536
PATHS = ("/api/v1/readings", "/", "/api/v1/history?span=hour", "/api/v1/status", "/metrics")


@pytest.fixture
def make_house(tmp_path, micropython32, umqtt):
    """make(**options of House): a house whose dongle reads its meter and has said so to the broker, over TLS."""
    obtain(runtime.mosquitto)
    with contextlib.ExitStack() as parts:

        def make(**options):
            running = parts.enter_context(House(tmp_path, **options))
            running.configure()
            running.plug_in()
            running.switch_on()
            Visitor(running.board.page).wait()
            running.wait(lambda: running.counts()["telegrams"] >= 2 and running.counts()["sent"] >= 2, 30, "no messages")
            return running

        yield make


@pytest.fixture
def house(make_house):
    return make_house()


def connect(port, seconds=10, small=False):
    """small: with a receive buffer that is full at once."""
    connection = socket.socket()
    if small:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    connection.settimeout(seconds)
    connection.connect(("127.0.0.1", port))
    return connection


def request(port, path="/api/v1/readings"):
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()


def check(house):
    """End the meter: every telegram was read, none was damaged, nothing was restarted, nothing stood still for long, nobody was turned
    away for lack of memory."""
    lowest = min(each["free"] for each in house.figures[-1])
    stall = max(each["stall_ms"] for each in house.figures[-1])
    sent = house.unplug()
    house.wait(lambda: house.counts()["telegrams"] >= sent["telegrams"], 5, "the parser misses telegrams")
    counts = house.counts()
    print(f"the meter sent {sent}; the dongle says {counts}; longest stall {stall} ms, lowest heap {lowest} B")
    assert counts["telegrams"] == sent["telegrams"] and counts["checksum_errors"] == 0
    assert counts["restarts"] == 0 and stall < STALL_MS and lowest >= FLOOR
    assert not house.heard(" web: ") and not house.heard("MemoryError")


def visit(port, path, outcomes, seconds=60):
    deadline = time.monotonic() + seconds
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
    outcomes.append(b"shut out")


def all_at_once(functions):
    crowd = [threading.Thread(target=each) for each in functions]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join(90)


def test_fifty_at_once_take_no_more_memory_than_one(house):
    port = house.board.page
    # What is found out about a list for Home Assistant takes memory of its own, once.
    house.wait(lambda: {"2", "3"} <= {name for name, _, _ in house.stamps()}, 20, "the rarer lists do not come")
    time.sleep(1)
    house.mark()
    for path in PATHS * 2:
        assert Visitor(port).get(path).status == 200
    one = house.another_look().lowest
    outcomes = []
    crowd = house.mark()
    began = time.monotonic()
    for _ in range(2):
        all_at_once([lambda path=PATHS[number % 5]: visit(port, path, outcomes) for number in range(50)])
    took = time.monotonic() - began
    house.another_look()
    print(f"100 requests, 50 at a time, in {took:.1f} s: {crowd.lowest} B at the lowest, {one} B with one visitor; stall {crowd.stall_ms} ms")
    assert outcomes.count(b"200") == 100, outcomes
    assert crowd.lowest >= one - CHANCE
    check(house)


def test_how_fast(house):
    visitor = Visitor(house.board.page)
    for path in ("/", "/api/v1/readings", "/api/v1/history?span=hour", "/api/v1/status"):
        times = []
        for _ in range(20):
            began = time.monotonic()
            assert visitor.get(path).status == 200
            times.append(time.monotonic() - began)
        print(f"{path}: {statistics.median(times) * 1000:.0f} ms, {len(times) / sum(times):.0f} a second")
        assert statistics.median(times) < 0.5
    check(house)


def served(port, seconds, words):
    """Somebody who behaves is served within so long."""
    began = time.monotonic()
    assert Visitor(port).get("/api/v1/readings", seconds=60).status == 200
    waited = time.monotonic() - began
    print(f"{words}: an answer after {waited:.1f} s")
    assert waited < seconds, words


def test_who_says_nothing_or_little_is_sent_away_and_others_get_in(house):
    port = house.board.page
    with contextlib.ExitStack() as parts:
        # Half-open: connected, silent; half of them in the middle of a word.
        silent = [parts.enter_context(connect(port, 60)) for _ in range(8)]
        for each in silent[:4]:
            each.sendall(b"GET / HT")
        served(port, 5, "behind 8 that say nothing")
    with contextlib.ExitStack() as parts:
        # An octet a second, and a place for everybody: nobody is sent away, and nobody waits for them.
        slow = [parts.enter_context(connect(port, 60)) for _ in range(4)]
        text = request(port)
        for at in range(4):
            for each in slow:
                each.sendall(text[at:at + 1])
            served(port, 1, "beside 4 that send an octet a second")
            time.sleep(1)
        slow[0].sendall(text[4:])
        assert slow[0].recv(12) == b"HTTP/1.1 200", "slow is not wrong"
    check(house)


def test_a_body_that_does_not_come_holds_nobody_for_long(house):
    port = house.board.page
    head = f"POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n".encode()
    with connect(port) as connection:
        connection.sendall(head)
        time.sleep(0.5)
        served(port, 5, "behind a body that does not come")
        assert connection.recv(12) == b"HTTP/1.1 408"
    check(house)


def test_who_does_not_read_holds_nobody_for_long(house):
    port = house.board.page
    with contextlib.ExitStack() as parts:
        for _ in range(2):
            parts.enter_context(connect(port, small=True)).sendall(request(port, "/"))
        time.sleep(0.5)
        served(port, 15, "behind 2 that do not read the page")
    # Slow, but reading: all of it arrives.
    with connect(port, small=True) as connection:
        connection.sendall(request(port, "/"))
        size = 0
        while piece := connection.recv(8192):
            size += len(piece)
            time.sleep(0.05)
    assert size > 40000
    check(house)


def test_who_looks_on_and_does_not_read_loses_the_place(make_house):
    house = make_house(faults=("--speed", "10"))
    port = house.board.page
    with contextlib.ExitStack() as parts:
        for _ in range(3):
            parts.enter_context(connect(port, small=True)).sendall(request(port, "/api/v1/events"))
        with connect(port) as reader:
            reader.sendall(request(port, "/api/v1/events"))
            assert reader.recv(12) == b"HTTP/1.1 503"
        began = time.monotonic()

        def seat():
            with connect(port) as reader:
                reader.sendall(request(port, "/api/v1/events"))
                return reader.recv(12) == b"HTTP/1.1 200"

        house.wait(seat, 60, "who does not read keeps the place", 1)
        print(f"a place after {time.monotonic() - began:.0f} s")
    check(house)


def test_three_look_on_and_a_fourth_when_one_has_gone(house):
    port = house.board.page
    with contextlib.ExitStack() as parts:
        for _ in range(3):
            other = parts.enter_context(connect(port))
            other.sendall(request(port, "/api/v1/events"))
            assert other.recv(12) == b"HTTP/1.1 200"
        with connect(port) as fourth:
            fourth.sendall(request(port, "/api/v1/events"))
            assert fourth.recv(12) == b"HTTP/1.1 503"
        served(port, 1, "beside 3 that look on")
    time.sleep(1)
    with connect(port) as next_one:
        next_one.sendall(request(port, "/api/v1/events"))
        assert next_one.recv(12) == b"HTTP/1.1 200"
    check(house)


NOISES = (b"", b"\0" * 100, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b"SSH-2.0-x\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 3000,
          b"\r\n" * 2000, b"GET " + b"/" * 5000, b"POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 16000\r\n\r\n", b"\xff" * 2000,
          b"OPTIONS * HTTP/1.1\r\n\r\n", b"*1\r\n$4\r\nPING\r\n", b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00")


def scan(port, turn):
    with contextlib.suppress(OSError), connect(port) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(NOISES[turn % len(NOISES)])
        if turn % 3 == 0:
            # Reset, not closed.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def test_a_scanner_changes_nothing(house):
    port = house.board.page
    for turn in range(120):
        scan(port, turn)
    served(port, 10, "behind a scanner")
    turns = list(range(60))
    random.Random(5).shuffle(turns)
    all_at_once([lambda turn=turn: scan(port, turn) for turn in turns])
    served(port, 10, "behind a scanner with 60 connections")
    check(house)


def test_several_testers_at_once_find_no_error(make_house, schemathesis):  # noqa: F811
    house = make_house(settings={"page_password": STORED})
    owner = Visitor(house.board.page)
    assert owner.log_in(PASSWORD).status == 204
    location = f"http://127.0.0.1:{owner.port}/openapi.json"
    excluded = [word for each in (*ENDING, "telegram") for word in ("--exclude-operation-id", each)]

    def tester(seed):
        # A process each: threads of one Python stumble over its parser, which hypothesis uses.
        return schemathesis(location, "--phases", "fuzzing", "--max-examples", "1", "--seed", str(seed), "--mode", "positive",
                            "--header", f"Cookie:{owner.cookie}", *excluded)

    with ThreadPoolExecutor(4) as crowd:
        found = list(crowd.map(tester, range(4)))
    for status, said, _ in found:
        assert status == 0, said
    answers = [status for _, _, asked in found for _, _, status in asked]
    print(f"{len(answers)} requests: {sorted((each, answers.count(each)) for each in set(answers))}")
    assert answers.count(200) > 10 and 503 not in answers
    sent = house.unplug()
    house.wait(lambda: house.counts()["telegrams"] >= sent["telegrams"], 5, "the parser misses telegrams")
    assert house.counts()["restarts"] == 0 and not house.heard("MemoryError") and not house.heard("request failed")
