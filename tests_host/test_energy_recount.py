"""A dongle takes over from another: its days and months are counted anew out of hours that came from there."""

import random
from datetime import datetime, timedelta, timezone

import pytest
from dateutil import tz

from energy.recount import Recount
from energy.snapshot import unpack
from test_energy_ledger import HOUR, Dongle
from tools.ledger.house import seconds

EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)
SWAP = seconds(2027, 11, 3, 11) + 1200


def sums(ledger):
    return [[ledger.since(period, channel) for channel in range(4)] for period in range(4)]


def swapped_in(period, now):
    """Whether the dongles were changed in that period as it is seen now."""
    there, here = [(EPOCH + timedelta(seconds=each)).astimezone(tz.gettz("Europe/Oslo")).date() for each in (SWAP, now)]
    if period < 2:
        return there == here - timedelta(days=period)
    return (here.year - there.year) * 12 + here.month - there.month == period - 2


def recounted(dongle, records):
    """The rows as books give them, into the dongle's ledger; how many there were."""
    count = Recount(dongle.ledger)
    rows = sorted((index, *rest, 0) for (span, index), rest in records.items() if span == HOUR and index >= count.since)
    random.Random(3).shuffle(rows)
    for row in rows:
        count.add(row)
    assert count.apply()
    return len(rows)


@pytest.mark.parametrize("kind, longer", (
    ("p1", 600), ("hourly", 2450), ("p1", 8000), ("hourly", 8000), ("p1", 13 * HOUR + 700), ("hourly", 28 * 24 * HOUR),
))
def test_the_sums_go_on_where_the_old_dongle_ended(kind, longer):
    old = Dongle(kind, at=seconds(2027, 9, 29, 5))
    while old.now < SWAP:
        # Over a month, and over a change of the clocks, slowly: what counts here is the hours.
        old.live(min(old.now + HOUR, SWAP), 400 + old.now % 7 * 130, old.now % 5 * 90, every=50, late=40)
    brought = dict(old.records)
    new = Dongle(kind, at=SWAP)
    new.ws = list(old.ws)
    new.latched = list(old.latched)
    while new.now < SWAP + longer:
        for each in (old, new):
            each.live(min(new.now + HOUR if each is old else old.now, SWAP + longer), 900, 50, every=50, late=40)
    assert sums(new.ledger) != sums(old.ledger)
    before = [new.ledger.total(channel) for channel in range(4)], new.ledger.so_far(0), new.ledger.last
    records = {**brought, **new.records}
    assert recounted(new, records) > 700
    assert before == ([new.ledger.total(channel) for channel in range(4)], new.ledger.so_far(0), new.ledger.last)
    # What the new one could not see: the hour in which they were changed, up to then.
    swap = SWAP // HOUR
    unseen = [0] * 4
    if (HOUR, swap) in old.records:
        unseen = [old.records[HOUR, swap][1 + c] - new.records.get((HOUR, swap), [3, 0, 0, 0, 0])[1 + c] for c in range(4)]
    else:
        unseen = [old.ledger.so_far(c) - new.ledger.so_far(c) for c in range(4)]
    for period, (mine, his) in enumerate(zip(sums(new.ledger), sums(old.ledger))):
        assert mine == [total - (lost if swapped_in(period, new.now) else 0) for total, lost in zip(his, unseen)], period
    words, _ = unpack(new.ledger.state(), 66)
    assert words


def test_an_hour_that_ends_meanwhile_asks_for_another_count():
    dongle = Dongle("p1", at=SWAP)
    dongle.live(SWAP + 2390, 500)
    count = Recount(dongle.ledger)
    before = sums(dongle.ledger)
    dongle.live(SWAP + 2420, 500)
    assert not count.apply()
    assert sums(dongle.ledger)[1] == before[1]
