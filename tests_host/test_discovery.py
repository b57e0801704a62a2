"""Home Assistant's discovery: what is published obeys its rules for every simulated meter, and is there when it is needed."""

import asyncio
import json
import re
import threading
import time

import paho.mqtt.client as mqtt
import pytest
from rooms import Ticks, room

from han import Reader, quantities
from tools import pcboard, run
from tools.broker import HOST, Broker
from tools.meter.meters import METERS

discovery = room("discovery")
announcer = room("announcer")
room("foretold")  # which it enters

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
    "signal_strength": ({"measurement"}, {"dB", "dBm"}),
    "duration": ({"measurement", "total", "total_increasing"}, {"d", "h", "min", "s", "ms", "µs"}),
    "data_size": ({"measurement", "total", "total_increasing"}, {"B", "kB", "MB", "GB"}),
    None: ({"measurement", "total", "total_increasing", None}, {None}),
}
CATEGORIES = {"diagnostic"}
DEVICE = {"cns", "cu", "ids", "name", "mf", "mdl", "mdl_id", "hw", "sw", "sa", "sn", "via_device"}
ORIGIN = {"name", "sw", "url"}
# Of all options of a device's message those that its components inherit; the base topic `~` is not among them.
SHARED = {"avty", "avty_mode", "avty_t", "avty_tpl", "cmd_t", "e", "pl_avail", "pl_not_avail", "qos", "stat_t"}
SENSOR = {"p", "name", "uniq_id", "def_ent_id", "val_tpl", "dev_cla", "stat_cla", "unit_of_meas", "sug_dsp_prc", "exp_aft", "ent_cat", "en",
          "frc_upd", "ic", "json_attr_t", "json_attr_tpl", "last_reset_val_tpl", *SHARED}
TOPIC = re.compile(r"homeassistant/device/(?:[a-zA-Z0-9_-]+/)?[a-zA-Z0-9_-]+/config")
TEMPLATE = re.compile(r"\{\{ value_json\.(\w+) \| is_defined \}\}")
TEXTS = {"meter_time", "meter_id", "meter_type", "list_version"}
DEVICE_KEYS = {"uptime_s", "free_memory_b", "largest_block_b", "reset_cause", "telegrams", "checksum_errors", "network_losses", "task_restarts",
               "sent", "waiting", "dropped", "rssi_dbm"}
UNITS = {"w": ("power", "W"), "var": ("reactive_power", "var"), "kwh": ("energy", "kWh"), "kvarh": ("reactive_energy", "kvarh"),
         "a": ("current", "A"), "v": ("voltage", "V"), "hz": ("frequency", "Hz")}

START_MS = 1_770_000_000_000 - 1_770_000_000_000 % 3_600_000 + 3_590_000
ABOUT = "homeassistant", "hamn_240ac4123456", "hamn/240ac4123456", "Electricity meter", (0, 0), True
BIRTH = "homeassistant/status"


@pytest.fixture(autouse=True)
def ticks(monkeypatch):
    """MicroPython's clock."""
    return Ticks(monkeypatch)


@pytest.fixture(autouse=True)
def flash(tmp_path, monkeypatch):
    """The dongle's files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(announcer, "let_go", lambda *names: None)
    return tmp_path


class Memory(announcer.Announcer):
    """What it keeps, and what would be told now."""

    def __init__(self, about=ABOUT):
        super().__init__(*about)

    def came(self, reading, ticks, now_ms):
        ticks.now = now_ms
        self.note(reading)

    def messages(self):
        return check(list(discovery.messages(self.about, self.vendor, self.known, self.known)))


class Broker1:
    """Takes what is told: retained is what a broker would keep. A publish fails from the `broken`-th on."""

    def __init__(self):
        self.retained = {}
        self.count = 0
        self.broken = None
        self.subscribed = []

    async def publish(self, topic, payload, retain, qos):
        assert retain is True and qos == 1
        self.count += 1
        if self.broken is not None and self.count >= self.broken:
            raise OSError
        self.retained[topic] = payload

    async def subscribe(self, topic, on_message):
        self.subscribed.append(topic)

    def configs(self):
        return [(topic, payload) for topic, payload in self.retained.items() if payload]


def tell(memory, broker):
    asyncio.run(memory.tell(broker, lambda: None))


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
    devices = set()
    for topic, (_, payload) in zip(topics, messages):
        assert TOPIC.fullmatch(topic), topic
        assert len(payload) <= 1536
        message = json.loads(payload, object_pairs_hook=once)
        assert set(message) - SHARED == {"dev", "o", "cmps"}
        assert set(message["dev"]) <= DEVICE and message["dev"]["ids"] == ["hamn_240ac4123456"]
        assert all(isinstance(value, str) and value for key, value in message["dev"].items() if key != "ids")
        assert set(message["o"]) <= ORIGIN and message["o"]["name"] == "Hamn"
        assert message["avty_t"] == base + "/status" and message["stat_t"].startswith(base + "/")
        group = message["stat_t"][len(base) + 1:]
        assert message["cmps"]
        for name, component in message["cmps"].items():
            assert re.fullmatch(r"[a-zA-Z0-9_-]+", name)
            assert set(component) <= SENSOR and component["p"] == "sensor"
            states, units = CLASSES[component.get("dev_cla")]
            assert component.get("stat_cla") in states and component.get("unit_of_meas") in units
            assert type(component.get("sug_dsp_prc", 0)) is int and 0 <= component.get("sug_dsp_prc", 0) <= 3
            assert type(component["exp_aft"]) is int and component["exp_aft"] > 0
            assert component["uniq_id"] == "hamn_240ac4123456_" + name
            key = TEMPLATE.fullmatch(component["val_tpl"])[1]
            if group == "device":
                assert component["ent_cat"] in CATEGORIES
                devices.add(key)
                continue
            assert group == ("energy" if key.endswith("h") else "power" if key.endswith(("_w", "_var")) else "phases")
            if not key.startswith("power_factor"):
                assert (component["dev_cla"], component["unit_of_meas"]) == UNITS[key.rpartition("_")[2]]
            unique.append(component["uniq_id"])
            components[key] = component
    assert len(unique) == len(set(unique)) == len(components)
    assert len({component["name"] for component in components.values()}) == len(components)
    assert devices == DEVICE_KEYS
    return components


def keys(reading):
    return {key for key, _ in reading.customary()} - TEXTS


@pytest.mark.parametrize("name", METERS)
def test_every_meter_is_told_as_it_is_and_by_the_rules(ticks, name):
    meter = METERS[name]
    house = meter.house(START_MS)
    reader = Reader()
    memory = Memory()
    latest, pause, sent = {}, {}, set()
    for now_ms, push in meter.due(START_MS):
        if now_ms > START_MS + 130_000:
            break
        for reading in reader.feed(meter.telegram(now_ms, house, push)):
            memory.came(reading, ticks, now_ms - START_MS + 1)
            for key in keys(reading):
                if key in latest:
                    pause[key] = max(pause.get(key, 0), now_ms - latest[key])
                latest[key] = now_ms
            sent |= keys(reading)
    known = discovery.learn(memory.known, memory.times)
    told = memory.messages()
    assert set(told) == sent and "power_import_w" in told
    for key, component in told.items():
        if key in pause:
            assert max(60_000, 3 * pause[key]) <= 1000 * component["exp_aft"] <= 300_000
        else:
            assert not known and component["exp_aft"] > 3 * 3600
    messages = discovery.messages(memory.about, memory.vendor, memory.known, memory.known)
    (device,) = {json.dumps(json.loads(payload)["dev"]) for _, payload in messages}
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


def everything():
    memory = Memory()
    memory.known[:24] = b"\xff" * 24
    return memory


def test_all_there_is_to_see_obeys_the_rules():
    memory = everything()
    count = quantities.METER_TIME
    assert set(memory.messages()) == {quantities.customary_name(n)[0] for n in range(count)}
    names = {component["name"] for component in memory.messages().values()}
    assert names >= {"Power import", "Reactive power export L3", "Voltage L1", "Current L2", "Energy import", "Energy export tariff 4",
                     "Energy import L1", "Reactive energy import", "Power factor", "Power factor L2", "Frequency"}
    payloads = b"".join(payload for _, payload in discovery.messages(memory.about, "", memory.known, memory.known))
    for name in (b"Network losses", b"Task restarts", b"Signal strength", b"Largest block"):
        assert b'"name":"%s"' % name in payloads


def test_with_a_cable_there_is_no_signal():
    payloads = [payload for _, payload in discovery.messages(ABOUT[:5] + (False,), "", bytes(28), bytes(28))]
    assert len(payloads) == 3 and not any(b"rssi" in payload for payload in payloads)
    assert all(json.loads(payload)["cmps"] for payload in payloads)


def test_what_was_not_seen_is_not_told():
    assert Memory().messages() == {}


def test_odd_topics_and_names_stay_json():
    memory = Memory(("homeassistant", "hamn_240ac4123456", 'a"b\\ü/{{ 1 }}', 'Hus "å"', (0, 0), True))
    memory.known[0] = 1
    assert set(check(list(discovery.messages(memory.about, "", memory.known, memory.known)), 'a"b\\ü/{{ 1 }}')) == {"power_import_w"}


def test_pauses_between_messages_lengthen_what_values_last():
    memory = Memory(ABOUT[:4] + ((300, 60), True))
    memory.known[:] = everything().known
    memory.known[24:] = b"\1" * 4
    for key, component in memory.messages().items():
        group = 0 if key.endswith(("_w", "_var")) else 2 if key.endswith("h") else 1
        assert component["exp_aft"] == 75 + (900, 180, 0)[group]


def test_new_ones_are_told_when_things_have_settled(ticks):
    meter = METERS["aidon-no"]
    house = meter.house(START_MS)
    reader, memory = Reader(), Memory()
    for now_ms, push in meter.due(START_MS):
        (reading,) = reader.feed(meter.telegram(now_ms, house, push))
        before, memory.at = bytes(memory.known[:24]), None
        memory.came(reading, ticks, now_ms - START_MS + 1)
        assert (memory.at is not None) == (bytes(memory.known[:24]) != before)
        if memory.at is not None:
            assert memory.at == ticks.now + 30_000
        if reading.list == "3":
            break
    # Hourly quantities have messages of their own.
    told = list(discovery.messages(memory.about, "", memory.known, memory.known))
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
    memory.known[0] = 1
    for now in times:
        memory.times[4:12:4] = memory.times[0:8:4]
        memory.times[0] = int(1000 * now)
        known = discovery.learn(memory.known, memory.times)
        assert known == (times.index(now) > 1)
    (component,) = memory.messages().values()
    assert component["exp_aft"] == expected


def heard(memory, ticks, seconds, meter="aidon-no", start_ms=START_MS):
    """Let the memory hear a meter for so long."""
    meter = METERS[meter]
    house = meter.house(start_ms)
    reader = Reader()
    for now_ms, push in meter.due(start_ms):
        if now_ms > start_ms + 1000 * seconds:
            return
        for reading in reader.feed(meter.telegram(now_ms, house, push)):
            memory.came(reading, ticks, ticks.now + 2500)


def test_after_a_restart_everything_is_told_at_once(ticks, flash):
    broker = Broker1()
    memory = Memory()
    heard(memory, ticks, 40)
    tell(memory, broker)
    whole = dict(broker.configs())
    assert b"energy_import_kwh" in b"".join(whole.values()) and broker.subscribed == [b"homeassistant/status"]

    # Another start, another broker: nothing came from the meter so far, and nothing is lacking.
    state = (flash / discovery.FILE).stat()
    again, other = Memory(), Broker1()
    assert again.due()
    tell(again, other)
    assert dict(other.configs()) == whole and not again.due()
    heard(again, ticks, 40)
    tell(again, other)
    assert (flash / discovery.FILE).stat().st_mtime_ns == state.st_mtime_ns  # written only on a change


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[1,2,3]", b'["a","b","00"]', b'["a","b","zz"]', b'["a","b",3]', b"\xff\xfe", b"[" * 300,
                                     b'["a", null, "' + b"00" * 28 + b'"]', b'["a","b","' + b"ff" * 28 + b'"]'])
def test_a_damaged_file_counts_as_none(ticks, flash, content):
    (flash / discovery.FILE).write_bytes(content)
    memory, broker = Memory(), Broker1()
    tell(memory, broker)
    assert check(broker.configs()) == {}
    heard(memory, ticks, 5)
    tell(memory, broker)
    assert "power_import_w" in check(broker.configs())


@pytest.mark.parametrize("prefix", ["", "ha"])
def test_another_prefix_takes_back_what_was_told_under_the_old_one(ticks, flash, prefix):
    broker = Broker1()
    memory = Memory()
    heard(memory, ticks, 40)
    tell(memory, broker)
    count = len(broker.configs())
    assert count > 6
    memory = Memory((prefix,) + ABOUT[1:])
    broker.broken = broker.count + 5  # the session breaks in the middle
    with pytest.raises(OSError):
        tell(memory, broker)
    broker.broken = None
    memory.greeted = False
    tell(memory, broker)
    left = [topic for topic, _ in broker.configs()]
    assert len(left) == (count if prefix else 0) and all(topic.startswith(b"ha/device/") for topic in left)
    assert (flash / discovery.FILE).exists() == bool(prefix)
    assert not memory.due()
    heard(memory, ticks, 10)
    assert prefix or not memory.due()


def test_what_the_meter_no_longer_sends_is_removed_and_not_before(ticks):
    broker = Broker1()
    memory = Memory()
    heard(memory, ticks, 40, "kaifa-no")
    tell(memory, broker)
    before = check(broker.configs())
    assert "voltage_l2_v" in before
    # A meter with one phase takes its place. Nothing is removed before 26 h have passed since the last look, which saw the old meter.
    ((_, reading),) = list_2("kaifa-no-1ph")
    for hour in range(51):
        for _ in range(60):
            memory.came(reading, ticks, ticks.now + 60_000)
        memory.greeted = False
        tell(memory, broker)
        assert set(check(broker.configs())) >= set(before) and not memory.stale
    for _ in range(90):
        memory.came(reading, ticks, ticks.now + 60_000)
    assert memory.stale and memory.due()
    tell(memory, broker)
    removed = {name for _, payload in broker.configs() for name, one in json.loads(payload)["cmps"].items() if one == {"p": "sensor"}}
    emptied = {topic.split(b"/")[3].decode() for topic, payload in broker.retained.items() if not payload}
    gone = {key.rpartition("_")[0] for key in set(before) - keys(reading)}
    assert removed | emptied <= gone and "voltage_l2" in removed and "energy_import" in emptied
    memory.greeted = False
    tell(memory, broker)
    assert set(check(broker.configs())) == keys(reading)


def list_2(name):
    meter = METERS[name]
    house = meter.house(START_MS)
    reader = Reader()
    for now_ms, push in meter.due(START_MS):
        for reading in reader.feed(meter.telegram(now_ms, house, push)):
            if reading.list == "2":
                yield now_ms, reading
                return


def test_silence_is_no_time_of_good_telegrams(ticks):
    memory = Memory()
    ((_, reading),) = list_2("kaifa-no")
    for _ in range(48):
        memory.came(reading, ticks, ticks.now + 3_600_000)
    assert not memory.stale


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
        known = -1
        while len(heard) > known:
            known = len(heard)
            time.sleep(1)
        client.loop_stop()
        return {topic: payload for topic, payload, retained in heard if retained and topic.startswith("homeassistant/")}

    def settled(self):
        """The same, once nothing more comes."""
        told = -1
        while len(self.configs()) > told:
            told = len(self.configs())
            time.sleep(3)
        return self.retained()

    def configs(self):
        return [(topic, payload) for topic, payload, _ in self.heard
                if topic.startswith("homeassistant/device/") and (payload or not re.search("/ledger_(guard|peaks|price|cost|cheapest)/", topic))]

    def readings(self):
        """What came of each reading, all its messages together."""
        found = {}
        for topic, payload, retained in list(self.heard):
            if topic.endswith(("/power", "/phases", "/energy")) and not retained:
                message = json.loads(payload)
                found.setdefault(message["n"], {}).update(message)
        return list(found.values())

    def wait(self, condition, seconds):
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < seconds
            assert self.dongle.running()
            time.sleep(0.05)
        return time.monotonic() - began


def test_a_real_broker_has_it_when_home_assistant_comes(tmp_path, micropython32, umqtt):
    with Home(tmp_path / "on", "p1-landis") as home, Home(tmp_path / "off", "p1-landis", ha_prefix="") as off:
        # The dongle itself at once, the meter when it is known.
        home.wait(home.configs, 60)
        # Until three telegrams have come, as rare as those of other meters.
        home.wait(lambda: any("/power_import/" in topic and b'"exp_aft":75' in payload for topic, payload in home.configs()), 90)
        first = home.settled()
        told = check([(topic.encode(), payload) for topic, payload in first.items() if "/ledger_" not in topic])
        assert {topic.split("/")[3] for topic in first if "/ledger_" in topic} == {"ledger_hour", "ledger_day", "ledger_month"}
        assert set(told) == set(home.readings()[0]) - TEXTS - {"list", "time", "n"}
        assert {component["exp_aft"] for component in told.values()} == {75}
        home.wait(lambda: any(topic.endswith("/device") for topic, _, _ in home.heard), 120)
        said = [json.loads(payload) for topic, payload, _ in home.heard if topic.endswith("/device")]
        assert set(said[0]) == DEVICE_KEYS | {"sessions", "version"}
        before = len(home.configs())
        count = len(first)

        # What is no birth is not answered, a birth is: later, and once.
        for payload in (b"offline", b"", b"\xff" * 100, b"online "):
            home.listener.publish(BIRTH, payload)
        for topic in first:
            home.listener.publish(topic, b"", retain=True)
        home.wait(lambda: len(home.configs()) == before + count, 60)  # emptied by hand
        time.sleep(17)
        assert len(home.configs()) == before + count
        home.listener.publish(BIRTH, b"online")
        home.wait(lambda: len(home.configs()) == before + 2 * count, 60)
        home.wait(lambda: home.retained() == first, 30)

        # A broker that has lost what it retained.
        readings = len(home.readings())
        home.broker.stop()
        time.sleep(2)
        home.broker.start()
        home.wait(lambda: len(home.configs()) >= before + 3 * count, 90)
        home.wait(lambda: home.retained() == first, 30)
        home.wait(lambda: len(home.readings()) > readings + 1, 60)

        assert len(off.readings()) > 5
        assert not [topic for topic, _, _ in off.heard if topic.startswith("homeassistant")]
    for each in (home, off):
        assert not [line for line in each.said if b" task: " in line or b"no connection: the broker sent" in line]
