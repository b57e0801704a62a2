"""The whole firmware through what happens in a house: the broker gone, the Wi-Fi gone, rubbish on the meter's line.

The simulated meter talks at true pace; its own account says what the parser should have seen.
"""

import json
import re
import shutil
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from tools.broker import HOST, Broker
from tools.pcboard import CHIP_ID
from tools.process import Child
from tools.runtime import ROOT

CUT_S = 20
# Longer than the pauses between tries have become after CUT_S, plus all deadlines on the way.
BACK_S = 45
# What the UART's buffer on the chip is made to survive (firmware/meter_port.py).
STALL_MS = 1500
QUEUE = 8  # readings that an outage leaves waiting (firmware/uplink.py)
WATCH = Path(__file__).parent / "mp_outage.py"
NUMBERS = re.compile(r"watch (\d+) (\d+) B free.*; (\d+) telegrams, (\d+) checksum errors; (\d+) sent, (\d+) dropped; "
                     r"(\d+) network losses, (\d+) task restarts")
WORDS = ("stall_ms", "free", "telegrams", "checksum_errors", "sent", "dropped", "losses", "restarts")


class House:
    """A meter, a dongle, a broker and somebody who listens. `readings`: (time of arrival, message); `said`: (time, line)."""

    def __init__(self, board, folder):
        self.board = board
        self.broker = Broker(folder)
        self.readings = []
        self.said = []
        self.meter = self.dongle = None
        self._totals = folder / "totals.json"
        self._log = folder / "meter.log"

    def __enter__(self):
        self.broker.start()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(f"hamn/{CHIP_ID}/reading")
        self._client.on_message = lambda _client, _data, message: self.readings.append((time.monotonic(), json.loads(message.payload)))
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(HOST, self.broker.port)
        self._client.loop_start()
        return self

    def __exit__(self, *_):
        for child in (self.meter, self.dongle):
            if child is not None:
                child.stop()
        self._client.loop_stop()
        self.broker.stop()
        print(*(text for _, text in self.said), sep="\n")

    def plug_in(self, *faults):
        """Start the meter: silent for 5 s, so that the dongle is there first; a full hour after 30 s."""
        argv = [sys.executable, "-m", "tools.meter", "aidon-no", "--pty", self.board.uart, "--line", self.board.line, "--totals", self._totals,
                "--start", "2026-02-02T02:59:30", "--silence", "0:5", *faults]
        with self._log.open("wb") as log:
            self.meter = Child([str(word) for word in argv], log=log, cwd=ROOT)
        self.wait(self.board.uart.exists, 10, "the meter does not start")

    def unplug(self):
        """End the meter; return its account."""
        self.meter.stop()
        return json.loads(self._totals.read_text())

    def switch_on(self):
        """Start the firmware, with the watch beside it."""
        device = self.board.device
        (device / "settings.json").write_text(json.dumps(
            {"board": "esp32-mbus", "wifi_ssid": "PC", "mqtt_host": HOST, "mqtt_port": self.broker.port}))
        (device / "main.py").rename(device / "main_shipped.py")
        shutil.copyfile(WATCH, device / "main.py")
        self.dongle = self.board.start()
        threading.Thread(target=self._listen, args=(self.dongle.output,), daemon=True).start()

    def _listen(self, output):
        for raw in output:
            self.said.append((time.monotonic(), raw.decode().rstrip()))

    def wait(self, condition, seconds, what):
        """Return how long it took; fail when that is longer than `seconds`, or the dongle ends."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < seconds, what
            assert self.dongle is None or self.dongle.running(), "the dongle's program has ended"
            time.sleep(0.02)
        return time.monotonic() - began

    def heard(self, words, since=0.0):
        """Whether the console has said so since then."""
        return any(words in text for when, text in self.said if when >= since)

    def counts(self):
        """The firmware's own figures of the last second."""
        found = [match for _, text in self.said if (match := NUMBERS.match(text))]
        return dict(zip(WORDS, map(int, found[-1].groups()))) if found else dict.fromkeys(WORDS, 0)

    def cut(self, do, words):
        """Cut something with do() for CUT_S; the console must say `words`. Nothing arrives meanwhile, the parser goes on."""
        self.wait(lambda: len(self.readings) >= 2, 30, "no readings")
        before = self.counts()["telegrams"]
        do()
        began = time.monotonic()
        self.wait(lambda: self.heard(words, began), CUT_S / 2, "nothing is said about it")
        time.sleep(CUT_S - (time.monotonic() - began))
        assert self.counts()["telegrams"] >= before + 6
        assert not self.heard("mqtt: connected", began)
        assert not [when for when, _ in self.readings if when > began + 2]

    def mend(self, do):
        """Mend it with do(), see that readings come again, end the meter; return its account and the figures of the dongle."""
        do()
        back = time.monotonic()
        took = self.wait(lambda: self.heard("mqtt: connected", back), BACK_S, "it does not come back")
        print(f"after a cut of {CUT_S} s, connected to the broker again within {took:.1f} s")
        arrived = len(self.readings)
        self.wait(lambda: len(self.readings) > arrived + QUEUE + 2, 60, "publishing does not resume")
        sent = self.unplug()
        self.wait(lambda: self.counts()["telegrams"] >= sent["telegrams"], 5, "the parser misses telegrams")
        self.wait(lambda: self.counts()["sent"] + self.counts()["dropped"] >= sent["telegrams"], 5, "readings got lost on the way")
        counts = self.counts()
        print(f"the meter sent {sent}; the dongle says {counts}")
        return sent, counts


@pytest.fixture
def house(pc_board, tmp_path):
    with House(pc_board, tmp_path / "house") as running:
        yield running


def check(house, sent, counts):
    """Nothing was missed and nothing was held up, whatever was cut."""
    assert sent["dropped"] == sent["damaged"] == 0
    assert counts["telegrams"] == sent["telegrams"] == counts["sent"] + counts["dropped"]
    assert counts["checksum_errors"] == counts["restarts"] == 0
    assert counts["stall_ms"] < STALL_MS
    times = [message["time"] for _, message in house.readings if "time" in message]
    assert times == sorted(times), "readings come in order"


def test_the_broker_goes_and_comes_back(house):
    house.plug_in()
    house.switch_on()
    house.cut(house.broker.stop, "mqtt: no connection: the broker refused the connection")
    sent, counts = house.mend(house.broker.start)
    check(house, sent, counts)
    assert counts["losses"] == 0


def test_the_wifi_goes_and_comes_back(house):
    house.plug_in()
    house.switch_on()
    house.cut(house.board.no_network.touch, "link: lost")
    sent, counts = house.mend(house.board.no_network.unlink)
    check(house, sent, counts)
    assert counts["losses"] == 1


def test_rubbish_on_the_line(house):
    house.plug_in("--noise", "0.01")
    house.switch_on()
    told = ("meter: telegrams come damaged", "meter: bytes come, but nothing in them is a telegram")
    house.wait(lambda: any(map(house.heard, told)), 60, "nothing is said about it")
    sent = house.unplug()
    counts = house.counts()
    print(f"the meter sent {sent}; the dongle says {counts}")
    assert sent["damaged"] > sent["telegrams"]
    assert counts["telegrams"] <= sent["telegrams"], "no damaged frame is taken for a good one"
    assert len(house.readings) <= sent["telegrams"]

    house.plug_in()
    mended = time.monotonic()
    took = house.wait(lambda: house.heard("meter: good telegrams", mended), 90, "good telegrams are not found again")
    print(f"good telegrams again after {took:.1f} s")
    arrived = len(house.readings)
    house.wait(lambda: len(house.readings) >= arrived + 2, 30, "publishing does not resume")
    counts = house.counts()
    assert counts["restarts"] == counts["losses"] == 0
    assert counts["stall_ms"] < STALL_MS
