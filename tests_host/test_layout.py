"""What is published of a reading: every value once and as the meter sent it, in its group; pauses and dead bands; nothing invented."""

import json

import pytest
from rooms import Ticks, room

from han import Reader
from tools.meter.meters import METERS

layout = room("layout")
pace = room("pace")

START_MS = 1_770_000_000_000 - 1_770_000_000_000 % 3_600_000 + 3_590_000
PLAIN = {"power_interval": 0, "power_band": 0, "phases_interval": 0, "phases_band": 0}
OWN = {"list", "n", "time", "meter_time"}
WHEN = "2026-01-31T23:59:59Z"


@pytest.fixture
def ticks(monkeypatch):
    return Ticks(monkeypatch)


def readings(name, seconds):
    """(ms since the start, reading) of a simulated meter."""
    meter = METERS[name]
    house = meter.house(START_MS)
    reader = Reader()
    for now_ms, push in meter.due(START_MS):
        if now_ms >= START_MS + 1000 * seconds:
            return
        for reading in reader.feed(meter.telegram(now_ms, house, push)):
            yield now_ms - START_MS, reading


def once(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), keys
    return dict(pairs)


def published(made, reading, number=1, when=WHEN):
    """{topic: (values as texts, retained)}."""
    found = {}
    for topic, payload, retain in made.messages(reading, number, when):
        assert type(topic) is type(payload) is bytes and topic.startswith(b"a/b/")
        name = topic[4:].decode()
        assert name not in found
        found[name] = json.loads(payload, parse_int=str, parse_float=str, object_pairs_hook=once), retain
    return found


@pytest.mark.parametrize("name", METERS)
def test_every_value_of_every_meter_is_published_once(ticks, name):
    made = layout.Layout("a/b")
    texts = {}
    for number, (ticks.now, reading) in enumerate(readings(name, 40), 1):
        found = published(made, reading, number)
        said = {}
        for group, (values, retain) in found.items():
            assert retain == (group in ("energy", "meter"))
            assert values["list"] == reading.list and values["n"] == str(number) and values["time"] == WHEN
            assert values.get("meter_time") == reading.get("meter_time")
            ending = {"power": ("_w", "_var"), "energy": ("_kwh", "_kvarh"), "phases": ("_v", "_a", "_hz")}.get(group)
            for key in set(values) - OWN:
                assert key not in said
                assert ending is None or key.endswith(ending) or group == "phases" and key.startswith("power_factor")
                said[key] = values[key]
        expected = dict(reading.customary())
        expected.pop("meter_time", None)
        own = {"protocol": reading.protocol, "vendor": reading.vendor, "rule": reading.rule}
        texts.update({key: value for key, value in {**own, **expected}.items() if value and (key in own or not key.rpartition("_")[2] in
                     ("w", "var", "kwh", "kvarh", "v", "a", "hz"))})
        assert {key: value for key, value in said.items() if key not in texts} == {
            key: value for key, value in expected.items() if key not in texts}
        if "meter" in found:
            assert {key: value for key, value in found["meter"][0].items() if key not in OWN} == texts
    assert texts["protocol"] == METERS[name].protocol


def test_the_meter_is_told_once_a_session_and_when_it_changes(ticks):
    made = layout.Layout("a/b")
    (_, first), (_, second), *_ = [pair for pair in readings("kamstrup-no", 40) if pair[1].list == "2"]
    assert "meter" in published(made, first)
    assert "meter" not in published(made, second)
    made.again()
    assert published(made, first)["meter"][0]["vendor"] == "Kamstrup"
    other = next(reading for _, reading in readings("aidon-no", 40) if reading.list == "2")
    assert published(made, other)["meter"][0]["vendor"] == "Aidon"
    bare = next(reading for _, reading in readings("aidon-no", 40) if reading.list == "1")
    assert set(published(made, bare)) == {"power"}


def test_an_unknown_time_is_absent(ticks):
    _, reading = next(readings("aidon-no", 40))
    for values, _ in published(layout.Layout("a/b"), reading, when="").values():
        assert "time" not in values


def test_an_interval_never_starves_the_longer_list(ticks):
    made = layout.Layout("a/b", pace.Pace({**PLAIN, "power_interval": 10}))
    times = {"1": [], "2": [], "3": []}
    energies = phases = lists = 0
    for ms, reading in readings("aidon-no", 120):
        ticks.now = ms + (700 if reading.list == "1" else 1900)  # the longer ones take longer on the line
        found = published(made, reading)
        lists += reading.list != "1"
        phases += "phases" in found
        energies += "energy" in found
        if "power" in found:
            times[reading.list].append(ms)
    sent = sorted(sum(times.values(), []))
    assert len(times["3"]) == energies == 1 and phases == lists
    assert len(times["2"]) >= 10 and len(sent) <= 14
    assert max(after - before for before, after in zip(times["2"], times["2"][1:])) <= 20_000


class Fixed:
    """A reading with values of choice; integers as a Reading has them."""

    list, protocol, vendor, rule = "p1", "p1", "", ""

    def __init__(self, **values):
        self.values = values

    def items(self):
        return self.values.items()

    def customary(self):
        endings = {"mv": "v", "ma": "a", "wh": "kwh"}
        for key, value in self.values.items():
            base, _, unit = key.rpartition("_")
            yield f"{base}_{endings.get(unit, unit)}", str(value)

    def get(self, key):
        return None


def sends(ticks, settings, steps):
    """Which groups are sent at each step: (seconds, reading)."""
    made = layout.Layout("a/b", pace.Pace({**PLAIN, **settings}))
    found = []
    for seconds, reading in steps:
        ticks.now = int(1000 * seconds)
        found.append("".join(name[1] for name in published(made, reading) if name != "meter"))
    return found


def test_a_dead_band_keeps_back_what_hardly_moves(ticks):
    def at(w, mv=230000):
        return Fixed(power_import_w=w, voltage_l1_mv=mv, energy_import_wh=5)

    settings = {"power_band": 20, "phases_band": 5}
    steps = [(0, at(100)), (10, at(120)), (20, at(80)), (30, at(121)), (40, at(102)), (50, at(100)), (60, at(100, 230500)), (70, at(100, 230501)),
             (80, at(121)), (90, at(121, 230000))]
    # o: power, h: phases, n: energy
    assert sends(ticks, settings, steps) == ["ohn", "n", "n", "on", "n", "on", "n", "hn", "ohn", "n"]


def test_silence_is_broken_before_it_looks_like_death(ticks):
    settings = {"power_band": 20, "power_interval": 30}
    steps = [(second, Fixed(power_import_w=100)) for second in range(0, 1000, 10)]
    found = sends(ticks, settings, steps)
    assert [10 * n for n, groups in enumerate(found) if groups] == [0, 300, 600, 900]
    assert pace.Pace({**PLAIN, **settings}).pauses == (300, 0)
    assert pace.Pace({**PLAIN, **settings, "power_interval": 900}).pauses == (900, 0)


def test_after_days_of_silence_and_in_a_new_session_it_is_sent_at_once(ticks):
    reading = Fixed(power_import_w=100)
    made = layout.Layout("a/b", pace.Pace({**PLAIN, "power_interval": 3600, "power_band": 100}))
    assert "power" in published(made, reading)
    assert "power" not in published(made, reading)
    made.again()
    assert "power" in published(made, reading)
    ticks.now = -1000_000  # ticks_diff of more than half its range
    assert "power" in published(made, reading)
