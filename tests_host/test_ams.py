"""The amsreader's layouts: its topics, keys, units and numbers, nothing invented; its identifiers in Home Assistant."""

import calendar
import json
import re
import time

import pytest
from rooms import Ticks, room

from han import Reader
from tools.meter.meters import METERS

ams = room("ams")

START_MS = 1_770_000_000_000 - 1_770_000_000_000 % 3_600_000 + 3_590_000
# The amsreader's own key of each quantity.
KEYS = {"power_import_w": "P", "power_export_w": "PO", "reactive_power_import_var": "Q", "reactive_power_export_var": "QO",
        "energy_import_wh": "tPI", "energy_export_wh": "tPO", "reactive_energy_import_varh": "tQI", "reactive_energy_export_varh": "tQO",
        "power_factor_milli": "PF",
        **{f"power_import_l{n}_w": f"P{n}" for n in "123"}, **{f"power_export_l{n}_w": f"PO{n}" for n in "123"},
        **{f"voltage_l{n}_mv": f"U{n}" for n in "123"}, **{f"current_l{n}_ma": f"I{n}" for n in "123"},
        **{f"energy_import_l{n}_wh": f"tPI{n}" for n in "123"}, **{f"energy_export_l{n}_wh": f"tPO{n}" for n in "123"},
        **{f"power_factor_l{n}_milli": f"PF{n}" for n in "123"},
        **{f"energy_import_t{n}_wh": f"tPIT{n}" for n in "12"}, **{f"energy_export_t{n}_wh": f"tPOT{n}" for n in "12"}}
REGISTERS = {"tPI", "tPO", "tQI", "tQO"}
TARIFFS = {"tPIT1", "tPIT2", "tPOT1", "tPOT2"}


class Link:
    dbm = -61

    def strength(self):
        return self.dbm


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A chip whose clock is right, and goes with the meter's. The chip's mktime() knows UTC only."""
    clock = Ticks(monkeypatch)
    clock.now_ms, clock.now = START_MS, 0
    monkeypatch.setattr(time, "time", lambda: clock.now_ms // 1000)
    monkeypatch.setattr(time, "mktime", calendar.timegm)
    monkeypatch.setattr(ams, "let_go", lambda name: None)
    return clock


def make(form, name="ams-1a2b", prefix="homeassistant", link=Link):
    return ams.Ams(form, "ams", "240ac4123456", name, prefix, link())


def readings(clock, meter, seconds=40):
    meter = METERS[meter]
    house = meter.house(START_MS)
    reader = Reader()
    for now_ms, push in meter.due(START_MS):
        if now_ms >= START_MS + 1000 * seconds:
            return
        clock.now_ms = now_ms
        clock.now = now_ms - START_MS
        yield from reader.feed(meter.telegram(now_ms, house, push))


def iso(clock):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock.now_ms // 1000))


def thousandths(value):
    return f"{value // 1000}.{value % 1000:03}"


def expected(reading, ha):
    """What the values have to be, as texts."""
    found = {}
    customary = dict(reading.customary())
    for (name, value), text in zip(reading.items(), customary.values()):
        if name in KEYS:
            key = KEYS[name]
            found[key] = thousandths(value) if name.endswith("_wh") or name.endswith("varh") else text
            if ha and key.startswith("PF"):
                found[key] = str((value + 5) // 10)
    for name, key in (("list_version", "lv"), ("meter_id", "id" if ha else "meterId"), ("meter_type", "type")):
        if name in customary:
            found[key] = customary[name]
    return found


def load(payload):
    return json.loads(payload, parse_int=str, parse_float=str)


@pytest.mark.parametrize("meter", METERS)
def test_json(clock, meter):
    made = make("json")
    states = 0
    for reading in readings(clock, meter):
        messages = list(made.messages(reading, 1, iso(clock)))
        assert all(topic == b"ams" and not retain for topic, _, retain in messages)
        data, *state = [load(payload) for _, payload, _ in messages]
        want = expected(reading, False)
        rtc = data["data"].pop("rtc", None)
        assert data.pop("data") == want
        assert data == {"id": "24:0A:C4:12:34:56", "name": "ams-1a2b", "up": str(clock.now // 1000), "t": str(clock.now_ms // 1000)}
        # The meter's clock is ahead by its zone, in summer or winter.
        has = bool(REGISTERS & set(want)) and "meter_time" in reading
        assert (rtc is not None) == has and (not has or abs(int(rtc) - clock.now_ms // 1000) <= 15)
        for each in state:
            states += 1
            assert each == {**data, "rssi": "-61", "version": "0.1"}
    assert states == 1


@pytest.mark.parametrize("meter", METERS)
def test_home_assistant(clock, meter):
    made = make("ha", name="")
    topics = set()
    for reading in readings(clock, meter):
        want = expected(reading, True)
        found = {}
        for topic, payload, retain in made.messages(reading, 1, iso(clock)):
            assert not retain and topic not in found
            found[topic] = load(payload)
            assert found[topic].pop("t") == iso(clock)
        topics |= set(found)
        energy = found.pop(b"ams/energy", {})
        rtc = energy.pop("rtc", None)
        assert energy == {key: value for key, value in want.items() if key in REGISTERS}
        assert (rtc is not None) == (bool(energy) and "meter_time" in reading)
        assert rtc is None or abs(calendar.timegm(time.strptime(rtc, "%Y-%m-%dT%H:%M:%SZ")) - clock.now_ms // 1000) <= 15
        assert found.pop(b"ams/power") == {key: value for key, value in want.items() if key not in REGISTERS | TARIFFS}
        state = found.pop(b"ams/state", None)
        assert state is None or state == {"id": "24:0A:C4:12:34:56", "name": "hamn-240ac4123456", "up": str(clock.now // 1000), "rssi": "-61", "version": "0.1"}
        assert not found
    assert topics == {b"ams/power", b"ams/energy", b"ams/state"}


def test_the_state_comes_once_a_minute_and_in_a_new_session(clock):
    made = make("ha", "")
    times = []
    for reading in readings(clock, "p1-landis", 200):
        if any(topic == b"ams/state" for topic, _, _ in made.messages(reading, 1, "")):
            times.append(clock.now // 1000)
    assert times == [0, 60, 120, 180]
    made.again()
    assert any(topic == b"ams/state" for topic, _, _ in made.messages(reading, 1, ""))


def test_what_is_not_known_is_left_out(clock):
    class Cable(Link):
        dbm = None

    for form in ("json", "ha"):
        for reading in readings(clock, "p1-landis", 20):
            for _, payload, _ in make(form, "", link=Cable).messages(reading, 1, ""):
                values = load(payload)
                values.update(values.pop("data", {}))
                assert not {"t", "rtc", "rssi", "vcc", "temp", "realtime"} & set(values)


def test_a_meter_whose_date_is_wrong_gives_no_time(clock):
    for reading in readings(clock, "p1-landis", 20):
        clock.now_ms += 86_400_000
        (energy,) = [payload for topic, payload, _ in make("ha", "").messages(reading, 1, "2026-01-01T00:00:00Z") if topic == b"ams/energy"]
        assert b"rtc" not in energy


# uid: (topic, device class, state class, unit), as the amsreader describes its values.
TABLE = {
    **{key: ("power", "power", "measurement", "W") for key in ("P", "PO", "P1", "P2", "P3", "PO1", "PO2", "PO3")},
    **{key: ("power", "reactive_power", "measurement", "var") for key in ("Q", "QO")},
    **{f"I{n}": ("power", "current", "measurement", "A") for n in "123"},
    **{f"U{n}": ("power", "voltage", "measurement", "V") for n in "123"},
    **{f"PF{n}": ("power", "power_factor", "measurement", "%") for n in ("", "1", "2", "3")},
    "t": ("power", "timestamp", None, None),
    "tPI": ("energy", "energy", "total_increasing", "kWh"), "tPO": ("energy", "energy", "total_increasing", "kWh"),
    "tQI": ("energy", None, "total_increasing", "kvarh"), "tQO": ("energy", None, "total_increasing", "kvarh"),
    **{f"{key}{n}": ("power", "energy", "total_increasing", "kWh") for key in ("tPI", "tPO") for n in "123"},
    "rtc": ("energy", "timestamp", None, None),
    "rssi": ("state", "signal_strength", "measurement", "dBm"), "up": ("state", "duration", "measurement", "s"),
}


@pytest.mark.parametrize("meter", METERS)
def test_entities_live_on(clock, meter):
    made = make("ha")
    told, values = {}, set()
    for reading in readings(clock, meter, 300):
        count = 0
        for topic, payload, retain in made.messages(reading, 1, iso(clock)):
            if topic.startswith(b"ams/"):
                assert not retain
                values |= {(topic.decode(), key) for key in json.loads(payload)}
                continue
            count += 1
            assert retain and topic not in told
            told[topic] = json.loads(payload)
        assert count <= 1  # they must not crowd out readings
    described = set()
    for topic, message in told.items():
        uid = re.fullmatch(r"homeassistant/sensor/ams-1a2b_([a-zA-Z0-9]+)/config", topic.decode())[1]
        place, kind, state, unit = TABLE[uid]
        assert message.pop("name") and message.pop("expire_after") >= {"power": 30, "energy": 3 * 3600, "state": 180}[place]
        assert message == {
            "stat_t": f"ams/{place}", "uniq_id": f"ams-1a2b_{uid}", "default_entity_id": f"sensor.ams-1a2b_{uid}",
            "val_tpl": "{{ value_json.%s | is_defined }}" % uid,
            "dev": {"ids": ["ams-1a2b"], "name": "AMS reader", "mdl": "Hamn", "sw": "0.1", "mf": "Hamn"},
            **{key: value for key, value in (("dev_cla", kind), ("stat_cla", state), ("unit_of_meas", unit)) if value}}
        described.add((f"ams/{place}", uid))
    assert described == {(topic, key) for topic, key in values if key in TABLE and TABLE[key][0] == topic[4:]}
    made.again()
    assert any(not topic.startswith(b"ams/") for topic, _, _ in made.messages(reading, 1, ""))


@pytest.mark.parametrize(("form", "name", "prefix"), [("json", "ams-1a2b", "homeassistant"), ("ha", "", "homeassistant"), ("ha", "ams-1a2b", "")])
def test_nothing_is_told_unasked(clock, form, name, prefix):
    made = make(form, name, prefix)
    for reading in readings(clock, "aidon-no", 60):
        assert all(topic.startswith(b"ams") for topic, _, _ in made.messages(reading, 1, iso(clock)))
