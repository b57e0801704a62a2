"""The bars of the page: where a day and a month begin for who looks, and what is in them."""

import asyncio
import calendar
import json
import time
import types
from array import array

import pytest

import rooms
from firmware import HttpError

NONE = -32768
EPOCH_2000 = 946684800


def asked(now, query, up_s=7200, known=True):
    """The slots at the moment `now` (UTC) of a dongle that has run so long, with 1200 W drawn all the while."""
    room = rooms.room("web_history")
    epoch = calendar.timegm(time.strptime(now, "%Y-%m-%dT%H:%M:%S")) - EPOCH_2000
    day = array("h", [NONE] * 288 + [NONE] * 288)
    steps = up_s // 300
    for step in range(max(0, steps - 288), steps):
        day[step % 288] = 1200
        day[288 + step % 288] = 240
    live = types.SimpleNamespace(turn=lambda: None, step=up_s // 10, day=day, hour=array("h", [NONE] * 360))
    door = types.SimpleNamespace(live=live, clock=types.SimpleNamespace(known=known, epoch=lambda: epoch), log=types.SimpleNamespace(uptime=lambda: up_s))
    fields = dict(part.split("=") for part in query.split("&"))
    request = types.SimpleNamespace(asked=lambda name: fields.get(name, ""))
    status, kind, body, _ = asyncio.run(room.answer(door, request, "energy", None))
    assert status == 200 and kind == ""
    return json.loads("".join(body))["slots"]


@pytest.mark.parametrize("offset, first, count", (
    ("", "2026-06-21T00:00:00Z", 23),
    ("&offset_min=0", "2026-06-21T00:00:00Z", 23),
    ("&offset_min=60", "2026-06-20T23:00:00Z", 24),
    ("&offset_min=120", "2026-06-21T22:00:00Z", 1),  # half an hour into the next day
    ("&offset_min=330", "2026-06-21T18:30:00Z", 5),
    ("&offset_min=-300", "2026-06-21T05:00:00Z", 18),
))
def test_the_day_is_that_of_who_looks(offset, first, count):
    slots = asked("2026-06-21T22:30:00", "span=day" + offset)
    assert slots[0]["time"] == first and len(slots) == count


def test_hours_hold_what_was_drawn_and_fed_in():
    slots = asked("2026-06-21T22:30:00", "span=day&offset_min=0", up_s=9000)
    assert [slot["quality"] for slot in slots] == ["missing"] * 20 + ["estimated"] * 3
    assert [slot["import_kwh"] for slot in slots[20:]] == [1.2, 1.2, 0.6] and [slot["export_kwh"] for slot in slots[20:]] == [0.24, 0.24, 0.12]
    assert slots[0]["import_kwh"] is None and slots[0]["export_kwh"] is None


@pytest.mark.parametrize("now, offset, first, count, today", (
    ("2026-01-25T21:27:10", 60, "2025-12-31T23:00:00Z", 25, 26.0),
    ("2026-02-28T23:30:00", 60, "2026-02-28T23:00:00Z", 1, 0.6),
    ("2028-02-29T12:00:00", 0, "2028-02-01T00:00:00Z", 29, 14.4),
))
def test_the_month_knows_today_and_says_what_it_does_not_know(now, offset, first, count, today):
    slots = asked(now, f"span=month&offset_min={offset}", up_s=10 * 86400)
    assert slots[0]["time"] == first and len(slots) == count
    assert [slot["quality"] for slot in slots] == ["missing"] * (count - 1) + ["estimated"]
    assert slots[-1]["import_kwh"] == pytest.approx(today, abs=1)


def test_without_the_time_there_are_none():
    assert asked("2026-01-01T00:00:00", "span=day", known=False) == asked("2026-01-01T00:00:00", "span=month", known=False) == []


@pytest.mark.parametrize("offset", ("841", "-841", "x", "1.5", "-", "--5", "+60", "99999999999", "%2B60"))
def test_an_offset_that_cannot_be_is_refused(offset):
    with pytest.raises(HttpError) as error:
        asked("2026-01-01T00:00:00", "span=day&offset_min=" + offset)
    assert error.value.args[0] == 400
