"""The guard: the running interval and the main fuse against their limits, silence, and the board's output."""

import json

import pytest
from rooms import room

guarding, standing = room("guarding"), room("standing")


class Ledger:
    """A ledger whose interval stands where one says, in Wh."""

    time = 1000
    sofar = end = 0

    def so_far(self, channel, span):
        return self.sofar

    def expected(self, channel, span):
        return self.end


class House:
    """A keeper, its log, clock and uplink in one, and a reading every 10 s."""

    topic = "t"
    sessions = 1
    span = 3600
    channel = 0
    limit = None

    def __init__(self, **settings):
        self.log = self.clock = self.uplink = self
        self.ledger = Ledger()
        self.seconds = 0
        self.lines = []
        self.said = []
        self.pin = Pin()
        self.guard = guarding.Guard({"limit_w": 0, "fuse_a": 0, **settings}, self.pin, settings.get("mark", 2))

    def uptime(self):
        return self.seconds

    def iso_utc(self):
        return ""

    def line(self, word, text):
        self.lines.append(f"{word}: {text}")

    def put(self, topic, payload, retain):
        assert (topic, retain) == (b"t/guard", True)
        self.said.append(json.loads(payload))

    def go_on(self, seconds, current=None, silent=False, **reading):
        if current is not None:
            reading.update(current_l1_ma=100, current_l2_ma=-current, current_l3_ma=0)
        for _ in range(seconds // 10):
            self.seconds += 10
            if not silent:
                self.ledger.time += 10
                self.guard.note(self, reading)
            self.guard.look(self)
        return self.guard.levels


class Pin:
    level = 0

    def value(self, level):
        self.level = int(level)


@pytest.fixture(autouse=True)
def rooms_stay(monkeypatch):
    monkeypatch.setattr(guarding, "let_go", lambda *names: None)


def test_the_running_interval():
    house = House(limit_w=5000)
    assert house.go_on(10) == [0, None] and house.said[-1] == {"interval": "clear", "fuse": None, "limit_w": 5000, "expected_w": 0, "output": "off"}
    house.ledger.end = 4600
    assert house.go_on(60) == [0, None] and house.go_on(10) == [1, None] and house.pin.level == 0
    house.ledger.end = 5001
    assert house.go_on(70) == [2, None] and house.pin.level == 1
    assert house.said[-1] == {"interval": "alarm", "fuse": None, "limit_w": 5000, "expected_w": 5001, "output": "on"}
    # Not below what warned, but below what alarmed; then well below.
    house.ledger.end = 4400
    assert house.go_on(180) == [2, None] and house.go_on(10) == [1, None] and house.pin.level == 0
    house.ledger.end = 4200
    assert house.go_on(180) == [1, None] and house.go_on(10) == [0, None]
    # What the interval already has needs no waiting.
    house.ledger.sofar = house.ledger.end = 5001
    assert house.go_on(10) == [2, None]
    assert [message["interval"] for message in house.said] == ["clear", "warning", "alarm", "warning", "clear", "alarm"]
    assert "guard: alarm: 5001 W expected of the interval, 5000 W allowed" in house.lines


def test_the_lower_limit_counts_and_quarter_hours_are_not_coarse():
    house = House(limit_w=5003)
    house.limit, house.span = 6000, 900
    house.ledger.end = 1250  # 5000 W
    assert house.go_on(300) == [1, None]
    house.ledger.end = 1251  # 5004 W
    assert house.go_on(300) == [2, None] and house.guard.limit(house) == 5003
    house.limit = 4000
    assert house.guard.limit(house) == 4000
    # A tariff that asks for nothing at this time, and no limit of one's own.
    house = House()
    house.ledger.end = 99999
    assert house.go_on(300) == [0, None] and "limit_w" not in house.said[-1] and house.pin.level == 0


def test_the_main_fuse():
    house = House(fuse_a=25, mark=1)
    assert house.go_on(50, 4000) == [0, 0] and house.pin.level == 0
    assert house.go_on(20, 23_000) == [0, 0] and house.go_on(10, 23_000) == [0, 1] and house.pin.level == 1
    assert house.go_on(30, 26_000) == [0, 2] and "guard: alarm: main fuse" in house.lines
    assert house.go_on(60, 4000) == [0, 2] and house.go_on(10, 4000) == [0, 0] and house.pin.level == 0
    # Lists without currents leave it as it is, for a while.
    assert house.go_on(30, 26_000) == [0, 2] and house.go_on(300) == [0, 2] and house.go_on(10) == [0, None]
    assert house.said[-1]["fuse"] is None


def test_silence_ends_an_alarm_and_it_comes_back_slowly():
    house = House(limit_w=5000, fuse_a=20)
    house.ledger.end = 6000
    assert house.go_on(100, 30_000) == [2, 2] and house.pin.level == 1
    assert house.go_on(300, silent=True) == [2, 2] and house.pin.level == 1
    assert house.go_on(10, silent=True) == [None, None] and house.pin.level == 0
    assert house.said[-1] == {"interval": None, "fuse": None, "limit_w": 5000, "output": "off"}
    assert house.go_on(20, 30_000) == [0, 0] and house.go_on(10, 30_000) == [0, 2] and house.go_on(40) == [2, 2]


def test_the_output_begins_low_and_each_session_is_told():
    house = House(limit_w=5000)
    house.guard.look(house)
    assert house.pin.level == 0 and house.said == [{"interval": None, "fuse": None, "limit_w": 5000, "output": "off"}]
    house.go_on(50)
    assert len(house.said) == 2
    house.sessions = 2
    house.go_on(50)
    assert len(house.said) == 3 and house.said[1] == house.said[2]


def test_an_alarm_without_memory_is_told_later(monkeypatch):
    house = House(limit_w=5000)
    tell = standing.guard

    def short(*_):
        raise MemoryError

    monkeypatch.setattr(standing, "guard", short)
    house.ledger.end = 6000
    house.go_on(200)
    assert house.pin.level == 1 and not house.said
    monkeypatch.setattr(standing, "guard", tell)
    house.go_on(10)
    assert house.said[-1]["interval"] == "alarm"
