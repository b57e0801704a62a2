"""`make run` end to end: readings arrive, every way of ending it leaves nothing running, mistakes get a sentence."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import obtain

from tools import pcboard, run, runtime, show

SECONDS = 60  # more than any part may take to start or end here


@pytest.fixture(scope="module", autouse=True)
def _fetched(micropython32, umqtt):
    obtain(runtime.mosquitto)


def start(folder, *arguments):
    argv = [sys.executable, "-m", "tools.run", "--page", "0", "--folder", str(folder), *arguments]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=runtime.ROOT)


def left_over(folder):
    """The command lines of processes that have to do with the run directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        try:
            about = (process / "cmdline").read_bytes() + b"\0" + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() + b"/" in about:
            found.append(about[:200])
    return found


def wait_until_it_publishes(process):
    for line in process.stdout:
        if line.startswith("broker | reading 1:"):
            return
    pytest.fail(f"no reading came: {process.stderr.read()}")


@pytest.mark.parametrize(("meter", "seconds"), [("p1-landis", 15), ("aidon-no", 8)])  # they push every 10 s and every 2.5 s
def test_readings_arrive(tmp_path, meter, seconds):
    process = start(tmp_path / "run", "--meter", meter, "--seconds", str(seconds))
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, "")
    assert "broker | reading 1: import " in out
    assert "  power_import_w " in out
    assert "dongle | " in out and "B free" in out
    assert f"readings arrived at the broker in {seconds} s, the first after" in out
    assert "The meter sent " in out
    assert "broker | status: online" in out and "broker | status: offline" in out
    assert left_over(tmp_path / "run") == []


def test_an_hour_is_seen_to_grow_and_to_end(tmp_path):
    process = start(tmp_path / "run", "--seconds", "27", "--start", "2026-02-02T17:59:44")
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, "")
    grown = [float(kwh) for kwh in re.findall(r"energy: this hour (\d\.\d{3}) kWh, \d\.\d{3} kWh expected", out)]
    # Those of the hour that ends, then those of the next one.
    assert len(grown) >= 3 and max(grown) > 0
    assert re.search(r"dongle \| 00:00:\d\d energy: 18:00-19:00: 0\.0\d\d kWh, missing\n", out)
    assert re.search(r"broker \| interval: start 2026-02-02T17:00:00Z, span_s 3600, .* quality missing\n", out)
    assert "broker | usage: hour_import_kwh 0.0" in out


def test_no_reading_is_a_failure(tmp_path):
    process = start(tmp_path / "run", "--seconds", "0.3")  # before the Wi-Fi is up
    out, _ = process.communicate(timeout=SECONDS)
    assert "\n0 readings arrived" in out
    assert process.returncode == 1
    assert left_over(tmp_path / "run") == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_of_it(tmp_path, number):
    process = start(tmp_path / "run")
    wait_until_it_publishes(process)
    process.send_signal(number)
    out, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    assert "readings arrived" in out
    assert left_over(tmp_path / "run") == []


def test_even_a_killed_run_leaves_nothing_running(tmp_path):
    process = start(tmp_path / "run")
    wait_until_it_publishes(process)
    assert len(left_over(tmp_path / "run")) >= 3  # the search itself works: runner, broker, meter, firmware
    process.kill()
    process.wait(SECONDS)
    deadline = time.monotonic() + 10
    while left_over(tmp_path / "run") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left_over(tmp_path / "run") == []


def test_a_folder_serves_one_run_at_a_time(tmp_path):
    first = start(tmp_path / "run")
    wait_until_it_publishes(first)
    second = start(tmp_path / "run")
    _, err = second.communicate(timeout=SECONDS)
    first.terminate()
    first.communicate(timeout=SECONDS)
    assert second.returncode == 1
    assert "in use by another run" in err


@pytest.mark.parametrize(("arguments", "sentence"), [
    (["--meter", "ferraris"], "there is no meter 'ferraris'. Choose one of: p1-landis, "),
    (["--seconds", "soon"], "'soon' is not a number of seconds"),
    (["--seconds", "-1"], "not a number of seconds"),
    (["--start", "soon"], "'soon' is neither now nor an ISO time"),
    (["--start", "1999-12-31T23:59:00"], "of 2025 to 2067"),
    (["--heap", "lots"], "'lots' is not a heap size"),
    (["--heap", "1k"], "not a heap size"),
    (["--page", "65536"], "'65536' is not a port"),
])
def test_mistakes_get_a_sentence_and_status_2(tmp_path, arguments, sentence):
    process = start(tmp_path / "run", *arguments)
    _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 2
    assert sentence in err
    assert "Traceback" not in err


class Lines(run.Screen):
    def __init__(self):
        super().__init__()
        self.texts = []

    def line(self, speaker, text):
        self.texts.append(text)


def test_the_dongle_restarts_as_the_chip_does(tmp_path, pc_board, monkeypatch):
    monkeypatch.setattr(run, "_RESTART_SECONDS", 0.1)
    (pc_board.device / "boot.py").write_text("")
    (pc_board.device / "main.py").write_text(
        "import machine, sys\ncause = machine.reset_cause()\nprint('cause', cause)\n"
        "if cause == machine.PWRON_RESET:\n    machine.reset()\n"
        "if cause == machine.HARD_RESET:\n    machine.WDT(timeout=200)\n    while True:\n        pass\n"
        "if cause == machine.WDT_RESET:\n    sys.exit()\n"
    )
    screen = Lines()
    dongle = run.Dongle(pc_board, screen)
    dongle.start()
    deadline = time.monotonic() + 20
    while dongle.tend():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    dongle.stop()
    assert screen.texts == [
        "cause 1", "(reset: it starts again)", "cause 2", "(the watchdog was not fed: it starts again)", "cause 3",
        "(soft reset: it starts again)", "cause 5", "(the program ended with status 1; a chip would sit at its prompt now)",
    ]


def test_the_board_as_from_the_shop(pc_board):
    (pc_board.device / "settings.json").write_text("{}")
    (pc_board.device / "records").mkdir()
    (pc_board.device / "records/one").touch()
    pc_board.clear()
    assert sorted(path.name for path in pc_board.device.iterdir()) == ["boot.py", "firmware", "lib", "main.py", "www"]


def test_a_page_whose_port_is_taken_gets_another(tmp_path, pc_board):
    """Taken by a listener, or by another board that has not begun to listen, or restarts."""
    with socket.create_server((run.HOST, 0)) as listener:
        port = listener.getsockname()[1]
        assert pcboard.PcBoard(tmp_path / "one", page=port).page != port
    assert pcboard.PcBoard(tmp_path / "two", page=pc_board.page).page != pc_board.page
    third = pcboard.PcBoard(tmp_path / "three")
    port = third.page
    del third
    assert pcboard.PcBoard(tmp_path / "four", page=port).page == port


def test_numbers_are_shown_as_they_were_sent():
    values = show.message('{"power_import_w": 0, "voltage_l1_v": 230.10, "voltage_l2_v": 229.0, "energy_import_kwh": 109552.250, "list": "p1"}')
    assert show.summary(values) == "import 0 W   230.10 229.0 V   register 109552.250 kWh"
    assert show.summary(show.message('{"list": "1", "protocol": "hdlc"}')) == "list 1, 2 values"
    assert [line.split() for line in show.table(values)][1] == ["voltage_l1_v", "230.10"]
    assert show.pairs(show.message('{"seq": 7, "energy_import_kwh": 12382.80}')) == "seq 7, energy_import_kwh 12382.80"


@pytest.mark.parametrize("text", ["", "[1]", "1", "{", "null"])
def test_what_is_no_message_is_refused(text):
    with pytest.raises(ValueError):
        show.message(text)


def test_the_messages_of_a_reading_are_one_line_and_what_comes_twice_counts_once(broker):
    screen = Lines()
    subscriber = run.Subscriber(broker.port, screen)
    client = run.mqtt.Client(run.mqtt.CallbackAPIVersion.VERSION2)
    client.connect(run.HOST, broker.port)
    client.loop_start()
    time.sleep(0.5)

    def send(**messages):
        for name, payload in messages.items():
            client.publish(f"{run.TOPIC}/{name}", payload, 1).wait_for_publish(5)

    send(power='{"power_import_w":1,"n":1}', phases='{"voltage_l1_v":230.1,"n":1}', meter='{"vendor":"X","n":1}')
    send(power='{"power_import_w":2,"n":2}', hour='{"seq":3,"energy_import_kwh":1.50}')
    time.sleep(0.6)
    send(power='{"power_import_w":2,"n":2}')
    send(power='{"power_import_w":4,"n":3}', device="rubbish", status="online")
    deadline = time.monotonic() + 10
    while subscriber.readings < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    subscriber.stop()
    client.loop_stop()
    assert screen.texts == [
        "reading 1: import 1 W   230.1 V", "All that came with it:\n" + "\n".join(show.table({"power_import_w": "1", "n": "1", "voltage_l1_v": "230.1", "vendor": "X"})),
        "reading 2: import 2 W", "hour: seq 3, energy_import_kwh 1.50",
        "device: this is no message (Expecting value: line 1 column 1 (char 0)): rubbish", "status: online", "reading 3: import 4 W",
    ]


def test_only_these_endings_start_the_chip_again():
    assert {status: pcboard.restart_cause(status) for status in (80, 81, -signal.SIGALRM, 0, 1, -signal.SIGTERM, -signal.SIGSEGV)} == {
        80: 2, 81: 5, -signal.SIGALRM: 3, 0: None, 1: None, -signal.SIGTERM: None, -signal.SIGSEGV: None,
    }
