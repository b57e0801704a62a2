"""Tariff, guard and prices on the PC board, with a real broker and a meter whose hour ends."""

import json
import threading
import time

import paho.mqtt.client as mqtt
import pytest

from tools import run

START = "2026-01-14T17:59:15"
PRICES = {"start": "2026-01-14T00:00:00+01:00", "step_min": 60, "currency": "SEK", "prices": ["%d.5" % hour for hour in range(24)]}


class Dongle:
    """A dongle, its meter and somebody who listens at the broker. said: lines of the console; heard: (topic below T, payload)."""

    def __init__(self, board, broker, **settings):
        self.board, self.said, self.heard = board, [], []
        self.listener = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.listener.on_connect = lambda client, *_: client.subscribe(f"{run.TOPIC}/#", 1)
        self.listener.on_message = lambda _client, _data, message: self.heard.append((message.topic.rpartition("/")[2], message.payload))
        self.listener.connect("127.0.0.1", broker.port)
        self.listener.loop_start()
        self.meter = run.Meter("p1-landis", board, 1, START)
        self.meter.wait()
        values = {"board": "esp32-p1", "wifi_ssid": "PC", "wifi_password": "not needed", "mqtt_host": "127.0.0.1", "mqtt_port": broker.port,
                  "ha_prefix": "", **settings}
        (board.device / "settings.json").write_text(json.dumps(values))
        self.child = board.start()
        self.reader = threading.Thread(target=lambda: self.said.extend(self.child.output), daemon=True)
        self.reader.start()

    def last(self, name):
        found = [json.loads(payload) for topic, payload in self.heard if topic == name]
        return found[-1] if found else {}

    def wait(self, condition, seconds, what):
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.child.running() and time.monotonic() < deadline, (what, self.said[-20:], self.heard[-5:])
            time.sleep(0.1)

    def console(self, words):
        return any(words.encode() in line for line in self.said)

    def output(self):
        return self.board.output.read_text() if self.board.output.exists() else None

    def stop(self):
        self.child.stop()
        self.reader.join(3)
        self.meter.stop()
        self.listener.loop_stop()


@pytest.fixture
def house(pc_board, broker):
    dongle = Dongle(pc_board, broker, tariff="ellevio", limit_w=20, guard_output="alarm", price_topic="market/prices", fuse_a=16)
    yield dongle
    dongle.stop()


def test_an_hour_with_everything(house):
    publish = house.listener.publish
    publish("market/prices", json.dumps(PRICES), 1, True)
    assert house.output() in (None, "26 0")
    house.wait(lambda: house.last("guard").get("fuse") == "clear", 30, "the guard says how it stands")
    house.wait(lambda: house.console("prices: known up to 2026-01-14T23:00:00Z"), 50, "prices are taken")
    # What no one can read ends nothing.
    for rubbish in (b"", b"rubbish", b"{" * 3000, bytes(range(256)) * 100, b'{"prices":[' + b"1," * 12000):
        publish("market/prices", rubbish, 1)
    house.wait(lambda: house.last("cost").get("hour_cost", 0) > 0 and house.last("peaks"), 90, "the hour is counted")
    cost, peaks = house.last("cost"), house.last("peaks")
    # 17:59:15 to 18:00 at 18.5 kr, in Sweden the hour from 18 on; 19.5 kr from then on.
    assert cost["currency"] == "SEK" and cost["price"] == 19.5 and cost["known_until"] == "2026-01-14T23:00:00Z"
    assert peaks["tariff"] == "Ellevio" and peaks["month"] == "2026-01" and not peaks["peaks"], "an hour that was missed is no peak"
    house.wait(lambda: house.last("guard").get("interval") == "alarm", 90, "the guard warns")
    assert house.output() == "26 1" and house.last("guard")["output"] == "on" and house.last("guard")["limit_w"] == 20
    assert house.console("prices: these are refused: this is not a JSON object") and house.console("three days of prices")
    assert not house.console(" task: ") and not house.console("no connection")
    assert {path.name for path in (house.board.device / "ledger").iterdir()} >= {"peaks", "terms", "costs", "prices", "capacity.json", "prices.json"}
    assert json.loads((house.board.device / "ledger/prices.json").read_text())["price"] == 19.5


def test_a_message_that_is_too_large_is_not_asked_for_again(pc_board, broker):
    dongle = Dongle(pc_board, broker, price_topic="market/prices")
    try:
        dongle.listener.publish("market/prices", b"x" * 50_000, 1, True)
        dongle.wait(lambda: dongle.console("more than 32768 bytes"), 40, "it is told")
        dongle.wait(lambda: dongle.said[-1].endswith(b"connected to the broker\n") or dongle.console("reading"), 20, "it goes on")
        count = len([1 for topic, _ in dongle.heard if topic == "power"])
        dongle.wait(lambda: len([1 for topic, _ in dongle.heard if topic == "power"]) > count + 2, 60, "readings go on")
        assert len([line for line in dongle.said if b"mqtt: connected" in line]) == 2
    finally:
        dongle.stop()


