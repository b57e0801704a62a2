"""`make outages`: the judgement of what was sent and received, the table; and a few short outages of the whole dongle."""

import json
from types import SimpleNamespace

import pytest

from tools.outages import __main__ as outages, day as outages_day, jobs as outages_jobs, run as outages_run
from tools.outages.account import Account, hours, unix
from tools.outages.table import table

START = unix("2026-02-02T02:59:50Z")


def telegram(number, watts, registers=None, name="1"):
    """The Sent of a reading every 10 s."""
    seconds = 50 + 10 * number
    truth = {"power_import_w": watts}
    if registers is not None:
        truth.update(energy_import_wh=registers, meter_time=f"2026-02-02T{3 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}")
    return SimpleNamespace(list=name, at=1000.0 + 10 * number, wall=START + 10 * number + 0.2, truth=truth)


SENT = [telegram(0, 100), telegram(1, 200, 12340, "3"), telegram(2, 300), telegram(3, 250)]


def power(n, watts):
    return 0, "power", json.dumps({"power_import_w": watts, "n": n})


def hour(seq, when, kwh):
    return 0, "hour", json.dumps({"seq": seq, "meter_time": when, "energy_import_kwh": kwh})


def minute(when, seconds, readings, most):
    return 0, "minute", json.dumps({"time": when, "seconds": seconds, "readings": readings, "power_import_w": most, "power_import_max_w": most})


ALL = [power(1, 100), power(2, 200), power(3, 300), power(4, 250), hour(7, "2026-02-02T03:01:00", 12.34)]


def test_all_is_well():
    account = Account(SENT, [*ALL, (0, "status", "offline"), (0, "device", "{}")])
    assert (account.lost(), account.wrong, account.wrong_hours, account.duplicates, account.hours) == ([], [], [], 0, 1)


@pytest.mark.parametrize(("messages", "lost"), [
    ([*ALL[:2], *ALL[3:]], ["reading 3 (list 1)"]),
    ([*ALL[:2], *ALL[3:], minute("2026-02-02T03:00:00Z", 60, 4, 300)], []),
    ([ALL[0], *ALL[3:], minute("2026-02-02T03:00:00Z", 60, 1, 300)], ["reading 3 (list 1)"]),
    ([*ALL[:2], *ALL[3:], minute("2026-02-02T02:58:00Z", 60, 4, 300)], ["reading 3 (list 1)"]),
    (ALL[:-1], ["the registers of 2026-02-02T03:01:00"]),
    ([], ["the registers of 2026-02-02T03:01:00", *(f"reading {n} (list {3 if n == 2 else 1})" for n in range(1, 5))]),
])
def test_what_is_lost(messages, lost):
    assert Account(SENT, messages).lost() == lost


@pytest.mark.parametrize(("messages", "words"), [
    ([power(1, 101), *ALL[1:]], "reading 1 says 101 W, the meter 100 W"),
    ([*ALL, power(5, 1)], "never sent: [5]"),
    ([*ALL, power(4, 1)], "power 4 came twice with different contents"),
    ([*ALL[:2], *ALL[3:], minute("2026-02-02T03:00:00Z", 60, 4, 299)], "says at most 299 W, but reading 3 was 300 W"),
    ([*ALL[:4], hour(7, "2026-02-02T03:01:00", 12.35)], "energy_import_wh was 12340, not 12.35 thousand"),
    ([*ALL, hour(8, "2026-02-02T04:01:00", 12.35)], "never sent: ['2026-02-02T04:01:00']"),
    ([*ALL, hour(6, "2026-02-02T04:01:00", 12.35)], "out of order: [7, 6]"),
])
def test_what_is_wrong(messages, words):
    account = Account(SENT, messages)
    assert any(words in text for text in account.wrong + account.wrong_hours), account.wrong + account.wrong_hours


def test_duplicates_are_counted_by_number():
    spans = [minute("2026-02-02T03:00:00Z", 60, 4, 300)] * 2
    account = Account(SENT, [*ALL, ALL[0], ALL[4], *spans])
    assert account.duplicates == 3 and not account.lost() and not account.wrong


def test_an_hour_has_one_record():
    sent = [telegram(number, 1, 10 * number) for number in range(0, 1100, 100)]
    assert list(hours(sent)) == ["2026-02-02T03:00:50", "2026-02-02T04:07:30", "2026-02-02T05:14:10"]


def row(**figures):
    return {**outages_run.blank("refused", "connection refused", "aidon-no"), "sent": 9, "parsed": 9, "recover_s": 3.1, **figures}


GOOD = {"stall_ms": 40, "free": 36000, "checksum_errors": 0, "restarts": 0}


@pytest.mark.parametrize(("figures", "counts", "words"), [
    ({}, {}, None),
    ({"parsed": 8}, {}, "8 telegrams parsed of 9"),
    ({"recover_s": None}, {}, "not back within 45 s"),
    ({"recover_s": 45.1}, {}, "not back within 45 s"),
    ({}, {"stall_ms": 1500}, "stood still for 1500 ms"),
    ({}, {"free": 16383}, "16383 B of heap free"),
    ({}, {"restarts": 1}, "1 tasks restarted"),
    ({}, {"checksum_errors": 1}, "1 checksum errors"),
])
def test_the_limits(figures, counts, words):
    judged = row(**figures)
    outages_run.judge(judged, {**GOOD, **counts})
    assert words in judged["troubles"][0] and len(judged["troubles"]) == 1 if words else not judged["troubles"]


def test_the_table_says_what_fails():
    good = row(stall_ms=40, lost=0, hours=1, duplicates=0, free=36000)
    latency = {"meter": "aidon-no", "telegrams": 100, "median_ms": 20, "percentile_99_ms": 45, "wire_ms": {"1": 188, "2": 1150}}
    lines = table([good, {**good, "troubles": ["lost"]}, {"name": "broken", "troubles": ["no result"]},
                   {"name": "latency-aidon-no", "latency": [latency], "troubles": []}])
    assert lines[1].split() == ["connection", "refused", "aidon-no", "9", "9", "40", "0", "1", "0", "3.1", "36000"]
    assert lines[2].endswith("FAILS") and lines[3].startswith("broken") and lines[3].endswith("FAILS")
    assert "median 20 ms, 99 % 45 ms of 100 telegrams; on the wire they take list 1 188 ms, list 2 1150 ms." in lines[-1]


@pytest.mark.parametrize("arguments", [["--only", "flood"], ["--jobs", "0"], ["--jobs", "many"], ["--fast"]])
def test_bad_usage_gets_a_sentence(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        outages.main(arguments)
    assert end.value.code == 2 and arguments[-1] in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(20))
def test_a_day_has_twenty_outages_and_one_power_cut(seed):
    planned = outages_day.plan(seed)
    assert len(planned) == 20 and [kind for *_, kind in planned].count("plug") == 1 and len({kind for *_, kind in planned}) == 10
    assert all(begin < end for begin, end, _ in planned)
    assert all(one[1] <= two[0] for one, two in zip(planned, planned[1:]))
    assert planned[-1][1] < 3600 * 24 / outages_day.SPEED


def test_every_job_is_known():
    assert len(set(outages_jobs.NAMES)) == len(outages_jobs.NAMES)
    assert all(outages_jobs.seconds(name) > 0 for name in outages_jobs.NAMES)
