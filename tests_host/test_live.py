"""What the page shows of the meter: merged readings, the steps of the last hour and day."""

import importlib
import sys
import types

import pytest

from han import Reader
from han.reading import Reading
from tools.meter.meters import METERS

START_MS = 1_770_000_000_000


@pytest.fixture(scope="module")
def live():
    """The module firmware.live, which asks MicroPython for const."""
    sys.modules["micropython"] = types.SimpleNamespace(const=lambda value: value)
    try:
        return importlib.import_module("firmware.live")
    finally:
        del sys.modules["micropython"]


class Log:
    seconds = 0

    def uptime(self):
        return self.seconds


class House:
    """Readings of a power every so often, from second 0 on."""

    def __init__(self, live):
        self.log = Log()
        self.taken = []
        self.unpack = live.unpack
        self.live = live.Live(self.log, self.taken.append)

    def reading(self, power, export=None):
        meter = Power({"power_import_w": power} if export is None else {"power_import_w": power, "power_export_w": export})
        self.live.take(meter)

    def steps(self):
        """The steps of the hour that are over, the oldest first; W, below 0 for export, None where there is none."""
        self.live.turn()
        return [self.unpack(self.live.hour[(self.live.step + n) % 360]) for n in range(360)]

    def long_steps(self, half=0):
        self.live.turn()
        ring = self.live.day[half * 288:half * 288 + 288]
        return [self.unpack(ring[(self.live.step // 30 + n) % 288]) for n in range(288)]


class Power(Reading):
    """A reading with powers of choice."""

    def __init__(self, values):
        super().__init__("hdlc")
        self.list = "2"
        self.values = values

    def get(self, key, default=None):
        return self.values.get(key, default)



def test_powers_are_packed_to_the_watt_and_large_ones_nearly(live):
    for power in (*range(0, 24576, 7), 24575):
        assert live.unpack(live.pack(power)) == power and live.unpack(live.pack(-power)) == -power
    for power in (24576, 24577, 43470, 65535, 100000, 1_000_000):
        assert 0 <= power - live.unpack(live.pack(power)) < 128 and live.pack(-power) == -live.pack(power)
    assert live.pack(10**9) == 0x7FFF and live.pack(-10**9) == -0x7FFF and live.unpack(-0x8000) is None


def test_a_step_is_the_mean_of_its_readings(live):
    house = House(live)
    for second, power in ((0, 100), (3, 200), (6, 600), (12, 50)):
        house.log.seconds = second
        house.reading(power, 0)
    house.log.seconds = 20
    assert house.steps()[-2:] == [300, 50]
    assert set(house.steps()[:-2]) == {None}
    assert len(house.taken) == 4


def test_a_step_without_a_reading_keeps_the_last_value_for_a_while(live):
    house = House(live)
    house.reading(100, 0)
    house.log.seconds = 60
    assert house.steps()[-6:] == [100, 100, 100, None, None, None]


def test_short_lists_do_not_dilute_what_is_fed_in(live):
    house = House(live)
    for second in range(0, 300):
        house.log.seconds = second
        if second % 10 == 0:
            house.reading(0, 5000)
            house.live.latest.get = {"power_export_w": 5000}.get  # as merged
        elif second % 2:
            house.reading(0)
    house.log.seconds = 300
    assert set(house.steps()[-30:]) == {-5000} and house.long_steps(1)[-1] == 5000 and house.long_steps()[-1] == 0
    house.reading(700)
    house.log.seconds = 310
    assert house.steps()[-1] == 700, "who draws feeds nothing in"


def test_long_steps_are_means_of_what_was_there(live):
    house = House(live)
    for second in range(0, 3600, 10):
        house.log.seconds = second
        house.reading(second // 300 * 1000 + (second % 20) * 10, 0)
    house.log.seconds = 3600
    assert house.long_steps()[-12:] == [n * 1000 + 50 for n in range(12)]
    assert house.long_steps()[:-12] == [None] * 276


def test_rings_keep_an_hour_and_a_day_through_days(live):
    house = House(live)
    for second in range(0, 2 * 86400, 10):
        house.log.seconds = second
        house.reading(second // 300 % 5000, 0)
    house.log.seconds = 2 * 86400
    first = (86400 // 300)
    assert house.long_steps() == [(first + n) % 5000 for n in range(288)]
    assert house.steps() == [(2 * 86400 - 3600 + n * 10) // 300 % 5000 for n in range(360)]


def test_silence_of_days_is_not_yesterdays_curve(live):
    house = House(live)
    for second in range(0, 7200, 10):
        house.log.seconds = second
        house.reading(1000, 0)
    house.log.seconds = 7200 + 5 * 86400
    assert set(house.steps()) == {None} and set(house.long_steps()) == {None}
    house.reading(400, 0)
    house.log.seconds += 10
    assert house.steps()[-1] == 400 and set(house.steps()[:-1]) == {None}


def test_what_all_lists_said_is_merged():
    meter = METERS["aidon-no"]
    house = meter.house(START_MS)
    merged = Reading("hdlc")
    keys = set()
    for list_name in ("1", "2", "3", "1"):
        (reading,) = Reader().feed(meter.telegram(START_MS, house, list_name))
        merged.merge(reading)
        keys |= {key for key, _ in reading.items()}
        for key, value in reading.items():
            assert merged[key] == value
    assert {key for key, _ in merged.items()} == keys and len(merged) == len(keys)
    assert merged.list == "1" and merged.vendor == "Aidon"
    before = list(merged.customary())
    (again,) = Reader().feed(meter.telegram(START_MS + 10_000, house, "2"))
    merged.merge(again)
    assert merged["power_import_w"] == again["power_import_w"] and list(merged.customary()) != before


def test_merging_does_not_touch_the_other():
    meter = METERS["p1-landis"]
    house = meter.house(START_MS)
    (first,) = Reader().feed(meter.telegram(START_MS, house, "p1"))
    (second,) = Reader().feed(meter.telegram(START_MS + 10_000, house, "p1"))
    text = list(first.customary())
    merged = Reading("p1")
    merged.merge(first)
    assert list(merged.customary()) == text
    merged.merge(second)
    assert list(merged.customary()) == list(second.customary()) and list(first.customary()) == text
