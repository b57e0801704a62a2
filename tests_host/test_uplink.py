"""The uplink under real MicroPython: what an outage leaves, and in which order it comes."""

import json
import threading
import time
from datetime import datetime, timedelta

from fake_broker import packet, play, server, subscriber, wait_for, welcome

from tools.outages import proxy

SPEED = 15


def start(pc_board, monkeypatch, port, seconds, **environment):
    """Run the uplink in a thread; return (thread, the dict that its output will be in)."""
    monkeypatch.setenv("PORT", str(port))
    monkeypatch.setenv("SECONDS", str(seconds))
    for key, value in environment.items():
        monkeypatch.setenv(key, str(value))
    result = {}
    thread = threading.Thread(target=lambda: result.update(play(pc_board, "mp_uplink.py")))
    thread.start()
    return thread, result


def of(received, name):
    return [json.loads(payload) for topic, payload in received if topic == f"t/{name}"]


def counts(result):
    return [int(word) for word in result["counts"].split()]


def test_a_short_outage_loses_nothing(pc_board, broker, monkeypatch):
    with subscriber(broker.port) as received, proxy.Proxy(broker.port) as way:
        thread, result = start(pc_board, monkeypatch, way.port, 10)
        wait_for(lambda: len(received) > 5)
        way.behave(proxy.REFUSE)
        time.sleep(2)
        way.behave(proxy.PASS)
        thread.join(30)
    offered, sent, dropped, sessions = counts(result)
    assert sessions == 2 and dropped == 0 and int(result["waiting"]) <= 1
    assert int(result["stall"]) < 250 and int(result["beats"]) < 500
    numbers = [reading["n"] for reading in of(received, "reading")]
    assert numbers == sorted(numbers) and set(numbers) >= set(range(1, offered))
    assert len(numbers) <= offered + 1, "no more than the message that was on its way comes twice"
    assert not of(received, "minute") and result["ring"] == "None"


def test_minutes_and_hours_of_a_long_outage(pc_board, broker, monkeypatch):
    with subscriber(broker.port) as received, proxy.Proxy(broker.port) as way:
        thread, result = start(pc_board, monkeypatch, way.port, 38, SPEED=SPEED)
        wait_for(lambda: len(received) > 5)
        way.behave(proxy.REFUSE)
        time.sleep(17)
        before = len(received)
        way.behave(proxy.PASS)
        thread.join(60)
    offered, sent, dropped, sessions = counts(result)
    assert sessions == 2 and dropped > 40
    assert int(result["stall"]) < 250 and int(result["beats"]) < 500
    after = [topic for topic, _ in received[before:] if topic != "t/status"]
    assert set(after[:20]) == {"t/reading"}, "live messages come first"
    readings = of(received, "reading")
    times = {reading["n"]: datetime.fromisoformat(reading["time"]) for reading in readings}
    minutes = of(received, "minute")
    starts = [datetime.fromisoformat(minute["time"]) for minute in minutes]
    assert starts == sorted(set(starts)) and len(starts) >= 3
    assert all(minute["seconds"] == 60 and at.second == 0 for minute, at in zip(minutes, starts))
    # Whatever did not come by itself is in one of the minutes.
    first, *_, last = sorted(times)
    missing = set(range(first, last)) - set(times)
    assert len(missing) > 40
    covered = set()
    for minute, at in zip(minutes, starts):
        highest = minute["power_import_max_w"]
        lowest = 2 * minute["power_import_w"] - highest
        numbers = range(highest - minute["readings"] + 1, highest + 1)
        assert abs(lowest - numbers[0]) <= 1, "the power is the reading's number"
        assert minute["energy_import_kwh"] * 1000 == 10 * highest
        covered |= set(numbers)
        for number in set(numbers) & set(times):
            assert at <= times[number] < at + timedelta(seconds=60)
    assert missing <= covered
    # One hour at the start, by the meter's clock.
    hours = of(received, "hour")
    assert [hour["seq"] for hour in hours] == [1]
    assert hours[0]["meter_time"].startswith("2026-02-01T01:00:0") and hours[0]["time"].startswith("2026-02-01T00:00:0")
    assert hours[0]["energy_import_kwh"] == 0.01


def test_a_broker_that_never_acknowledges_holds_up_nothing(pc_board, monkeypatch):
    """The message is kept, and sent again in the next session."""
    seen = []

    def handle(sock):
        welcome(sock)
        while True:
            seen.append(packet(sock))

    with server(handle) as port:
        thread, result = start(pc_board, monkeypatch, port, 13)
        thread.join(40)
    assert int(result["stall"]) < 250 and int(result["beats"]) < 12000
    assert counts(result)[1] == 0 and counts(result)[3] == 1
    assert len([first for first, _ in seen if first == 0x32]) == 1


def test_hours_of_an_outage_come_once_each_and_in_order(pc_board, broker, monkeypatch):
    with subscriber(broker.port) as received, proxy.Proxy(broker.port) as way:
        # An hour a second.
        thread, result = start(pc_board, monkeypatch, way.port, 30, SPEED=3600)
        wait_for(lambda: len(of(received, "hour")) >= 2)
        way.behave(proxy.REFUSE)
        time.sleep(12)
        before = len(of(received, "hour"))
        way.behave(proxy.PASS)
        wait_for(lambda: len(of(received, "hour")) > before + 3)
        # Cut off while they are coming.
        way.behave(proxy.REFUSE)
        time.sleep(1)
        way.behave(proxy.PASS)
        thread.join(60)
    assert counts(result)[3] == 3 and int(result["stall"]) < 250
    hours = of(received, "hour")
    seqs = [hour["seq"] for hour in hours]
    assert seqs == sorted(seqs) and set(seqs) == set(range(1, max(seqs) + 1)) and len(seqs) <= len(set(seqs)) + 2
    stamps = [datetime.fromisoformat(hour["meter_time"]) for hour in {hour["seq"]: hour for hour in hours}.values()]
    assert len(stamps) >= 15
    assert all(later.replace(minute=0, second=0) - sooner.replace(minute=0, second=0) == timedelta(hours=1)
               for sooner, later in zip(stamps, stamps[1:]))


def test_a_flash_that_fails_stops_nothing_else(pc_board, broker, monkeypatch, capsys):
    (pc_board.device / "journal").write_text("a file where the folder should be")
    with subscriber(broker.port) as received:
        thread, result = start(pc_board, monkeypatch, broker.port, 6)
        thread.join(30)
    offered, sent, dropped, sessions = counts(result)
    assert sessions == 1 and dropped == 0 and sent >= offered - 1
    assert capsys.readouterr().out.count("journal: the flash fails") in (1, 2)
    assert not of(received, "hour")
