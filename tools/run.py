"""See a dongle work on this PC: a simulated meter, the firmware under real MicroPython, a broker, and what a subscriber receives.

    python -m tools.run --meter aidon-no --seconds 40

Exit status: 0 when readings arrived, 1 when none did or a part could not be started, 2 on bad usage.
"""

import argparse
import contextlib
import fcntl
import json
import os
import re
import signal
import sys
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

import paho.mqtt.client as mqtt

from tools import pcboard, runtime, show
from tools.broker import HOST, Broker, BrokerError
from tools.meter import clock
from tools.meter.meters import DEFAULT, METERS
from tools.process import Child
from tools.stage import StageError

TOPIC = f"hamn/{pcboard.CHIP_ID}"
PAGE = 8080  # of the dongle's page
_METER_SECONDS = 15
_RESTART_SECONDS = 1  # a chip's start-up
_TICK_SECONDS = 0.1
# It starts in the evening, when the house draws power, shortly before a full hour: one is seen to end.
_EVENING = "%Y-%m-%dT17:59:35"
# The topics that a reading is spread over, and for how long its messages are waited for.
_GROUPS = ("power", "phases", "energy", "meter")
_TOGETHER_SECONDS = 0.3


class RunError(RuntimeError):
    """A part could not be started; the message says which and why."""


class Screen:
    """Lines on the terminal, each with the name of its speaker; whole lines, whoever writes."""

    def __init__(self):
        self._lock = threading.Lock()

    def line(self, speaker, text):
        """Print one line."""
        with self._lock, contextlib.suppress(BrokenPipeError):
            print(f"{speaker:7}| {text}" if speaker else text, flush=True)


def _identity(values):
    """What tells the reading of a message from others; after a restart, numbers begin anew."""
    return values.get("n"), values.get("time"), values.get("meter_time")


class Subscriber:
    """Shows what arrives at the broker under TOPIC: the messages of a reading as one line, hours and the rest as they come.

    Attributes: readings (count), first (monotonic time of the first).
    """

    def __init__(self, port, screen):
        """Connect; OSError when the broker is not there."""
        self.readings = 0
        self.first = None
        self._screen = screen
        self._numbers = set()  # of the readings that came: with QoS 1 a message may come twice
        self._values = {}  # of the reading whose messages are coming
        self._timer = None
        self._lock = threading.Lock()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{TOPIC}/#", 1)
        self._client.on_message = lambda _client, _data, message: self._receive(message)
        self._client.connect(HOST, port)
        self._client.loop_start()

    def _receive(self, message):
        name = message.topic[len(TOPIC) + 1 :]
        text = message.payload.decode("utf-8", "replace")
        if name == "status":
            self._screen.line("broker", f"{name}: {text}")
            return
        try:
            values = show.message(text)
        except ValueError as error:
            self._screen.line("broker", f"{name}: this is no message ({error}): {text}")
            return
        with self._lock:
            if name not in _GROUPS:
                self._flush()
                self._screen.line("broker", f"{name}: {show.pairs(values)}")
                return
            if self._values and _identity(values) != _identity(self._values):
                self._flush()
            self._values.update(values)
            if self._timer is None:
                self._timer = threading.Timer(_TOGETHER_SECONDS, self._late)
                self._timer.start()

    def _late(self):
        with self._lock:
            self._flush()

    def _flush(self):
        """Show the reading whose messages came."""
        values, self._values = self._values, {}
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not values or _identity(values) in self._numbers:
            return
        self._numbers.add(_identity(values))
        self.readings += 1
        self._screen.line("broker", f"reading {self.readings}: {show.summary(values)}")
        if self.first is None:
            self.first = time.monotonic()
            self._screen.line("", "\n".join(["All that came with it:", *show.table(values)]))

    def stop(self):
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()
        self._late()


class Dongle:
    """The firmware on its PC board, restarted as the chip would restart."""

    def __init__(self, board, screen):
        self.heap = None  # the last console line about memory
        self._board = board
        self._screen = screen
        self._child = None
        self._reader = None
        self._again = None

    def start(self, cause=pcboard.POWER_ON):
        """Switch it on."""
        self._child = self._board.start(cause)
        self._reader = threading.Thread(target=self._read, args=(self._child.output,), daemon=True)
        self._reader.start()

    def _read(self, output):
        for raw in output:
            text = raw.decode("utf-8", "replace").rstrip()
            if re.search(r"\d B free\b", text):
                self.heap = text
            self._screen.line("dongle", text)

    def tend(self):
        """To be called often: restart it when it ended; False when the chip would now sit at its prompt."""
        if self._again is not None:
            cause, due = self._again
            if time.monotonic() >= due:
                self._again = None
                self.start(cause)
            return True
        if self._child.running():
            return True
        self._reader.join(1)
        status = self._child.stop()
        cause = pcboard.restart_cause(status)
        if cause is None:
            self._screen.line("dongle", f"(the program ended with status {status}; a chip would sit at its prompt now)")
            return False
        word = {pcboard.WATCHDOG: "the watchdog was not fed", pcboard.RESET: "reset"}.get(cause, "soft reset")
        self._screen.line("dongle", f"({word}: it starts again)")
        self._again = cause, time.monotonic() + _RESTART_SECONDS
        return True

    def stop(self):
        """Switch it off."""
        if self._child is not None:
            if self._child.running():
                self._child.process.terminate()
            self._reader.join(1)
            self._child.stop()


class Meter:
    """A simulated meter on the board's UART. start: ISO time in UTC that its clock and the board's show then; None: as it is."""

    def __init__(self, name, board, seed, start=None):
        self.totals = board.folder / "totals.json"
        self._board = board
        argv = [sys.executable, "-m", "tools.meter", name, "--pty", str(board.uart), "--line", str(board.line), "--totals", str(self.totals)]
        if start:
            argv += ["--start", start]
        self._log = board.folder / "meter.log"
        for path in (self.totals, board.line):
            path.unlink(missing_ok=True)
        with self._log.open("wb") as log:
            self._child = Child([*argv, "--seed", str(seed)], log=log, cwd=runtime.ROOT)
        board.time = (time.time(), clock.parse(start) / 1000, 1) if start else None

    def wait(self):
        """Return its line settings, a dict, once it talks; raises RunError."""
        deadline = time.monotonic() + _METER_SECONDS
        while not (self._board.line.exists() and self._board.uart.exists()):
            if not self._child.running() or time.monotonic() > deadline:
                raise RunError(f"the simulated meter does not start: {self._log.read_text(errors='replace').strip()}")
            time.sleep(_TICK_SECONDS / 2)
        return json.loads(self._board.line.read_text())

    def stop(self):
        """Pull its plug."""
        self._child.stop()

    def sent(self):
        """After stop(): {"telegrams", "bytes", "damaged"}, or {} when it left none."""
        try:
            return json.loads(self.totals.read_text())
        except (OSError, ValueError):
            return {}


def _words(line):
    parity = {None: "N", 0: "E", 1: "O"}[line["parity"]]
    return f"{line['baud']} baud {line['bits']}{parity}{line['stop']}{', inverted' if line['inverted'] else ''}"


def _board(folder, heap, page, screen):
    """Return (board, what to call it). The chip has 32 bits; where the PC cannot, objects and heap are twice the size."""
    try:
        return pcboard.PcBoard(folder, 32, heap, page=page), f"32 bits, heap {heap}"
    except runtime.RuntimeMissing as error:
        problem = error
    number, unit = re.fullmatch(r"(\d+)(.*)", heap).groups()
    heap = f"{int(number) * 2}{unit}"
    try:
        board = pcboard.PcBoard(folder, 64, heap, page=page)
    except runtime.RuntimeMissing:
        raise problem from None
    screen.line("", f"no 32-bit MicroPython here ({problem}): 64 bits with twice the heap instead")
    return board, f"64 bits, heap {heap}"


def run(meter_name, seconds, heap, folder, seed, page, stop, screen, start=None):
    """Run everything until `seconds` have passed (None: no end) or the event `stop` is set; return the exit status.

    start: what the clocks show at first, ISO time or "now"; None: shortly before a full hour in the evening."""
    with contextlib.ExitStack() as parts:
        board, words = _board(folder, heap, page, screen)
        board.clear()
        broker = parts.enter_context(Broker(folder))
        subscriber = Subscriber(broker.port, screen)
        parts.callback(subscriber.stop)
        start = start or datetime.now(timezone.utc).strftime(_EVENING)
        meter = Meter(meter_name, board, seed, None if start == "now" else start)
        parts.callback(meter.stop)
        line = meter.wait()
        settings = {
            "board": "esp32-p1" if line["inverted"] else "esp32-mbus",
            "wifi_ssid": "PC", "wifi_password": "not needed", "mqtt_host": HOST, "mqtt_port": broker.port,
        }
        (board.device / "settings.json").write_text(json.dumps(settings))
        screen.line("", f"meter   {METERS[meter_name].words}; {_words(line)}")
        screen.line("", f"dongle  MicroPython, {words}, board {settings['board']}, files in {board.device}")
        taken = f" ({page} is taken)" if page not in (0, board.page) else ""
        screen.line("", f"page    http://{HOST}:{board.page}/{taken}, password below")
        screen.line("", f"broker  {broker.name} on {HOST}:{broker.port}, topic {TOPIC}")
        screen.line("", f"It runs {'until Ctrl-C' if seconds is None else f'for {seconds:g} s'}.\n")
        dongle = Dongle(board, screen)
        parts.callback(dongle.stop)
        began = time.monotonic()
        parent = os.getppid()
        dongle.start()
        while dongle.tend() and not stop.wait(_TICK_SECONDS):
            if seconds is not None and time.monotonic() - began >= seconds:
                break
            if "MAKELEVEL" in os.environ and os.getppid() != parent:
                break  # make was killed, and nobody is left to end this
        lasted = time.monotonic() - began
        meter.stop()
        dongle.stop()
        stop.wait(0.3)  # the broker's last words: the will
    sent = meter.sent()
    screen.line("", "")
    first = "" if subscriber.first is None else f", the first after {subscriber.first - began:.1f} s"
    screen.line("", f"{subscriber.readings} readings arrived at the broker in {lasted:.0f} s{first}.")
    if sent:
        screen.line("", f"The meter sent {sent.get('telegrams')} telegrams, {sent.get('bytes')} bytes.")
    if dongle.heap:
        screen.line("", f"Memory, as the dongle said last: {dongle.heap}")
    return 0 if subscriber.readings else 1


def _seconds(text):
    with contextlib.suppress(ValueError):
        value = float(text)
        if 0 < value < 1e7:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")


def _heap(text):
    match = re.fullmatch(r"(\d{2,7})k", text.lower())
    if not match or int(match[1]) < 32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a heap size such as 112k (at least 32k)")
    return text.lower()


def _port(text):
    if text.isdecimal() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")


def _start(text):
    if text == "now":
        return text
    with contextlib.suppress(ValueError, OverflowError):
        if clock.parse("2025-01-01") <= clock.parse(text) < clock.parse("2068-01-01"):
            return text
    raise argparse.ArgumentTypeError(f"{text!r} is neither now nor an ISO time of 2025 to 2067 such as 2026-03-29T00:59:40 (UTC)")


def _meter(name):
    if name not in METERS:
        raise argparse.ArgumentTypeError(f"there is no meter {name!r}. Choose one of: {', '.join(METERS)}")
    return name


def main(argv=None, screen=None):
    """The command line; returns the exit status. screen: what takes the lines, a Screen."""
    parser = argparse.ArgumentParser(prog="python -m tools.run", description=__doc__.partition("\n")[0])
    parser.add_argument("--meter", type=_meter, default=DEFAULT, help=f"simulated meter (default {DEFAULT})")
    parser.add_argument("--seconds", type=_seconds, help="end after so long (default: Ctrl-C)")
    parser.add_argument("--heap", type=_heap, default="112k", help="Python's heap in the dongle (default 112k)")
    parser.add_argument("--seed", type=int, default=1, help="another house")
    parser.add_argument("--start", type=_start, help="ISO time, UTC, that the clocks show at first, or now (default: shortly before 18:00 UTC today)")
    parser.add_argument("--page", type=_port, default=PAGE, help=f"port of the dongle's page, another where that is taken; 0: any (default {PAGE})")
    parser.add_argument("--folder", type=Path, help="run directory (default build/run/METER)")
    args = parser.parse_args(argv)
    folder = args.folder or pcboard.BUILD / "run" / args.meter
    folder.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"run: {folder} is in use by another run; end that one, or give --folder", file=sys.stderr)
            return 1
        try:
            return run(args.meter, args.seconds, args.heap, folder, args.seed, args.page, stop, screen or Screen(), args.start)
        except (RunError, BrokerError, StageError, runtime.RuntimeMissing, OSError) as error:
            print(f"run: {error}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
