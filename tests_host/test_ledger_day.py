"""The ledger in the whole dongle: hours of a simulated house, in seconds, over a real broker, with an outage and the plug pulled."""

import json
import time

import pytest
from conftest import obtain

from tools import runtime
from tools.meter import clock
from tools.outages import proxy
from tools.outages.house import House

SPEED = 360
HOUR_S = 3600 / SPEED
START = "2026-02-02T02:50:00"
HOURS = 6
# Full hours behind START: the broker refuses from the second to shortly before the third; the plug is out around the fourth.
REFUSED, UNPLUGGED = 2, 4
TALK_S = 20


@pytest.fixture(scope="module", autouse=True)
def _fetched(micropython32, umqtt):
    obtain(runtime.mosquitto)


def silences():
    """The meter talks at every full, quarter and half hour: the parser need not be SPEED times as fast."""
    begin, words = 0, []
    for talk in range(600, 600 + HOURS * 3600, 900):
        words += ["--silence", f"{begin}:{talk - begin}"]
        begin = talk + TALK_S
    return [*words, "--silence", f"{begin}:1000000"]


def intervals(house):
    """{start: the last message about it}."""
    return {each["start"]: each for _, topic, text in house.messages if topic == "interval" for each in [json.loads(text)]}


@pytest.mark.parametrize("meter", ("aidon-no", "p1-landis"))
def test_hours_arrive_and_add_up(meter, tmp_path):
    with House(tmp_path, meter, START, ["--speed", SPEED, *silences()]) as house:
        house.configure(zone="Europe/Oslo", ha_prefix="")
        house.plug_in()
        deadline = time.monotonic() + 20
        while not house.stamps():
            assert time.monotonic() < deadline, "the meter does not talk"
            time.sleep(0.005)
        # The clocks go on together from the meter's first telegram, at the first full hour.
        wall = house.stamps()[0][2] / 1e9
        house.board.time = wall, clock.parse(START) / 1000 + 600, SPEED
        house.switch_on()

        def until(hours):
            time.sleep(max(0, wall + hours * HOUR_S - time.time()))

        until(REFUSED - 0.5)
        house.proxy.behave(proxy.REFUSE)
        until(REFUSED + 0.9)
        house.proxy.behave(proxy.PASS)
        until(UNPLUGGED - 0.3)
        house.cut_power()
        until(UNPLUGGED + 0.1)
        house.switch_on()
        until(HOURS - 1)
        wanted = [f"2026-02-02T{3 + n:02d}:00:00Z" for n in range(HOURS - 1)]
        house.wait(lambda: set(wanted) <= set(intervals(house)), 60, f"hours are missing: {wanted}, {house.messages[-5:]}")
        house.wait(lambda: any(topic == "usage" and json.loads(text).get("last_hour_quality") for _, topic, text in house.messages), 70, "no usage")
        sent = house.sent()
        house.unplug()
    assert not any("stumbled" in text or "damaged" in text or " task: " in text for _, text in house.said), house.said
    found = intervals(house)
    # The registers at full hours, as the meter sent them.
    registers = {}
    for each in sent:
        if "energy_import_wh" in each.truth:
            registers.setdefault(each.truth["meter_time"][:13], each.truth)
    ends = sorted(registers)
    for key, name in (("energy_import_kwh", "energy_import_wh"), ("energy_export_kwh", "energy_export_wh")):
        # It was switched on behind the first full hour: what it did not see of it is no hour of its.
        steps = [registers[end][name] - registers[begin][name] for begin, end in zip(ends, ends[1:])]
        said = [round(found[start][key] * 1000) for start in wanted]
        assert sum(said[1:]) == sum(steps[1:len(said)]), (said, steps)
        for start, hour, step in list(zip(wanted, said, steps))[1:]:
            assert found[start]["quality"] != "measured" or abs(hour - step) <= 20, (start, found[start], steps)
    qualities = [found[start]["quality"] for start in wanted]
    assert qualities.count("measured") >= 2, qualities
    usage = json.loads([text for _, topic, text in house.messages if topic == "usage"][-1])
    assert usage["today_import_kwh"] > 0 and usage["hour_import_kwh"] >= 0, usage
