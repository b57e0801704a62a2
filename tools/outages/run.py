"""Runs one outage: a steady phase, the fault, the recovery, and the account as a row of the table."""

import contextlib
import time

from tools.outages.account import Account
from tools.outages.broker import HouseBroker
from tools.outages.house import House, HouseError

# What makes a row fail.
STALL_MS = 1500  # what the UART's buffer on the chip is made to survive (firmware/meter_port.py)
RECOVER_S = 45
# Bytes of heap at the lowest, which is when rare rooms stand beside a full outbox: what is left must hold those and the next reading.
FREE = 16384
# Deadlines (s): for the first readings, and for the last ones to get out after the recovery: a minute's sum follows two minutes later.
_STEADY_S = 40
_DRAIN_S = 200
_LAST_S = 5  # so long a message may be on its way
# Of a message that was on its way when the fault began.
_GRACE_S = 1


def run(scenario, folder):
    """Return the row, a dict; `troubles` are the sentences that make it fail, none when all is well."""
    row = blank(scenario.name, scenario.words, scenario.meter)
    # A full hour and its list fall into the outage: 25 s after the meter's start, or 9 s where there is nothing before it.
    start = "2026-02-02T02:59:45" if scenario.steady else "2026-02-02T03:00:01"
    house = House(folder, scenario.meter, start, settings=scenario.settings, broker=HouseBroker(folder / "broker"))
    try:
        with house:
            _outage(scenario, house, row)
    except HouseError as error:
        row["troubles"].append(str(error))
    judge(row, house.counts())
    return row


def blank(name, words, meter):
    """A row before the run."""
    figures = dict.fromkeys(("sent", "parsed", "stall_ms", "lost", "hours", "duplicates", "recover_s", "free"))
    return {"name": name, "words": words, "meter": meter, **figures, "troubles": []}


def _outage(scenario, house, row):
    house.configure()
    house.plug_in()
    fault = scenario.run(house)
    if scenario.steady:
        house.switch_on()
        house.wait(lambda: house.received("power") >= 2, _STEADY_S, "no readings arrive before the outage")
    # Before: the console may say it at once.
    began = time.monotonic()
    words = next(fault)
    if not scenario.steady:
        house.switch_on()
    house.wait(lambda: time.monotonic() - began >= scenario.seconds, scenario.seconds + 1, "")
    if words and not any(house.heard(each, began) for each in words):
        row["troubles"].append("the console says nothing of it: " + " or ".join(words))
    if not scenario.through and house.live(began + _GRACE_S) is not None:
        row["troubles"].append("readings arrive in the outage")
    if "mqtt_tls" in scenario.settings and house.proxy.plain:
        row["troubles"].append(f"{house.proxy.plain} connections without TLS")
    next(fault, None)
    ended = time.monotonic()
    with contextlib.suppress(HouseError):
        house.wait(lambda: house.live(ended) is not None, RECOVER_S + 15, "it does not recover")
    row["recover_s"] = None if house.live(ended) is None else round(house.live(ended) - ended, 1)
    # The sum of a minute is made when the meter goes on talking.
    with contextlib.suppress(HouseError):
        house.wait(lambda: not _missing(house), _DRAIN_S, "messages are lost", 1)
    totals = house.unplug()
    sent = house.sent()
    row["sent"] = totals["telegrams"]
    if totals["dropped"] or totals["damaged"] or totals["telegrams"] != len(sent):
        row["troubles"].append(f"the dongle's UART was full, or the meter failed: {totals}")
    with contextlib.suppress(HouseError):
        house.wait(lambda: house.counts()["telegrams"] >= len(sent) and not Account(sent, house.messages).lost(), _LAST_S, "", 0.2)
    account = Account(sent, house.messages)
    row.update(lost=len(account.lost()), hours=account.hours, duplicates=account.duplicates, parsed=house.counts()["telegrams"])
    row["troubles"] += account.wrong_hours + account.wrong + [f"lost: {what}" for what in account.lost()[:10]]


def _missing(house):
    """What was sent a while ago and has not arrived."""
    now = time.monotonic()
    return Account([each for each in house.sent() if each.at < now - _LAST_S], house.messages).lost()


def judge(row, counts):
    """Add the figures of the dongle, and to `troubles` what is beyond its limits."""
    row.update(stall_ms=counts["stall_ms"], free=counts["free"])
    troubles = row["troubles"]
    if row["parsed"] != row["sent"]:
        troubles.append(f"{row['parsed']} telegrams parsed of {row['sent']}")
    if counts["stall_ms"] >= STALL_MS:
        troubles.append(f"the loop stood still for {counts['stall_ms']} ms")
    if counts["checksum_errors"] or counts["restarts"]:
        troubles.append(f"{counts['checksum_errors']} checksum errors, {counts['restarts']} tasks restarted")
    if counts["free"] < FREE:
        troubles.append(f"{counts['free']} B of heap free")
    if row["recover_s"] is None or row["recover_s"] > RECOVER_S:
        troubles.append(f"not back within {RECOVER_S} s")
