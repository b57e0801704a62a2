"""A house for outages: a simulated meter, the whole firmware in the chip's heap, a proxy that misbehaves, a broker, a subscriber.

Every part writes into its folder; what arrived is kept with the time of its arrival. All times are monotonic seconds.
"""

import contextlib
import json
import shutil
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt

from tools import pcboard, runtime
from tools.broker import HOST, Broker
from tools.meter import clock
from tools.meter.meters import METERS
from tools.meter.talk import Faults
from tools.process import Child
from tools.outages.proxy import Proxy
from tools.router import Router

NAME = "broker.lan"  # the router knows it
TOPIC = f"hamn/{pcboard.CHIP_ID}"
_WORDS = ("stall_ms", "free", "telegrams", "checksum_errors", "sent", "dropped", "sessions", "losses", "restarts")
# The meter waits so long (s) before it talks: the dongle is there first, and hears every telegram.
QUIET_S = 5
_START_SECONDS = 20
_PUSH_SECONDS = 15
# A meter on the M-Bus needs that adapter.
_BOARDS = {True: "esp32-p1", False: "esp32-mbus"}


class HouseError(RuntimeError):
    """What should have happened did not, within its time; the message says what."""


class Sent:
    """A telegram that left the meter whole. Attributes: list, at (monotonic s), wall (s since 1970), truth (a dict)."""

    def __init__(self, name, at_ns, wall_ns, truth):
        self.list = name
        self.at = at_ns / 1e9
        self.wall = wall_ns / 1e9
        self.truth = truth


class House:
    """The parts: broker, proxy, board, meter, dongle. messages: (arrival, topic below TOPIC, text); said: (time, line).

    watch: the program in main.py's place. meter: a name of METERS; start: its clock, ISO; faults: further arguments of tools.meter;
    settings: beside those of every house.
    """

    watch = Path(__file__).with_name("watch.py")

    def __init__(self, folder, meter="aidon-no", start="2026-02-02T03:00:01", faults=(), settings=None, broker=None, heap="112k"):
        """Prepare the folder and stage the firmware. Raises RuntimeMissing, StageError."""
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.broker = broker or Broker(self.folder / "broker")
        self.proxy = Proxy(self.broker.port)
        self.router = Router({NAME: HOST})
        self.board = pcboard.PcBoard(self.folder / "board", heap=heap)
        self.board.router = self.router
        self.board.clear()
        self.board.no_network.unlink(missing_ok=True)
        self.meter_name = meter
        self.start = start
        self.faults = ["--silence", f"0:{QUIET_S}", *map(str, faults)]
        self.settings = settings or {}
        self.messages = []
        self.said = []
        self.figures = []  # of the watch, dicts, a list for each run of the dongle
        self.meter = self.dongle = None
        self._stamps = self.folder / "stamps"
        self._totals = self.folder / "totals.json"
        self._subscribed = threading.Event()

    def __enter__(self):
        self.broker.start()
        self.proxy.__enter__()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{TOPIC}/#", 1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_disconnect = lambda *_: self._subscribed.clear()
        self._client.on_message = lambda _client, _data, message: self._receive(message)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(HOST, self.broker.port)
        self._client.loop_start()
        self.listening()
        return self

    def __exit__(self, *_):
        for child in (self.meter, self.dongle):
            if child is not None:
                child.stop()
        self._client.loop_stop()
        self.proxy.__exit__()
        self.router.close()
        self.broker.stop()
        (self.folder / "console.log").write_text("".join(f"{when:.3f} {text}\n" for when, text in self.said))
        (self.folder / "watch.log").write_text("".join(f"{each}\n" for figures in self.figures for each in figures))
        (self.folder / "messages.log").write_text("".join(f"{when:.3f} {topic} {text}\n" for when, topic, text in self.messages))

    def listening(self):
        """Wait until the subscriber is there: what the broker passes on before, it misses."""
        if not self._subscribed.wait(_START_SECONDS):
            raise HouseError("the subscriber cannot reach the broker")

    def start_broker(self):
        """Start it, and wait for the subscriber."""
        self.broker.start()
        self.listening()

    def restart_broker(self):
        """End it and start it with its present settings."""
        self.broker.stop()
        self.wait(lambda: not self._subscribed.is_set(), _START_SECONDS, "the subscriber does not notice the broker's end")
        self.start_broker()

    def _receive(self, message):
        text = message.payload.decode("utf-8", "replace")
        # A retained message that the broker hands to a new subscriber is an old one.
        if not message.retain:
            self.messages.append((time.monotonic(), message.topic[len(TOPIC) + 1 :], text))

    def plug_in(self):
        """Start the meter; it is silent for QUIET_S."""
        for path in (self._stamps, self._totals, self.board.line):
            path.unlink(missing_ok=True)
        argv = [sys.executable, "-m", "tools.meter", self.meter_name, "--pty", self.board.uart, "--line", self.board.line,
                "--totals", self._totals, "--stamps", self._stamps, "--start", self.start, *self.faults]
        with (self.folder / "meter.log").open("wb") as log:
            self.meter = Child([str(word) for word in argv], log=log, cwd=runtime.ROOT)
        self.wait(lambda: self.board.uart.exists() and self.board.line.exists(), _START_SECONDS, "the meter does not start")

    def unplug(self):
        """End the meter between two telegrams; return its account, as tools.meter --totals writes it."""
        before = len(self.stamps())
        with contextlib.suppress(HouseError):  # every telegram may be damaged
            self.wait(lambda: len(self.stamps()) > before, _PUSH_SECONDS, "")
        self.meter.stop()
        return json.loads(self._totals.read_text())

    def stamps(self):
        """[list, monotonic ns, wall time in ns] of each telegram that has left the meter so far."""
        try:
            *lines, _ = self._stamps.read_text().split("\n")  # the last one may be half-written
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]

    def sent(self):
        """The same with what was in them, as a list of Sent."""
        meter, start_ms = METERS[self.meter_name], clock.parse(self.start)
        silences = [self.faults[at + 1].split(":") for at, word in enumerate(self.faults) if word == "--silence"]
        faults = Faults(silences=[(float(begin), float(length)) for begin, length in silences])
        house = meter.house(start_ms)
        due = (each for each in meter.due(start_ms) if not faults.silent(each[0] - start_ms))
        sent = []
        for (name, at, wall), (now_ms, planned) in zip(self.stamps(), due):
            if name != planned:
                raise HouseError(f"the meter sent list {name} where list {planned} was due")
            sent.append(Sent(name, at, wall, meter.truth(now_ms, house, name)))
        return sent

    def configure(self, **settings):
        """Write the settings that the next start of the dongle reads."""
        fast = METERS[self.meter_name].line.inverted
        (self.board.device / "settings.json").write_text(json.dumps(
            {"board": _BOARDS[fast], "wifi_ssid": "PC", "mqtt_host": NAME, "mqtt_port": self.proxy.port, **self.settings, **settings}))

    def switch_on(self):
        """Start the firmware, with the watch beside it."""
        shipped = self.board.device / "main_shipped.py"
        if not shipped.exists():
            (self.board.device / "main.py").rename(shipped)
            shutil.copyfile(self.watch, self.board.device / "main.py")
            shutil.copy(Path(__file__).with_name("watching.py"), self.board.device)
        self.figures.append([])
        self.dongle = self.board.start()
        threading.Thread(target=self._listen, args=(self.dongle.output,), daemon=True).start()

    def cut_power(self):
        """Off, without a last word."""
        self.dongle.process.kill()
        self.dongle.stop()

    def _listen(self, output):
        for raw in output:
            text = raw.decode("utf-8", "replace").rstrip()
            if text.startswith("watch "):
                self.figures[-1].append(dict(zip(_WORDS, map(int, text.split()[1:]))))
            else:
                self.said.append((time.monotonic(), text))

    def wait(self, condition, seconds, what, pause=0.05):
        """Return how long it took; HouseError when that is longer than `seconds`, or the dongle ends. pause: s between two looks."""
        began = time.monotonic()
        while not condition():
            if time.monotonic() - began > seconds:
                raise HouseError(what)
            if self.dongle is not None and not self.dongle.running():
                raise HouseError("the dongle's program has ended: " + " ".join(text for _, text in self.said[-3:]))
            time.sleep(pause)
        return time.monotonic() - began

    def heard(self, words, since=0.0):
        """Whether the console has said so since then."""
        return any(words in text for when, text in self.said if when >= since)

    def counts(self):
        """The firmware's own figures: the longest stall and the lowest free heap so far, sums of the others over all its runs."""
        ran = [figures for figures in self.figures if figures]
        if not ran:
            return dict.fromkeys(_WORDS, 0)
        return {**{word: sum(figures[-1][word] for figures in ran) for word in _WORDS},
                "stall_ms": max(figures[-1]["stall_ms"] for figures in ran),
                "free": min(each["free"] for figures in ran for each in figures)}

    def received(self, topic):
        """How many messages of that topic have arrived."""
        return sum(each == topic for _, each, _ in self.messages)

    def live(self, since):
        """The arrival of the first message about a reading that left the meter after `since`; None when there is none."""
        before = sum(at <= since * 1e9 for _, at, _ in self.stamps())
        for arrival, topic, text in self.messages:
            if topic == "power" and arrival > since and json.loads(text)["n"] > before:
                return arrival
        return None

