"""The whole firmware through what happens in a house, in short: some of `make outages`, and rubbish on the meter's line.

The simulated meter talks at true pace; its own account says what the parser should have seen.
"""

import time

import pytest
from conftest import obtain

from tools import runtime
from tools.outages import run as outages_run
from tools.outages.house import House
from tools.outages.scenarios import SCENARIOS


@pytest.fixture(autouse=True)
def programs(micropython32, umqtt):
    obtain(runtime.mosquitto)


@pytest.mark.parametrize("name", ("killed", "wifi", "after-connack"))
def test_an_outage(name, tmp_path):
    row = outages_run.run(SCENARIOS[name]._replace(seconds=6), tmp_path)
    print(row)
    # Memory is judged by `make outages` and test_soak.py.
    assert [each for each in row["troubles"] if "of heap free" not in each] == []
    assert row["sent"] == row["parsed"] > 0 and row["lost"] == 0


def test_rubbish_on_the_line(tmp_path):
    with House(tmp_path, faults=["--noise", "0.01"]) as house:
        house.configure()
        house.plug_in()
        house.switch_on()
        told = ("meter: telegrams come damaged", "meter: bytes come, but nothing in them is a telegram")
        house.wait(lambda: any(map(house.heard, told)), 60, "nothing is said about it")
        sent = house.unplug()
        counts = house.counts()
        print(f"the meter sent {sent}; the dongle says {counts}")
        assert sent["damaged"] > sent["telegrams"]
        assert counts["telegrams"] <= sent["telegrams"], "no damaged frame is taken for a good one"
        assert house.received("power") <= sent["telegrams"]

        del house.faults[-2:]
        house.plug_in()
        mended = time.monotonic()
        took = house.wait(lambda: house.heard("meter: good telegrams", mended), 90, "good telegrams are not found again")
        print(f"good telegrams again after {took:.1f} s")
        arrived = house.received("power")
        house.wait(lambda: house.received("power") >= arrived + 2, 30, "publishing does not resume")
        counts = house.counts()
        assert counts["restarts"] == counts["losses"] == 0
        assert counts["stall_ms"] < outages_run.STALL_MS
