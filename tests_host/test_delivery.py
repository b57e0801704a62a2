"""What waits for the broker, in memory and in the flash: the checks of mp_delivery.py, here and under real MicroPython; power cuts."""

import sys
import threading
import types
from pathlib import Path

import pytest
from rooms import room

from tools import pcboard
from tools.outages import flash as outage_flash

for name in ("outbox", "minutes", "journal", "hours", "spans"):
    room(name)

import mp_delivery  # noqa: E402: the rooms have to be there


@pytest.mark.parametrize("name", mp_delivery.TESTS)
def test_under_cpython(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # A room that is let go and entered again asks for it again.
    monkeypatch.setitem(sys.modules, "micropython", types.SimpleNamespace(const=lambda value: value))
    getattr(mp_delivery, name)()


@pytest.mark.parametrize("bits", (32, 64))
def test_under_micropython(bits, request, tmp_path, umqtt):
    request.getfixturevalue(f"micropython{bits}")
    # More than the chip has: the checks keep count of three days.
    child = pcboard.PcBoard(tmp_path / "board", bits, "4m").start(script=Path(mp_delivery.__file__))
    guard = threading.Timer(120, child.stop)
    guard.start()
    text = child.output.read().decode()
    guard.cancel()
    child.stop()
    assert text.splitlines() == [f"good {name}" for name in mp_delivery.TESTS], text


def test_power_cuts_and_wear(tmp_path, micropython32, umqtt):
    found = outage_flash.simulate(tmp_path, cuts=150, days=20)
    assert found["cuts"][0] == 150
    days, _, _, most = found["wear"]
    assert days == 20 and outage_flash.years(days, most) > outage_flash.ENOUGH_YEARS


def test_power_cuts_in_the_books(tmp_path, micropython32, umqtt):
    tried, behind = outage_flash.simulate(tmp_path, cuts=90, books=True)["cuts"]
    # Some fall before the hour's records and the state behind them are in the flash, some after.
    assert tried == 90 and 0 < behind < 90


def test_the_books_have_their_size_and_wear(tmp_path, micropython32, umqtt):
    found = outage_flash.simulate(tmp_path, days=3, size=60, books=True)
    days, octets, hours, quarters = found["size"]
    assert (days, hours, quarters) == (60, 1440, 3840) and octets <= 29 * 4096
    days, _, _, most = found["wear"]
    # Three days are too few for the wear to spread: the block with most gets an eleventh of what it gets at first.
    assert days == 3 and outage_flash.years(days, most) > 10


def test_the_summary_and_its_judgement(monkeypatch, capsys):
    monkeypatch.setattr(outage_flash, "simulate", lambda folder, *args: {"cuts": (7, 2), "wear": (365, 900, 9000, 100)})
    assert outage_flash.main([]) == 0
    said = capsys.readouterr().out
    assert "7 power cuts" in said and "999 years" in said
    monkeypatch.setattr(outage_flash, "simulate", lambda folder, *args: {"wear": (365, 900, 9000, 10000)})
    assert outage_flash.main([]) == 1 and "less than 50 years" in capsys.readouterr().err


def test_a_failure_on_the_board_is_told(monkeypatch, capsys, tmp_path, micropython32, umqtt):
    program = tmp_path / "fails.py"
    program.write_text("raise ValueError('records are missing')\n")
    monkeypatch.setattr(outage_flash, "PROGRAM", program)
    assert outage_flash.main(["--cuts", "1", "--days", "0"]) == 1
    assert "records are missing" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--cuts", "many"], ["--days", "-1"]])
def test_bad_usage_gets_a_sentence(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        outage_flash.main(arguments)
    assert end.value.code == 2 and arguments[1] in capsys.readouterr().err
