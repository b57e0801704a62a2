"""What Home Assistant is told of the ledger: obeys its rules, and every template finds its value in a real message."""

import json
import re

import jinja2
import pytest
from rooms import room
from test_discovery import CLASSES, DEVICE, ORIGIN, SENSOR, TOPIC

from tools import runtime

foretold, standing, usage = (room(name) for name in ("foretold", "standing", "usage"))
ABOUT = "homeassistant", "hamn_240ac4123456", "hamn/240ac4123456", "Electricity meter", (0, 0), True
# sensor/const.py, binary_sensor/__init__.py, mqtt/abbreviations.py
KINDS = {
    "sensor": (SENSOR | {"ops"}, {**CLASSES, "monetary": ({"total"}, {"NOK", "SEK"}), "timestamp": (set(), {None}), "enum": (set(), {None}),
                                  None: (CLASSES[None][0], {None, "NOK/kWh", "SEK/kWh"})}),
    "binary_sensor": ((SENSOR - {"stat_cla", "unit_of_meas", "sug_dsp_prc", "last_reset_val_tpl"}) | {"pl_on", "pl_off"}, {"problem": None, None: None}),
}


@pytest.fixture(autouse=True)
def flash(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger/capacity.json").write_text('{"currency":"NOK","x":1}')
    (tmp_path / "ledger/prices.json").write_text('{"currency":"SEK","x":1}')
    return tmp_path


def told(parts):
    """{(word of the topic, key): component}, after a look at each message's rules."""
    found = {}
    names = set()
    for topic, payload in foretold.messages((*ABOUT, parts), "Aidon"):
        assert TOPIC.fullmatch(topic.decode())
        if not payload:
            continue
        assert len(payload) <= 1536
        message = json.loads(payload)
        assert set(message["dev"]) <= DEVICE and set(message["o"]) <= ORIGIN and message["dev"]["ids"] == [ABOUT[1]]
        assert message["avty_t"] == ABOUT[2] + "/status"
        for key, component in message["cmps"].items():
            allowed, classes = KINDS[component["p"]]
            assert set(component) <= allowed and component["uniq_id"] == f"{ABOUT[1]}_{key}"
            device_class, state_class = component.get("dev_cla"), component.get("stat_cla")
            if component["p"] == "sensor":
                states, units = classes[device_class]
                assert state_class is None or state_class in states
                assert component.get("unit_of_meas") in units
                assert ("ops" in component) == (device_class == "enum")
            else:
                assert device_class in classes
            assert component["name"] not in names and component["name"][0].isupper()
            names.add(component["name"])
            found[message["stat_t"].removeprefix(ABOUT[2] + "/"), key] = component
    return found


def keys(components, topic):
    return {key for (where, _), component in components.items() if where == topic for key in re.findall(r"value_json\.(\w+)", component["val_tpl"])}


def test_each_part_is_told_when_it_is_there():
    assert {topic for topic, _ in told("u")} == {"usage"} and len(told("u")) == 14
    assert {key for topic, key in told("ug") if topic == "guard"} == {"interval_alarm", "interval_level"}
    assert {key for topic, key in told("ugfo") if topic == "guard"} == {"interval_alarm", "interval_level", "fuse_alarm", "fuse_level", "output"}
    assert {topic for topic, _ in told("upc")} == {"usage", "peaks", "cost"}
    assert not told("") and len(list(foretold.topics("homeassistant", ABOUT[1]))) == 8


def test_money_waits_for_its_currency(flash):
    assert told("pc")["peaks", "capacity_fee"]["unit_of_meas"] == "NOK" and told("pc")["cost", "price"]["unit_of_meas"] == "SEK/kWh"
    (flash / "ledger/prices.json").write_text('{"currency":"","x":1}')
    (flash / "ledger/capacity.json").unlink()
    assert ("peaks", "capacity_fee") not in told("pc") and ("cost", "price") not in told("pc")
    assert ("peaks", "month_peak") in told("pc") and ("cost", "cheapest_1h") in told("pc")


class Keeper:
    limit = 4000
    span = 3600
    channel = 0
    class ledger:
        time = 1000
        last = (5, 1, 100, 0, 0, 0)
        so_far = expected = since = staticmethod(lambda *_: 1234)


class Guard:
    levels = [2, 0]
    pin = active = True
    limit = staticmethod(lambda keeper: 4000)


def test_the_templates_find_their_values():
    said = {}
    keeper = Keeper()
    keeper.uplink = keeper.log = keeper.clock = keeper
    keeper.topic, keeper.iso_utc, keeper.line = "T", lambda: "2026-01-31T10:00:00Z", lambda *_: None
    keeper.put = lambda topic, payload, retain: said.update({topic.decode()[2:]: json.loads(payload)})
    standing.guard(keeper, Guard())
    said["usage"] = json.loads(usage.message(keeper))
    said["peaks"] = json.loads(standing._peaks(keeper, ("NOK", "Elvia", 2026, 1, 3600, 4000, 25000000, 5000, 42000000, 1, 1, 0, [])) + "}")
    said["cost"] = json.loads(standing._cost(keeper, ("SEK", (100000, -50), [(1, 2)] * 5, 0, 900, [(1, 0), (3, 0), (6, 0)])) + "}")
    components = told("ugfopc")
    for topic in ("usage", "guard", "peaks", "cost"):
        assert keys(components, topic) and keys(components, topic) <= set(said[topic]), topic
    assert set(json.loads('["clear","warning","alarm"]')) == set(components["guard", "interval_level"]["ops"])
    assert said["guard"]["interval"] in components["guard", "interval_level"]["ops"] and said["guard"]["output"] == components["guard", "output"]["pl_on"]
    assert said["usage"]["last_hour_quality"] in components["usage", "last_hour_quality"]["ops"]
    assert components["peaks", "month_peak"]["json_attr_t"] == ABOUT[2] + "/peaks"


def test_templates_are_those_of_jinja():
    """As Home Assistant renders them: null and what is absent are None, which is unknown there."""
    environment = jinja2.Environment()
    components = told("ugfopc")

    def state(topic, key, value):
        return environment.from_string(components[topic, key]["val_tpl"]).render(value_json=value)

    assert [state("guard", "interval_alarm", {"interval": word}) for word in ("alarm", "warning", "clear", None)] == ["ON", "OFF", "OFF", "None"]
    assert state("guard", "fuse_level", {"fuse": None}) == "None" and state("peaks", "limit", {}) == "None"


def test_the_readme_says_so():
    text = (runtime.ROOT / "README.md").read_text()
    for key in ("interval", "fuse", "limit_w", "unpriced_kwh", "cheapest_1h"):
        assert f"`{key}`" in text or f'"{key}"' in text
