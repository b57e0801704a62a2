"""Board profiles: no pin that boots, stores or talks to the console is ever given to the meter's port."""

import ast
import pathlib

import pytest

from firmware import boards

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHIPS = {
    # pins that exist, flash and PSRAM, strapping, console (UART 0, USB), first pin that can only be an input
    "esp32": (set(range(20)) | {21, 22, 23, 25, 26, 27} | set(range(32, 40)), set(range(6, 12)) | {16, 17}, {0, 2, 5, 12, 15}, {1, 3}, 34),
    "esp32-s3": (set(range(22)) | set(range(26, 49)), set(range(26, 38)), {0, 3, 45, 46}, {19, 20, 43, 44}, 99),
    "esp32-c3": (set(range(22)), set(range(11, 18)), {2, 8, 9}, {18, 19, 20, 21}, 99),
}
# Fixed by the chip's Ethernet MAC (RMII) besides MDC, MDIO, power and clock.
RMII = {19, 21, 22, 25, 26, 27}


def chip(name):
    return CHIPS["esp32-s3" if "-s3-" in name else "esp32-c3" if "-c3-" in name else "esp32"]


@pytest.mark.parametrize("name", boards.NAMES)
def test_pins_are_free(name):
    board = boards.profile(name)
    exist, flash, strapping, console, first_input_only = chip(name)
    for pin in (board.rx, board.idle_tx, board.relay):
        assert pin in exist - flash - strapping - console
    assert len({board.rx, board.idle_tx, board.relay, board.button}) == 4 and max(board.idle_tx, board.relay) < first_input_only
    # ESP32 datasheet, power-up glitches, and what the boot ROM does: these are not low through a reset.
    assert "esp32-s3" in name or "esp32-c3" in name or board.relay not in (1, 3, 5, 14, 15)
    assert board.uart in ((1,) if "-c3-" in name or "-s3-" in name else (2,))
    if board.ethernet:
        taken = RMII | {board.ethernet.mdc, board.ethernet.mdio, board.ethernet.power, board.ethernet.ref_clk}
        assert not taken & {board.rx, board.idle_tx, board.button, board.relay}


@pytest.mark.parametrize("name", boards.NAMES)
def test_polarity_follows_the_adapter(name):
    board = boards.profile(name)
    assert board.inverted == (board.adapter == "p1") and board.adapter in ("p1", "mbus")


def test_wired_board():
    assert boards.profile("wt32-eth01").ethernet == ("PHY_LAN8720", 1, 23, 18, 16, 0)


def test_unknown_board():
    with pytest.raises(ValueError):
        boards.profile("esp8266")


def test_hardware_is_named_in_one_place_each():
    for path in sorted((ROOT / "firmware").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
                assert "network" not in names or path.name == "link.py", path
                assert "socket" not in names or path.name in ("dialling.py", "names.py", "reception.py", "portal.py"), path
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Pin", "UART"):
                assert not isinstance(node.args[0], ast.Constant), path
            if isinstance(node, (ast.Div, ast.Match)) or isinstance(getattr(node, "value", None), float):
                raise AssertionError("%s: floats and match are not for the chip" % path)
