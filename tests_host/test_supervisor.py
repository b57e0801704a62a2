"""The supervisor under real MicroPython: what fails is restarted, and the watchdog goes hungry exactly when it should."""

import pathlib

import pytest

SCRIPT = pathlib.Path(__file__).parent / "mp_supervisor.py"
NAMES = ("feeds", "late", "restarts", "healthy", "starts", "turns")


@pytest.fixture
def supervise(pc_board, monkeypatch):
    def run(scenario, ms):
        monkeypatch.setenv("SCENARIO", scenario)
        monkeypatch.setenv("MS", str(ms))
        child = pc_board.start(script=SCRIPT)
        try:
            output = child.output.read().decode()
        finally:
            child.stop()
        (result,) = [line.split()[1:] for line in output.splitlines() if line.startswith("result ")]
        return dict(zip(NAMES, map(int, result))), output
    return run


def test_flowing_work_feeds_the_watchdog_and_is_healthy_once(supervise):
    result, _ = supervise("well", 6000)
    assert result["feeds"] >= 10 and result["restarts"] == 0 and result["healthy"] == 1


def test_a_failing_task_is_restarted_and_its_error_text_stays_unsaid(supervise):
    result, output = supervise("fails", 5000)
    assert result["restarts"] == 1 and result["starts"] == 2 and result["late"] in (2, 3)
    assert result["turns"] > 100
    assert "odd failed (ValueError); again in 1 s" in output and "0011" not in output


def test_a_task_that_always_fails_starves_the_watchdog_and_is_never_healthy(supervise):
    result, _ = supervise("fails always", 8000)
    assert result["healthy"] == 0 and result["late"] == 0
    assert 2 <= result["starts"] <= 4, "with growing pauses"
    assert result["turns"] > 100, "the others go on"


def test_a_task_that_ends_is_started_again(supervise):
    result, output = supervise("ends", 3500)
    assert result["restarts"] >= 2 and result["late"] in (2, 3) and "odd ended" in output


def test_a_hanging_task_is_cancelled_and_restarted(supervise):
    result, output = supervise("hangs", 6000)
    assert result["starts"] == 2 and result["restarts"] == 1 and result["late"] in (2, 3)
    assert "odd was stuck" in output


def test_a_task_that_hangs_again_and_again_starves_the_watchdog(supervise):
    result, _ = supervise("hangs always", 8000)
    assert result["healthy"] == 0 and result["starts"] >= 2 and result["late"] == 0
    assert result["feeds"] <= 3, "checking in once after each restart is not work"


def test_a_stall_of_the_whole_loop_is_nobodys_fault(supervise):
    result, _ = supervise("stall", 7000)
    assert result["restarts"] == 0 and result["starts"] == 1 and result["late"] in (2, 3)
