"""The clock under real MicroPython: the time from a server, never from one that may not know it, and nothing is held up meanwhile."""

import datetime
import time

import pytest
from test_mqtt import play

from tools.router import Router, dns_answer, time_answer

UNKNOWN = "False '' 0"


@pytest.fixture
def router(pc_board):
    with Router() as own:
        pc_board.router = own
        yield own


@pytest.fixture
def clock(pc_board, router, monkeypatch):
    """Run mp_clock.py: its output by first words, the last line of each."""
    def run(**environment):
        for key, value in environment.items():
            monkeypatch.setenv(key, str(value))
        result = play(pc_board, "mp_clock.py")
        assert int(result["stall"]) < 100, result
        assert (result["unknown"], result["offline"]) == (UNKNOWN, "False")
        return result

    return run


def test_the_time_comes_with_the_network(clock):
    result = clock()
    seconds, weekday, micro = result["set"].split()
    assert abs(int(seconds)) <= 1 and (weekday, micro) == ("True", "True")
    known, iso, epoch = result["known"].split()
    now = time.time()
    assert known == "True"
    assert abs(datetime.datetime.fromisoformat(iso).timestamp() - now) < 10
    assert abs(int(epoch) + 946684800 - now) < 10


def test_an_address_needs_no_name_server(clock, router):
    router.dns = lambda query: None
    assert clock(NTP_HOST="127.0.0.1")["known"].startswith("True") and not router.asked


@pytest.mark.parametrize("spoil", (
    lambda query: None, lambda query: b"rubbish", lambda query: query, lambda query: time_answer(query, 946_684_800),
    lambda query: time_answer(bytes(48)), lambda query: b"\xe4" + time_answer(query)[1:], lambda query: time_answer(query)[:1] + b"\0" + time_answer(query)[2:],
    lambda query: [(2.5, time_answer(query))],
))
def test_who_does_not_know_the_time_is_not_believed(clock, router, spoil):
    router.ntp = spoil
    result = clock(SECONDS=4)
    assert result["known"].startswith("False") and "set" not in result


def test_a_good_answer_behind_bad_ones_serves(clock, router):
    router.ntp = lambda query: [(0, b"rubbish"), (0, time_answer(bytes(48), 2_000_000_000)), (0.2, time_answer(query))]
    result = clock()
    assert result["known"].startswith("True") and abs(int(result["set"].split()[0])) <= 1


def test_it_tries_on(clock, router):
    seen = []

    def late(query):
        seen.append(query)
        return time_answer(query) if len(seen) == 3 else None

    router.ntp = late
    result = clock(SECONDS=7)
    assert result["known"].startswith("True") and len(seen) == 3
    assert len({query[40:] for query in seen}) == 3, "each question has a mark of its own"


def test_a_name_server_that_is_silent_or_knows_nothing(clock, router):
    for answer in (lambda query: None, lambda query: dns_answer(query, None)):
        router.dns = answer
        assert clock(SECONDS=3)["known"].startswith("False")
