"""Free memory with everything running in the chip's heap: a slice of `make soak`, and its judgement."""

import subprocess
import sys

import pytest
from conftest import obtain

from tools import runtime, soak


def test_both_kinds_of_meter_leave_enough_memory(tmp_path, micropython32, umqtt):
    obtain(runtime.mosquitto)
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "tools.soak", "--meter", meter, "--seconds", "60", "--folder", str(tmp_path / meter)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=runtime.ROOT,
        )
        for meter in ("p1-landis", "aidon-no")
    ]
    for process in runs:
        out, err = process.communicate(timeout=150)
        assert (process.returncode, err) == (0, ""), out
        (line,) = [text for text in out.splitlines() if " 00:01:00 " in text]
        assert int(line.split()[2]) >= soak.FLOOR and " 0 checksum errors" in line


FIGURES = {"steady": [42000, 41800, 42100] * 4, "a leak": [43000 - 96 * n for n in range(10)], "one step": [43000] * 5 + [42000] * 5}


@pytest.mark.parametrize(("free", "restarts", "said"), [
    (FIGURES["steady"], 0, []),
    (FIGURES["a leak"], 0, ["keeps falling"]),
    (FIGURES["one step"], 0, []),
    ([42000, 31743, 42000], 0, ["31743 B free is less than 31744 B"]),
    ([31744], 0, []),
    ([42000, 42000], 1, ["ended 1 times"]),
    ([], 0, ["nothing about its memory"]),
])
def test_the_judgement(free, restarts, said):
    found = soak.verdict(free, restarts)
    assert len(found) == len(said) and all(word in sentence for word, sentence in zip(said, found))


def test_only_the_figures_are_shown(capsys):
    minutes = soak.Minutes("p1-landis")
    status = "49248 B free, largest system block 53600 B; 3 telegrams, 1 checksum errors; 2 sent, 0 dropped; 0 network losses, 0 task restarts"
    minutes.line("dongle", "00:00:00 hamn: ready, " + status)
    minutes.line("broker", "reading 1: import 307 W")
    minutes.line("dongle", "00:00:02 reading: import 313 W")
    minutes.line("dongle", "1d 00:01:00 status: " + status.replace("49248", "42000"))
    minutes.line("dongle", "(the watchdog was not fed: it starts again)")
    assert minutes.free == [42000] and minutes.restarts == 1
    assert capsys.readouterr().out.splitlines() == [
        "p1-landis 00:00:00 49248 B free; 3 telegrams, 1 checksum errors, 2 sent",
        "p1-landis 1d 00:01:00 42000 B free; 3 telegrams, 1 checksum errors, 2 sent",
        "dongle | (the watchdog was not fed: it starts again)",
    ]


@pytest.mark.parametrize("arguments", [["--seconds", "59"], ["--seconds", "soon"], ["--meter", "ferraris"]])
def test_bad_usage_gets_a_sentence(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        soak.main(arguments)
    assert end.value.code == 2 and arguments[1] in capsys.readouterr().err
