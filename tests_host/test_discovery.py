"""Home Assistant's discovery: what is published obeys its rules for every simulated meter, and is there when it is needed."""

import array
import json
import re
import threading
import time

import paho.mqtt.client as mqtt
import pytest

from firmware import discovery
from han import Reader, quantities
from tools import pcboard, run
from tools.broker import HOST, Broker
from tools.meter.meters import METERS

# Home Assistant's rules, from its core: sensor/const.py (DEVICE_CLASS_STATE_CLASSES, DEVICE_CLASS_UNITS), mqtt/abbreviations.py,
# mqtt/schemas.py (device, origin, device discovery), mqtt/discovery.py (TOPIC_MATCHER), mqtt/sensor.py.
# device class: (state classes, units)
CLASSES = {
    "power": ({"measurement"}, {"mW", "W", "kW", "MW", "GW", "TW"}),
    "reactive_power": ({"measurement"}, {"mvar", "var", "kvar"}),
    "voltage": ({"measurement"}, {"V", "mV", "µV", "kV", "MV"}),
    "current": ({"measurement"}, {"A", "mA"}),
    "energy": ({"total", "total_increasing"}, {"Wh", "kWh", "MWh", "GWh", "TWh", "J", "kJ", "MJ", "GJ"}),
    "reactive_energy": ({"total", "total_increasing"}, {"varh", "kvarh"}),
    "power_factor": ({"measurement"}, {"%", None}),
    "frequency": ({"measurement"}, {"Hz", "kHz", "MHz", "GHz"}),
}
DEVICE = {"cns", "cu", "ids", "name", "mf", "mdl", "mdl_id", "hw", "sw", "sa", "sn", "via_device"}
ORIGIN = {"name", "sw", "url"}
# Of all options of a device's message those that its components inherit; the base topic `~` is not among them.
SHARED = {"avty", "avty_mode", "avty_t", "avty_tpl", "cmd_t", "e", "pl_avail", "pl_not_avail", "qos", "stat_t"}
SENSOR = {"p", "name", "uniq_id", "def_ent_id", "val_tpl", "dev_cla", "stat_cla", "unit_of_meas", "sug_dsp_prc", "exp_aft", "ent_cat", "en",
          "frc_upd", "ic", "json_attr_t", "json_attr_tpl", "last_reset_val_tpl", *SHARED}
TOPIC = re.compile(r"homeassistant/device/(?:[a-zA-Z0-9_-]+/)?[a-zA-Z0-9_-]+/config")
TEMPLATE = re.compile(r"\{\{ value_json\.(\w+) \| is_defined \}\}")
TEXTS = {"meter_time", "meter_id", "meter_type", "list_version"}
UNITS = {"w": ("power", "W"), "var": ("reactive_power", "var"), "kwh": ("energy", "kWh"), "kvarh": ("reactive_energy", "kvarh"),
         "a": ("current", "A"), "v": ("voltage", "V"), "hz": ("frequency", "Hz")}

START_MS = 1_770_000_000_000 - 1_770_000_000_000 % 3_600_000 + 3_590_000
ABOUT = "homeassistant", "hamn_240ac4123456", "hamn/240ac4123456", "Electricity meter"
BIRTH = "homeassistant/status"


class Memory:
    """What firmware.announcer keeps, for the functions that work on it."""

    def __init__(self):
        self.about = ABOUT
        self.seen = bytearray(32)
        self.times = array.array("i", bytes(48))
        self.vendor = ""
        self.at = None

    def came(self, reading, now_ms):
        at = "123p".index(reading.list[:1])
        self.times[4 + at:12:4] = self.times[at:8:4]
        self.times[at] = now_ms
        discovery.look(self, reading, at)

    def messages(self):
        return check(list(discovery.messages(self.about, self.vendor, self.seen)))


@pytest.fixture(autouse=True)
def ticks(monkeypatch):
    """MicroPython's clock."""
    for name, function in (("ticks_ms", lambda: 5), ("ticks_add", lambda a, b: a + b), ("ticks_diff", lambda a, b: a - b)):
        monkeypatch.setattr(time, name, function, raising=False)


def once(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), keys
    return dict(pairs)


def check(messages, base="hamn/240ac4123456"):
    """Hold messages, (topic, payload), against the rules; return the components by the key of a reading that they show."""
    components = {}
    topics = [topic.decode() for topic, _ in messages]
    assert len(topics) == len(set(topics))
    unique = []
    for topic, (_, payload) in zip(topics, messages):
        assert TOPIC.fullmatch(topic), topic
        assert len(payload) <= 1536
        message = json.loads(payload, object_pairs_hook=once)
        assert set(message) - SHARED == {"dev", "o", "cmps"}
        assert set(message["dev"]) <= DEVICE and message["dev"]["ids"] == ["hamn_240ac4123456"]
        assert all(isinstance(value, str) and value for key, value in message["dev"].items() if key != "ids")
        assert set(message["o"]) <= ORIGIN and message["o"]["name"] == "Hamn"
        assert (message["avty_t"], message["stat_t"]) == (base + "/status", base + "/reading")
        assert message["cmps"]
        for name, component in message["cmps"].items():
            assert re.fullmatch(r"[a-zA-Z0-9_-]+", name)
            assert set(component) <= SENSOR and component["p"] == "sensor"
            states, units = CLASSES[component["dev_cla"]]
            assert component["stat_cla"] in states and component.get("unit_of_meas") in units
            assert type(component["sug_dsp_prc"]) is int and 0 <= component["sug_dsp_prc"] <= 3
            assert type(component["exp_aft"]) is int and component["exp_aft"] > 0
            assert component["uniq_id"] == "hamn_240ac4123456_" + name
            key = TEMPLATE.fullmatch(component["val_tpl"])[1]
            if not key.startswith("power_factor"):
                assert (component["dev_cla"], component["unit_of_meas"]) == UNITS[key.rpartition("_")[2]]
            unique.append(component["uniq_id"])
            components[key] = component
    assert len(unique) == len(set(unique)) == len(components)
    assert len({component["name"] for component in components.values()}) == len(components)
    return components


def keys(reading):
    return {key for key, _ in reading.customary()} - TEXTS


@pytest.mark.parametrize("name", METERS)
def test_every_meter_is_told_as_it_is_and_by_the_rules(name):
    meter = METERS[name]
    house = meter.house(START_MS)
    reader = Reader()
    memory = Memory()
    latest, pause, sent = {}, {}, set()
    for now_ms, push in meter.due(START_MS):
        if now_ms > START_MS + 130_000:
            break
        for reading in reader.feed(meter.telegram(now_ms, house, push)):
            memory.came(reading, now_ms - START_MS + 1)
            for key in keys(reading):
                if key in latest:
                    pause[key] = max(pause.get(key, 0), now_ms - latest[key])
                latest[key] = now_ms
            sent |= keys(reading)
    known = discovery.learn(memory.seen, memory.times)
    told = memory.messages()
    assert set(told) == sent and "power_import_w" in told
    for key, component in told.items():
        if key in pause:
            assert max(60_000, 3 * pause[key]) <= 1000 * component["exp_aft"] <= 300_000
        else:
            assert not known and component["exp_aft"] > 3 * 3600
    (device,) = {json.dumps(json.loads(payload)["dev"]) for _, payload in discovery.messages(memory.about, memory.vendor, memory.seen)}
    assert json.loads(device)["mdl"] == f"{reader_vendor(meter)} electricity meter"


def reader_vendor(meter):
    """Whose meter it is, as a reader says that has heard all its lists."""
    house = meter.house(START_MS)
    reader = Reader()
    said = ""
    for now_ms, push in meter.due(START_MS):
        if now_ms > START_MS + 30_000:
            return said
        for reading in reader.feed(meter.telegram(now_ms, house, push)):
            said = reading.vendor or said


def test_all_there_is_to_see_obeys_the_rules():
    memory = Memory()
    memory.seen[:24] = b"\xff" * 24
    count = quantities.METER_TIME
    assert set(memory.messages()) == {quantities.customary_name(n)[0] for n in range(count)}
    names = {component["name"] for component in memory.messages().values()}
    assert names >= {"Power import", "Reactive power export L3", "Voltage L1", "Current L2", "Energy import", "Energy export tariff 4",
                     "Energy import L1", "Reactive energy import", "Power factor", "Power factor L2", "Frequency"}


def test_what_was_not_seen_is_not_told():
    assert Memory().messages() == {}


def test_odd_topics_and_names_stay_json():
    memory = Memory()
    memory.seen[0] = 1
    memory.about = "homeassistant", "hamn_240ac4123456", 'a"b\\ü/{{ 1 }}', 'Hus "å"'
    assert set(check(list(discovery.messages(memory.about, "", memory.seen)), 'a"b\\ü/{{ 1 }}')) == {"power_import_w"}


def test_new_ones_are_told_when_things_have_settled():
    meter = METERS["aidon-no"]
    house = meter.house(START_MS)
    reader, memory = Reader(), Memory()
    for now_ms, push in meter.due(START_MS):
        (reading,) = reader.feed(meter.telegram(now_ms, house, push))
        before, memory.at = bytes(memory.seen[:24]), None
        memory.came(reading, now_ms - START_MS + 1)
        assert (memory.at is not None) == (bytes(memory.seen[:24]) != before)
        if memory.at is not None:
            assert memory.at == 5 + 30_000
        if reading.list == "3":
            break
    # A message never lacks what the one before had, and hourly quantities have messages of their own.
    told = list(discovery.messages(memory.about, "", memory.seen))
    registers = [payload for topic, payload in told if b"/energy_import/" in topic]
    assert len(registers) == 1 and b"power" not in registers[0].replace(b"reactive_power", b"power").partition(b'"cmps"')[2]


@pytest.mark.parametrize(("times", "expected"), (
    ([], 19200),                                  # as the hourly registers, until it is known
    ([10, 20], 19200),
    ([10, 20, 30], 75),
    ([10, 20, 44.9], 75),
    ([10, 20, 46], 300),                          # the longer one
    ([10, 20, 30, 3630, 3640], 75),               # the meter was away
    ([10, 20, 30, 70, 110], 300),                 # it changed its mind
    ([10, 20, 30, 70, 110, 120, 130, 140], 300),  # and back: never shorter
    ([60, 120, 180], 300),
    ([10, 310, 610], 1200),
    ([10, 3610, 7210], 19200),
    ([10, 3610, 3620, 7210, 10810], 19200),       # one came twice
    ([10, 86410, 172810], 76800 * 4),
))
def test_the_interval_is_learnt(times, expected):
    memory = Memory()
    memory.seen[0] = 1
    for now in times:
        memory.times[4:12:4] = memory.times[0:8:4]
        memory.times[0] = int(1000 * now)
        known = discovery.learn(memory.seen, memory.times)
        assert known == (times.index(now) > 1)
    (component,) = memory.messages().values()
    assert component["exp_aft"] == expected


class Home:
    """A meter, a dongle and a broker, and somebody who hears everything. heard: (topic, payload, retained)."""

    def __init__(self, folder, meter, **settings):
        self.board = pcboard.PcBoard(folder / "board")
        self.broker = Broker(folder / "broker")
        self.heard = []
        self.said = []
        self._meter, self._settings = meter, settings

    def __enter__(self):
        self.broker.start()
        self.listener = self.listen(self.heard)
        self.meter = run.Meter(self._meter, self.board, 1)
        line = self.meter.wait()
        settings = {"board": "esp32-p1" if line["inverted"] else "esp32-mbus", "wifi_ssid": "PC", "mqtt_host": HOST,
                    "mqtt_port": self.broker.port, **self._settings}
        (self.board.device / "settings.json").write_text(json.dumps(settings))
        self.dongle = self.board.start()
        threading.Thread(target=lambda: self.said.extend(self.dongle.output), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.dongle.stop()
        self.meter.stop()
        self.listener.loop_stop()
        self.broker.stop()
        print(*(line.decode().rstrip() for line in self.said), sep="\n")

    def listen(self, heard):
        ready = threading.Event()
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.on_connect = lambda client, *_: client.subscribe("#")
        client.on_subscribe = lambda *_: ready.set()
        client.on_message = lambda _client, _data, message: heard.append((message.topic, message.payload, message.retain))
        client.reconnect_delay_set(1, 1)
        client.connect(HOST, self.broker.port)
        client.loop_start()
        assert ready.wait(10)
        return client

    def retained(self):
        """The topics and payloads that the broker would tell a new Home Assistant."""
        heard = []
        client = self.listen(heard)
        time.sleep(0.5)
        client.loop_stop()
        return {topic: payload for topic, payload, retained in heard if retained and topic.startswith("homeassistant/")}

    def configs(self):
        return [(topic, payload) for topic, payload, _ in self.heard if topic.startswith("homeassistant/device/")]

    def readings(self):
        return [json.loads(payload) for topic, payload, _ in self.heard if topic.endswith("/reading")]

    def wait(self, condition, seconds):
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < seconds
            assert self.dongle.running()
            time.sleep(0.05)
        return time.monotonic() - began


def test_a_real_broker_has_it_when_home_assistant_comes(tmp_path, micropython32, umqtt):
    with Home(tmp_path / "on", "p1-landis") as home, Home(tmp_path / "off", "p1-landis", ha_prefix="") as off:
        home.wait(home.configs, 60)
        time.sleep(1)
        first = home.retained()
        told = check([(topic.encode(), payload) for topic, payload in first.items()])
        assert set(told) == set(home.readings()[0]) - TEXTS - {"protocol", "vendor", "list", "time"}
        assert {component["exp_aft"] for component in told.values()} == {75}
        count = len(home.configs())
        assert count == len(first)

        # What is no birth is not answered, a birth is: later, and once.
        for payload in (b"offline", b"", b"\xff" * 100, b"online "):
            home.listener.publish(BIRTH, payload)
        for topic in first:
            home.listener.publish(topic, b"", retain=True)
        home.wait(lambda: len(home.configs()) == 2 * count, 10)
        time.sleep(17)
        assert len(home.configs()) == 2 * count
        home.listener.publish(BIRTH, b"online")
        home.wait(lambda: len(home.configs()) == 3 * count, 21)
        assert home.retained() == first

        # A broker that has lost what it retained.
        readings = len(home.readings())
        home.broker.stop()
        time.sleep(2)
        home.broker.start()
        home.wait(lambda: len(home.configs()) == 4 * count, 40)
        time.sleep(0.5)
        assert home.retained() == first
        home.wait(lambda: len(home.readings()) > readings + 1, 30)

        assert len(off.readings()) > 5
        assert not [topic for topic, _, _ in off.heard if topic.startswith("homeassistant")]
    for each in (home, off):
        assert not [line for line in each.said if b" task: " in line or b"no connection: the broker sent" in line]
