"""A day in a few minutes: twenty-four full hours, an outage of some kind every now and then, the dongle's plug pulled once.

The meter's clock and line run SPEED times faster; it talks only around full and half hours, so that the parser need not be faster.
"""

import contextlib
import random
import time

from tools.outages import proxy
from tools.outages import run as outages_run
from tools.outages.account import Account
from tools.outages.broker import HouseBroker
from tools.outages.house import House, HouseError

WORDS = "a day of random outages, one power cut"
SEED = 1
SPEED = 360
HOURS = 24
OUTAGES = 20
START = "2026-02-02T02:50:00"
METER = "aidon-no"
KINDS = (proxy.REFUSE, proxy.SWALLOW, proxy.MUTE, proxy.CLOSE_CONNACK, proxy.CLOSE_PUBLISH, proxy.NO_ACK, proxy.STALL, "killed", "wifi")
_HOUR_S = 3600 / SPEED
_TO_HOUR_S = 600  # from START to the first full hour, in the meter's seconds
_TALK_S = 20  # at every full and half hour, in the meter's seconds
_SHORTEST_S = 2
_PAUSE_S = 4  # at least, from one outage to the next
_PLUG_PHASE_S = 2.5  # after a full hour: what came then has been counted
_PLUG_S = 1.5
_DRAIN_S = 90


def silences():
    """Arguments for tools.meter: when it says nothing."""
    begin, words = 0, []
    for talk in range(_TO_HOUR_S, _TO_HOUR_S + HOURS * 3600, 1800):
        words += ["--silence", f"{begin}:{talk - begin}"]
        begin = talk + _TALK_S
    return [*words, "--silence", f"{begin}:1000000"]


def plan(seed):
    """[(begin, end, kind)] of the outages, in s from the meter's start; none touches another."""
    rng = random.Random(seed)
    first = _TO_HOUR_S / SPEED
    slot = (HOURS - 1) * _HOUR_S / OUTAGES
    kinds = [*KINDS, *KINDS, rng.choice(KINDS)]
    rng.shuffle(kinds)
    planned = []
    for number in range(OUTAGES):
        begin = first + number * slot
        if number == OUTAGES // 2:
            begin += -(begin - first - _PLUG_PHASE_S) % _HOUR_S
            planned.append((begin, begin + _PLUG_S, "plug"))
        else:
            lasts = rng.uniform(_SHORTEST_S, slot - _PAUSE_S)
            begin += rng.uniform(0, slot - _PAUSE_S - lasts)
            planned.append((begin, begin + lasts, kinds.pop()))
    return planned


@contextlib.contextmanager
def _broken(house, kind):
    """An outage of that kind."""
    if kind == "plug":
        house.cut_power()
    elif kind == "killed":
        house.broker.kill()
        house.proxy.behave(proxy.REFUSE)
    elif kind == "wifi":
        house.board.no_network.touch()
        house.proxy.behave(proxy.SWALLOW)
    else:
        house.proxy.behave(kind)
    yield
    if kind == "plug":
        house.switch_on()
    elif kind == "killed":
        house.start_broker()
    elif kind == "wifi":
        house.board.no_network.unlink()
    house.proxy.behave(proxy.PASS)


def run(folder, seed=SEED):
    """Return the row, as outages_run.run does, of what is promised over a power cut too: hourly registers. `recover_s` is how long the last registers took after the meter's end."""
    row = outages_run.blank("day", WORDS, METER)
    house = House(folder, METER, START, ["--speed", SPEED, *silences()], broker=HouseBroker(folder / "broker"))
    try:
        with house:
            _day(house, row, seed)
    except HouseError as error:
        row["troubles"].append(str(error))
    outages_run.judge(row, house.counts())
    return row


def _day(house, row, seed):
    house.configure()
    house.switch_on()
    house.wait(lambda: house.counts()["sessions"], 20, "the dongle does not connect")
    house.plug_in()
    began = time.monotonic()
    for begin, end, kind in plan(seed):
        time.sleep(max(0, began + begin - time.monotonic()))
        with _broken(house, kind):
            time.sleep(max(0, began + end - time.monotonic()))
    house.wait(lambda: sum(name == "3" for name, *_ in house.stamps()) >= HOURS, _HOUR_S * 2, "the meter is slow")
    totals = house.unplug()
    sent = house.sent()
    row["sent"] = totals["telegrams"]
    with contextlib.suppress(HouseError):
        row["recover_s"] = round(house.wait(lambda: not Account(sent, house.messages).lost_hours, _DRAIN_S, "registers are lost", 0.5), 1)
    account = Account(sent, house.messages)
    row.update(lost=len(account.lost_hours), hours=account.hours, duplicates=account.hour_duplicates, parsed=house.counts()["telegrams"])
    row["troubles"] += account.wrong_hours + [f"lost: {what}" for what in account.lost_hours[:10]]
