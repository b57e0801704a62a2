"""Ways into a dongle that is not on the network: through the cable (Improv), its own Wi-Fi when the network stays away, its button.

The firmware under real MicroPython; where it would wait for minutes, one number of it is another (shortened()).
"""

import json
import queue
import re
import shutil
import subprocess
import threading
import time

import pytest

from test_web import SET, Dongle
from tools import pcboard, runtime, stage
from visitor import Visitor

KEY = "hemligt-ord"
# Types of packets, states and errors: https://www.improv-wifi.com/serial/
STATE, ERROR, COMMAND, RESULT = 1, 2, 3, 4
READY, PROVISIONING, PROVISIONED = 2, 3, 4
NONE, INVALID, UNKNOWN, UNABLE = 0, 1, 2, 3


def shortened(board, room, **numbers):
    """Put the program onto the board with numbers of one room's source changed; those of earlier calls stay changed."""
    root = board.folder / "shortened"
    if not root.exists():
        shutil.copytree(runtime.ROOT / "firmware", root / "firmware")
        for name in (*stage.TOP_FILES, "lib", "tools"):
            (root / name).symlink_to(runtime.ROOT / name)
    path = root / "firmware" / f"{room}.py"
    source = path.read_text()
    for name, number in numbers.items():
        source, n = re.subn(rf"^{name} = (const\()?\d+", rf"{name} = \g<1>{number}", source, flags=re.MULTILINE)
        assert n == 1, name
    path.write_text(source)
    stage.stage(board.device, "x86", root)


def until(seconds, what):
    """what() once it is true; AssertionError after so long."""
    deadline = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)


# Through the cable

class Flasher:
    """The other end of the cable, as a browser reads it: a packet begins where a line does. said: all octets that came."""

    def __init__(self, board):
        self.said = b""
        self._packets = queue.Queue()
        self.child = board.start(stdin=subprocess.PIPE, bufsize=0)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        line = b""
        for octet in iter(lambda: self.child.output.read(1), b""):
            self.said += octet
            if octet == b"\n" and not line.startswith(b"IMPROV\1"):
                line = b""
                continue
            line += octet
            if line.startswith(b"IMPROV\1") and len(line) > 9 and len(line) == 10 + line[8]:
                assert sum(line[:-1]) & 0xFF == line[-1], line
                self._packets.put((line[7], line[9:-1]))
                line = b""

    def send(self, data):
        self.child.process.stdin.write(data)
        self.child.process.stdin.flush()

    def command(self, number, data=b""):
        """Send a command; the next packet, which says whether it was understood."""
        self.send(packet(COMMAND, bytes((number, len(data))) + data))
        return self.next()

    def next(self, seconds=10):
        """(type, data) of the next packet."""
        return self._packets.get(timeout=seconds)

    def texts(self, number):
        """The texts in the next packet, a result of that command."""
        kind, data = self.next()
        assert kind == RESULT and data[0] == number and data[1] == len(data) - 2, (kind, data)
        found, at = [], 2
        while at < len(data):
            found.append(data[at + 1:at + 1 + data[at]].decode())
            at += 1 + data[at]
        return found


def packet(kind, data):
    head = b"IMPROV\1" + bytes((kind, len(data))) + data
    return head + bytes((sum(head) & 0xFF, 10))


def wifi(ssid, password):
    return b"".join(bytes((len(part),)) + part for part in (ssid.encode(), password.encode()))


@pytest.fixture
def flasher(pc_board):
    """A dongle from the shop at a cable, in a house with the Wi-Fi "PC"."""
    pc_board.wifi_key = KEY
    shortened(pc_board, "survey", _TRY_MS=3000)
    made = Flasher(pc_board)
    made.board = pc_board
    yield made
    made.child.process.stdin.close()
    made.child.stop()
    print(made.said.decode(errors="replace"))


def test_a_browser_sets_wifi_through_the_cable(flasher):
    Visitor(flasher.board.page).wait()
    time.sleep(3.5)  # so long the key that interrupts is for who works on the firmware
    assert flasher.command(2) == (ERROR, bytes((NONE,))) and flasher.next() == (STATE, bytes((READY,)))
    assert flasher.command(3) == (ERROR, bytes((NONE,)))
    assert flasher.texts(3) == ["Hamn", "0.1", "ESP32", f"hamn-{pcboard.CHIP_ID}"]
    assert flasher.command(4) == (ERROR, bytes((NONE,)))
    assert flasher.texts(4) == ["PC", "-61", "YES"] and flasher.texts(4) == []
    # What is no command is told from what is a wrong one; neither changes anything.
    assert flasher.command(99) == (ERROR, bytes((UNKNOWN,)))
    for data in (b"", b"\x02PC", b"\x09PC\x00", wifi("", KEY), wifi("PC", "short"), b"\x02\xff\xfe\x00"):
        assert flasher.command(1, data) == (ERROR, bytes((NONE,))) and flasher.next() == (ERROR, bytes((INVALID,))), data
    spoilt = bytearray(packet(COMMAND, b"\2\0"))
    spoilt[-2] ^= 1
    flasher.send(b"\r\nmpremote\x01IMPROV\x02IMP" + bytes(spoilt))
    assert flasher.next() == (ERROR, bytes((INVALID,)))
    # A wrong password is tried, and told; the next one may be right.
    assert flasher.command(1, wifi("PC", "not-this-one")) == (ERROR, bytes((NONE,))) and flasher.next() == (STATE, bytes((PROVISIONING,)))
    assert flasher.next(20) == (ERROR, bytes((UNABLE,))) and flasher.next() == (STATE, bytes((READY,)))
    assert not (flasher.board.device / "settings.json").exists()
    assert flasher.command(1, wifi("PC", KEY)) == (ERROR, bytes((NONE,))) and flasher.next() == (STATE, bytes((PROVISIONING,)))
    assert flasher.next(20) == (STATE, bytes((PROVISIONED,))) and flasher.texts(1) == ["http://127.0.0.1/"]
    assert pcboard.restart_cause(flasher.child.process.wait(5)) == pcboard.RESET
    kept = json.loads((flasher.board.device / "settings.json").read_text())
    assert (kept["wifi_ssid"], kept["wifi_password"]) == ("PC", KEY)
    assert KEY.encode() not in flasher.said and b"not-this-one" not in flasher.said


def test_a_dongle_with_wifi_leaves_the_cable_alone(flasher):
    flasher.child.stop()
    (flasher.board.device / "settings.json").write_text(json.dumps({"wifi_ssid": "PC", "wifi_password": KEY}))
    again = Flasher(flasher.board)
    try:
        Visitor(flasher.board.page).wait()
        time.sleep(4)
        again.send(packet(COMMAND, bytes((1, 4)) + wifi("AB", "")[:4]))
        with pytest.raises(queue.Empty):
            again.next(3)
    finally:
        again.child.process.stdin.close()
        again.child.stop()


# When the network stays away

def test_the_set_up_comes_back_when_wifi_stays_away_and_goes_when_it_is_back(tmp_path, micropython32, umqtt):
    board = pcboard.PcBoard(tmp_path / "board")
    shortened(board, "link", _AWAY_MS=5000, _MEND_MS=1000)
    shortened(board, "joining", _CONNECT_MS=1500)
    dongle = Dongle(tmp_path, SET, board=board)
    try:
        visitor = dongle.visitor()
        assert visitor.get("/api/v1/session").json()["portal"] is False
        board.no_network.touch()
        until(40, lambda: any("for set-up, join the Wi-Fi" in line for line in dongle.said))
        session = until(10, lambda: Visitor(board.page).get("/api/v1/session").json())
        assert session["portal"] is True and session["set_up"] is True and session["authorised"] is False, "who comes through it must know the password"
        assert visitor.get("/api/v1/log").status == 200
        # It goes on trying meanwhile, and closes what nobody needs any more.
        board.no_network.unlink()
        until(60, lambda: sum("link: connected as" in line for line in dongle.said) >= 2)
        until(5, lambda: visitor.get("/api/v1/session").json()["portal"] is False)
        # So too the next time.
        board.no_network.touch()
        until(60, lambda: sum("for set-up, join the Wi-Fi" in line for line in dongle.said) >= 2)
        assert dongle.child.running()
    finally:
        dongle.close()


def test_what_somebody_asked_for_stays_open(tmp_path, micropython32, umqtt):
    board = pcboard.PcBoard(tmp_path / "board")
    shortened(board, "joining", _CONNECT_MS=1500)
    dongle = Dongle(tmp_path, {**SET, "board": "esp32-p1"}, board=board)
    try:
        visitor = dongle.visitor()
        board.button.touch()
        until(10, lambda: visitor.get("/api/v1/session").json()["portal"])
        board.button.unlink()
        board.no_network.touch()
        until(20, lambda: any("link: lost" in line for line in dongle.said))
        board.no_network.unlink()
        until(40, lambda: visitor.get("/api/v1/status").json()["link"]["connected"])
        time.sleep(3)
        assert visitor.get("/api/v1/session").json()["portal"] is True
        # Wi-Fi can be changed beside it: tried first, with the old one coming back when it fails.
        assert visitor.post("/api/v1/wifi", {"ssid": "PC", "password": KEY}).status == 200
    finally:
        dongle.close()


def test_a_wired_dongle_never_opens_wifi(tmp_path, micropython32, umqtt):
    board = pcboard.PcBoard(tmp_path / "board")
    shortened(board, "link", _AWAY_MS=2000, _MEND_MS=1000)
    shortened(board, "joining", _CONNECT_MS=1000)
    dongle = Dongle(tmp_path, {**SET, "board": "wt32-eth01"}, board=board)
    try:
        visitor = dongle.visitor()
        for method, path in (("GET", "scan"), ("POST", "wifi")):
            answer = visitor.ask(method, "/api/v1/" + path, {"ssid": "PC", "password": KEY} if method == "POST" else None)
            assert answer.status == 409 and "no Wi-Fi" in answer.json()["error"]
        board.no_network.touch()
        until(30, lambda: sum("no Ethernet" in line for line in dongle.said) >= 3)
        assert not any("join the Wi-Fi" in line for line in dongle.said)
    finally:
        dongle.close()
