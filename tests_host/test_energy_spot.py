"""Spot prices out of JSON text: exact decimals, both forms, any pieces, and a clear word for whatever is wrong."""

import json
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy.errors import DataError
from energy.peaks import Peaks
from energy.price import Prices
from energy.spot import Offer, moment, scaled
from energy.tariff import Tariff

EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)
START = "2026-01-31T00:00:00+01:00"
BEGIN = int((datetime(2026, 1, 30, 23, tzinfo=timezone.utc) - EPOCH).total_seconds())


def read(text, piece=1 << 20):
    offer = Offer()
    data = text if isinstance(text, bytes) else text.encode()
    for n in range(0, len(data), piece):
        offer.feed(data[n:n + piece])
    return offer.runs(), offer.currency


@pytest.mark.parametrize("piece", (1, 2, 5, 64, 1000))
def test_a_row_of_prices(piece):
    text = '{"prices": [0.7123, "0.6891",-0.01,1e-05 ,\n 1.23E1, 0], "currency":"NOK" , "step_min": 60, "x": {"start": [1]}, "start": "%s"}' % START
    assert read(text, piece) == ([(BEGIN, 3600, [71230, 68910, -1000, 1, 1230000, 0])], "NOK")


@pytest.mark.parametrize("piece", (1, 7, 1000))
def test_what_a_nord_pool_sensor_has(piece):
    """A day of 23 hours, in öre; a price that is not known yet; lists and texts that are nothing for us."""
    first = datetime(2026, 3, 28, 23, tzinfo=timezone.utc)
    zone = [timezone(timedelta(hours=1)), timezone(timedelta(hours=2))]
    entries = []
    for hour in range(24):
        begin = first + timedelta(hours=hour)
        local = begin.astimezone(zone[hour >= 2])
        entries.append({"start": local.isoformat(), "end": (local + timedelta(hours=1)).isoformat(), "value": 79.264 + hour})
    entries[23]["value"] = None
    text = json.dumps({"state_class": "total", "unit": "kWh", "currency": "SEK", "low price": False, "price_in_cents": True, "today": [1.5, 2.5],
                       "raw_today": entries[:23], "raw_tomorrow": entries[23:], "friendly_name": 'a "quoted" \\ å ' + "long " * 30})
    ((begin, span, prices),), currency = read(text, piece)
    assert (begin, span, currency) == (int((first - EPOCH).total_seconds()), 3600, "SEK")
    assert prices == [79264 + 1000 * hour for hour in range(23)]


def test_runs_with_a_gap_megawatt_hours_and_quarters():
    entries = [{"start": "2026-01-31T%02d:%02d:00.000Z" % divmod(15 * n, 60), "value": 1234.56} for n in (0, 1, 4, 5)]
    runs, currency = read(json.dumps({"unit": "MWh", "list": entries}))
    assert runs == [(BEGIN + 3600, 900, [123456] * 2), (BEGIN + 7200, 900, [123456] * 2)] and currency == ""


@pytest.mark.parametrize("text, words", (
    ("", "no end"), ("{", "no end"), ("[]", "not a JSON object"), ("null", "not a JSON object"), ("x" * 100, "not a JSON object"), ('{"a":%s}' % ("x" * 100), "not JSON"), ("{}", "no prices"), ('{"a" 1}', "JSON"),
    ('{"prices":[1 2]}', "number"), ('{"prices":[1}', "not JSON"), ('{"prices":[1,2]}', "start"), ('{"prices":[null]}', "number"),
    ('{"prices":[1]}x', "behind the end"), ('{"prices":[1]}{', "behind the end"), ('{"prices":[NaN]}', "number"), ('{"prices":[true]}', "number"),
    ('{"prices":["' + "9" * 99 + '"]}', "number"), ('{"prices":[1e12]}', "number"), ('{"prices":[99999999]}', "too large"),
    ('{"prices":[%s]}' % ",".join("1" * 289), "three days"), ('{"start":"2026-01-31T00:00:00","prices":[1]}', "distance from UTC"),
    ('{"start":"2026-02-30T00:00:00Z"}', "distance from UTC"), ('{"start":7}', "distance from UTC"), ('{"currency":"kr"}', "three capital"),
    ('{"currency":7}', "three capital"), ('{"unit":"Wh"}', "kWh or MWh"), ('{"prices":[1],"start":"%s","step_min":30}' % START, "15 or 60"),
    ("[" * 99, "not a JSON object"), ('{"a":' * 9, "too deep"), ('{"a":"\\', "no end"), ('"a"', "not a JSON object"), (":", "JSON"),
    ('{"r":[{"start":"%s","value":1}]}' % START, "15 or 60"), ('{"r":[{"start":"%s","value":1},{"start":"%s","value":2}]}' % (START, START), "once"),
    ('{"prices":[1],"r":[{"start":"%s","value":1}]}' % START, "either"),
))
def test_each_mistake_has_its_sentence(text, words):
    for piece in (1, 1000):
        with pytest.raises(DataError) as caught:
            read(text, piece)
        assert words in str(caught.value)


@given(st.binary(max_size=60) | st.text('{}[]",:0123456789.eE-\\ nulstart', max_size=60).map(str.encode), st.integers(1, 9))
def test_rubbish_is_an_error_and_nothing_else(data, piece):
    try:
        runs, _ = read(data, piece)
        assert runs
    except DataError:
        pass


@given(st.decimals(-10000, 10000, places=7))
def test_decimals_are_exact(number):
    want = int((abs(number) * 100000).to_integral_value(ROUND_HALF_UP)) * (-1 if number < 0 else 1)
    assert scaled(str(number), 5) == want
    assert scaled(repr(float(number)), 5) == want


@given(st.datetimes(datetime(2000, 1, 2), datetime(2060, 1, 1)), st.integers(-14, 14))
def test_moments(when, ahead):
    when = when.replace(microsecond=0, tzinfo=timezone(timedelta(hours=ahead)))
    assert moment(when.isoformat()) == int((when - EPOCH).total_seconds())


def test_prices_are_stored():
    prices = Prices()
    prices.put(BEGIN, 3600, [5, -7, 1 << 29])
    again = Prices(bytes(prices.state()))
    assert [again.spot(BEGIN + 900 * n) for n in range(-1, 13)] == [None, *[5] * 4, *[-7] * 4, *[1 << 29] * 4, None]
    assert again.end() == BEGIN + 3 * 3600 and Prices().end() == 0
    state = prices.state()
    for damaged in (state[:-1], b"", bytes([state[0] ^ 1]) + bytes(state[1:])):
        with pytest.raises(ValueError):
            Prices(damaged)


def test_corrections_outlive_another_tariff():
    """What the user said stays, weighed as the new tariff says."""
    hour = BEGIN // 3600 + 10
    peaks = Peaks(Tariff({"windows": [{"value": 500}]}), 3600)
    for n in range(3):
        peaks.note((3600, hour + 24 * n - 240, 0, 4000 + n, 0, 0, 0))
    peaks.change("put", hour - 241, 9000)
    peaks.change("drop", hour - 240)
    assert peaks.value() == (4500 + 2000 + 2001) // 3 and peaks.left() == 2
    assert [row[0] for row in peaks.dropped()] == [hour - 240]
    other = Peaks(Tariff({}), 3600, peaks.state())
    other.clear()
    assert [(row[1], row[2]) for row in other.top()] == [(9000, 9000)] and [row[0] for row in other.dropped()] == [hour - 240]
