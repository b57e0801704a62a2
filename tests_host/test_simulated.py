"""The parser reads out what the simulated meters put in, whoever made the meter and however the bytes arrive."""

import random

import pytest

from han import Reader
from tools.meter.meters import METERS

START_MS = 1_770_000_000_000 - 1_770_000_000_000 % 3_600_000 + 3_590_000


def stream(meter, seconds, seed=1):
    """(telegram, truth) of each push in that many seconds around a full hour."""
    house = meter.house(START_MS, seed)
    for now_ms, name in meter.due(START_MS):
        if now_ms >= START_MS + seconds * 1000:
            return
        yield meter.telegram(now_ms, house, name), meter.truth(now_ms, house, name)


def seen(reading):
    return dict(reading.items(), protocol=reading.protocol, vendor=reading.vendor, list=reading.list)


def complete(truth, before):
    """The truth with the vendor that the reader knows from the lists before."""
    return truth if "vendor" in truth else dict(truth, vendor=before)


def cut(data, rng):
    at = 0
    while at < len(data):
        n = rng.choice((1, 2, 7, 64, 300, 5000))
        yield data[at:at + n]
        at += n


@pytest.mark.parametrize("name", METERS)
def test_reads_what_the_meter_sent(name):
    meter = METERS[name]
    sent = list(stream(meter, 130))
    assert {truth["list"] for _, truth in sent} >= {"p1"} or any(t["list"] == "3" for _, t in sent)
    rng = random.Random(name)
    reader = Reader()
    got = []
    for piece in cut(b"".join(telegram for telegram, _ in sent), rng):
        got.extend(reader.feed(piece))
    assert len(got) == len(sent)
    for reading, (_, truth) in zip(got, sent):
        if "vendor" not in truth:
            truth = dict(truth, vendor=reading.vendor)
        assert seen(reading) == truth
        assert reading.other == {}
    assert reader.stats.dropped == reader.stats.resyncs == reader.stats.unknown == 0


def test_all_meters_on_one_line_with_noise_between():
    rng = random.Random(7)
    sent = [pair for name in METERS for pair in stream(METERS[name], 30)]
    rng.shuffle(sent)
    data = bytearray()
    for telegram, _ in sent:
        data += bytes(rng.randrange(256) for _ in range(rng.randrange(200))) + telegram
    reader = Reader()
    got = []
    for piece in cut(bytes(data), rng):
        got.extend(reader.feed(piece))
    assert len(got) == len(sent)
    for reading, (_, truth) in zip(got, sent):
        assert {k: v for k, v in seen(reading).items() if k != "vendor"} == \
            {k: v for k, v in truth.items() if k != "vendor"}


@pytest.mark.parametrize("name", METERS)
def test_a_changed_octet_gives_no_reading(name):
    rng = random.Random(name)
    telegrams = [telegram for telegram, _ in stream(METERS[name], 15)]
    for telegram in telegrams[:3]:
        # Behind the `!hhhh` of P1 and at the flags of HDLC a change does not touch what the checksum covers.
        last = telegram.index(b"!") if telegram[:1] == b"/" else len(telegram) - 1
        for at in range(1, last):
            damaged = bytearray(telegram)
            damaged[at] ^= 1 << rng.randrange(8)
            assert list(Reader().feed(damaged)) == []
