"""boot.py and main.py under real MicroPython: starts are counted, crashes recorded without secrets, and no end is a dead one."""

import contextlib
import shutil
import signal
import subprocess
import threading
import time

import pytest

from tools import pcboard, stage

KEY = "00112233445566778899aabbccddeeff"
CRASH = "def run(healthy):\n    deeper()\n\ndef deeper():\n    raise ValueError('the key is %s\\n  File \"%s\"')\n" % (KEY, KEY)
INTERRUPT = "def run(healthy):\n    raise KeyboardInterrupt\n"
HEALTHY = "def run(healthy):\n    healthy()\n    raise ValueError\n"


class Device:
    """The PC board with an application of the test's own, and pauses too short to wait for."""

    def __init__(self, board):
        self.board = board
        self.folder = board.device
        main = self.folder / "main.py"
        text = main.read_text()
        assert "\nPAUSE_S = 10\n" in text and "\nRESCUE_S = 600\n" in text
        main.write_text(text.replace("\nPAUSE_S = 10\n", "\nPAUSE_S = 0\n").replace("\nRESCUE_S = 600\n", "\nRESCUE_S = 1\n"))

    def application(self, source):
        with contextlib.suppress(FileNotFoundError):
            (self.folder / "firmware/app.mpy").unlink()
        (self.folder / "firmware/app.py").write_text(source)

    def start(self, cause=pcboard.RESET):
        """Run once; (why the chip starts again, or None for the prompt; output)."""
        child = self.board.start(cause=cause)
        guard = threading.Timer(30, child.stop)
        guard.start()
        try:
            output = child.output.read().decode()
            status = child.process.wait(5)
        finally:
            guard.cancel()
            child.stop()
        return pcboard.restart_cause(status), output

    @property
    def rtc(self):
        path = self.folder / ".rtc-memory"
        return path.read_bytes() if path.exists() else b""

    @rtc.setter
    def rtc(self, data):
        (self.folder / ".rtc-memory").write_bytes(data)

    @property
    def crash(self):
        return (self.folder / "crash.txt").read_text()


@pytest.fixture
def device(pc_board):
    return Device(pc_board)


def test_a_crash_is_recorded_without_its_text_and_restarts(device):
    device.application(CRASH)
    cause, output = device.start(pcboard.POWER_ON)
    assert cause == pcboard.RESET
    assert "in deeper" in device.crash and "ValueError" in device.crash and device.crash.startswith("start 1, ")
    assert "app.py" in device.crash and "app.py" in output
    assert KEY not in device.crash + output and len(device.crash) < 1200
    assert not (device.folder / "crash.tmp").exists()


def test_a_crash_of_compiled_code_is_told_by_file_and_function(device, tmp_path):
    for name, text in (("boot.py", ""), ("main.py", ""), ("firmware/app.py", CRASH.replace("deeper", "_deeper"))):
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    stage.stage(tmp_path / "tree", "x86", tmp_path / "project")
    for name in ("app.mpy", "names.txt"):
        shutil.copy(tmp_path / "tree/firmware" / name, device.folder / "firmware" / name)
    cause, _ = device.start(pcboard.POWER_ON)
    assert cause == pcboard.RESET
    lines = device.crash.splitlines()
    assert '  File "firmware/app.mpy", in run' in lines and '  File "firmware/app.mpy", in _deeper' in lines
    # What goes as source has its lines.
    assert any(line.startswith('  File "main.py", line ') and line.endswith(" in run") for line in lines)


def test_five_bad_starts_lead_to_rescue_and_then_to_new_tries(device):
    device.application(CRASH)
    for n in range(1, 5):
        _, output = device.start(pcboard.POWER_ON if n == 1 else pcboard.RESET)
        assert device.rtc == bytes((*b"HAMN", n, n ^ 0xFF)) and "Rescue" not in output
    cause, output = device.start(pcboard.WATCHDOG)
    assert cause == pcboard.RESET
    assert "Rescue mode: 5 starts" in output and "make deploy" in output and "ValueError" in output
    _, output = device.start()
    assert "Rescue" not in output and device.rtc[4] == 1


def test_a_healthy_run_forgets_the_starts_and_others_keep_their_memory(device):
    device.application(HEALTHY)
    device.rtc = b"HAMN\x03\xfcsomebody else's"
    device.start()
    assert device.rtc == b"HAMN\x00\xffsomebody else's"


@pytest.mark.parametrize("found, left", (
    (b"", b"HAMN\x01\xfe"), (b"HA", b"HAMN\x01\xfe"), (b"HAMN\x03\x03more", b"HAMN\x01\xfeHAMN\x03\x03more"),
    (b"HAMN\x02\xfd!", b"HAMN\x03\xfc!"), (b"HAMN\xff\x00", b"HAMN\x00\xff"), (b"something", b"HAMN\x01\xfesomething"),
))
def test_any_content_of_the_memory_is_survived(device, found, left):
    device.application(CRASH)
    device.rtc = found
    device.start()
    assert device.rtc == left


def test_a_soft_reset_is_no_start(device):
    device.application(CRASH)
    device.start()
    device.start(pcboard.SOFT_RESET)
    assert device.rtc[4] == 1


def test_ctrl_c_leads_to_the_prompt_and_forgets_the_starts(device):
    device.application(INTERRUPT)
    cause, output = device.start()
    assert cause is None and "The prompt is yours" in output and device.rtc[4] == 0


def test_ctrl_c_in_rescue_leads_to_the_prompt(device):
    main = device.folder / "main.py"
    main.write_text(main.read_text().replace("RESCUE_S = 1\n", "RESCUE_S = 600\n"))
    device.rtc = bytes((*b"HAMN", 9, 9 ^ 0xFF))
    child = device.board.start(cause=pcboard.RESET)
    lines = []
    try:
        for line in child.output:
            lines.append(line.decode())
            if "tries again" in lines[-1]:
                time.sleep(0.3)
                child.process.send_signal(signal.SIGINT)
        status = child.process.wait(5)
    finally:
        child.stop()
    assert pcboard.restart_cause(status) is None and "The prompt is yours" in "".join(lines)


@pytest.mark.parametrize("source", ("import nothing_like_it\n", "def run(healthy):\n    pass\n", "def run(\n",
                                    "def run(healthy):\n    raise SystemExit\n", "def run(healthy):\n    x = [0]\n    while 1: x += x\n"))
def test_whatever_ends_the_application_restarts_the_chip(device, source):
    device.application(source)
    cause, _ = device.start()
    assert cause == pcboard.RESET


HOG = """import asyncio
async def hold(all):
    await asyncio.sleep(1000)
async def main():
    all = [None]
    asyncio.create_task(hold(all))
    await asyncio.sleep_ms(10)
    while True:
        all[0] = (all[0], 0)
def run(healthy):
    asyncio.run(main())
"""


def test_a_crash_for_want_of_memory_that_tasks_still_hold_is_recorded(device):
    device.application(HOG)
    cause, output = device.start()
    assert cause == pcboard.RESET and "Hamn stopped" in output
    assert "in main" in device.crash and "MemoryError" in device.crash


@pytest.mark.parametrize("kilobytes", (16, 24, 32, 40, 48, 60))
def test_the_firmware_itself_leaves_a_record_wherever_memory_ends(device, monkeypatch, kilobytes):
    monkeypatch.setattr(device.board, "_argv", [f"heapsize={kilobytes}k" if word == "heapsize=112k" else word for word in device.board._argv])
    cause, output = device.start()
    assert cause == pcboard.RESET and "Hamn stopped" in output and "MemoryError" in device.crash


def test_missing_firmware_restarts_and_is_said(device):
    (device.folder / "firmware").rename(device.folder / "elsewhere")
    cause, output = device.start()
    assert cause == pcboard.RESET and "ImportError" in output and "ImportError" in device.crash


def test_a_record_that_cannot_be_written_does_not_stop_the_restart(device):
    device.application(CRASH)
    (device.folder / "crash.tmp").mkdir()
    cause, output = device.start()
    assert cause == pcboard.RESET and "crash.txt could not be written" in output


def test_boot_cannot_fail_without_the_modules_of_a_chip(micropython32):
    done = subprocess.run([*micropython32, "-X", "heapsize=112k", "boot.py"], capture_output=True, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
