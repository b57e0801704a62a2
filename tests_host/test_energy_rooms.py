"""The rooms beside the ledger: civil time, holidays, tariffs, peaks, guard, prices, costs, journal and table."""

from datetime import date, datetime, timedelta, timezone

import pytest
from dateutil import easter, tz
from hypothesis import given, settings
from hypothesis import strategies as st

from energy import checking, holidays, journal, presets, table, zone
from energy.contract import Contract
from energy.cost import Costs
from energy.crc import crc16
from energy.errors import DataError
from energy.guard import Watch
from energy.peaks import Peaks
from energy.price import Prices
from energy.tariff import Tariff
from tools.ledger.house import seconds
from tools.ledger.tariffs import swedish_holidays
from energy.windows import Windows

OSLO = 3600
EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)
MEASURED, SPLIT, ESTIMATED, MISSING = range(4)
CLEAR, WARNING, ALARM = range(3)


def local(year, month, day, hour=0, minute=0):
    """Seconds since 2000 UTC of a time in Oslo."""
    return int((datetime(year, month, day, hour, minute, tzinfo=tz.gettz("Europe/Oslo")) - EPOCH).total_seconds())


@pytest.mark.parametrize("name", ("Europe/Oslo", "Europe/Stockholm", "Europe/Copenhagen", "Europe/Helsinki"))
def test_civil_time_is_that_of_the_zone_database(name):
    where, standard = tz.gettz(name), zone.standard(name)
    for hour in range(24 * 365 * 20, 24 * 365 * 36, 5):
        moment = EPOCH + timedelta(hours=hour)
        assert zone.local(standard, hour * 3600) - hour * 3600 == moment.astimezone(where).utcoffset().total_seconds()
    for change in (local(2027, 3, 28, 3), local(2028, 10, 29, 4)):
        for second in range(change - 7200, change + 7200, 600):
            ahead = (EPOCH + timedelta(seconds=second)).astimezone(where).utcoffset().total_seconds()
            assert zone.local(standard, second) - second == ahead


@given(st.integers(-140_000, 100_000))
def test_dates(number):
    day = date(2000, 1, 1) + timedelta(number)
    assert zone.date(number) == (day.year, day.month, day.day)
    assert zone.days(*zone.date(number)) == number and zone.weekday(number) == day.weekday()


@pytest.mark.parametrize("text", (None, "", "2026", "2026-01-31", "2026-01-31T1x:00:00"))
def test_no_time(text):
    assert zone.read_clock(text) < 0


def test_holidays():
    for year in range(2000, 2100):
        sunday = easter.easter(year)
        assert zone.date(holidays.easter(year)) == (sunday.year, sunday.month, sunday.day)
        norwegian = {date(year, 1, 1), date(year, 5, 1), date(year, 5, 17), date(year, 12, 25), date(year, 12, 26)}
        norwegian |= {sunday + timedelta(n) for n in (-3, -2, 0, 1, 39, 49, 50)}
        eves = {date(year, 12, 24), date(year, 12, 31)}
        eves |= {day - timedelta(1) for day in swedish_holidays(year) if day.month == 6 and day.day > 6 and day.weekday() == 5 and day.day >= 20}
        for country, want in (("NO", norwegian), ("SE", swedish_holidays(year)), ("SE+", swedish_holidays(year) | eves), ("", set())):
            first = zone.days(year, 1, 1)
            found = {date(*zone.date(day)) for day in range(first, zone.days(year + 1, 1, 1)) if holidays.is_holiday(country, day)}
            assert found == want, (country, year)


def test_windows():
    rows = [{"months": [11, 12, 1, 2, 3], "days": "workdays", "hours": [[7, 19]], "value": 3}, {"hours": [[22, 6]], "value": 1}]
    windows = Windows(checking.windows(rows, "NO", 0, 9))
    for moment, value in ((local(2027, 1, 4, 7), 3), (local(2027, 1, 4, 6, 59), 0), (local(2027, 1, 4, 18, 59), 3), (local(2027, 1, 4, 19), 0),
                          (local(2027, 1, 3, 12), 0), (local(2027, 1, 1, 12), 0), (local(2027, 1, 1, 23), 1), (local(2027, 7, 5, 12), 0),
                          (local(2027, 7, 5, 5, 59), 1), (local(2027, 3, 25, 12), 0), (local(2027, 3, 24, 12), 3)):
        assert windows.find(OSLO, moment, 0) == value
    for bad in ({"months": [13]}, {"months": ["x"]}, {"days": "sundays"}, {"hours": [[7, 25]]}, {"value": 10}, {"value": True}):
        with pytest.raises(DataError):
            checking.windows([bad], "NO", 0, 9)
    with pytest.raises(DataError):
        checking.windows([], "XX", 0, 9)


@pytest.mark.parametrize("name", presets.names())
def test_presets_say_where_they_are_from(name):
    data = presets.preset(name)
    assert data["source"] and 2022 <= int(data["from"][:4]) <= 2026 and data["currency"] in ("NOK", "SEK")
    data["peaks"] = 5
    assert Tariff(data).count == 5 and Tariff(presets.preset(name)).count == 3


def test_presets_by_hand():
    elvia = Tariff(presets.preset("elvia"))
    assert [elvia.fee(watts, 1) for watts in (0, 1999, 2000, 4999, 5000, 120_000)] == [15000000, 15000000, 25000000, 25000000, 42000000, 680000000]
    assert elvia.next_step(2000) == 5000 and elvia.next_step(100_000) is None
    # Öre in the table, and steps that begin at 5 kW.
    lede = Tariff(presets.preset("lede"))
    assert [lede.fee(watts, 1) for watts in (4999, 5000, 100_000)] == [29375000, 50250000, 537625000]
    nacka = Tariff(presets.preset("nacka"))
    assert nacka.fee(2000, 5) == 10370000 and not nacka.distinct
    for name in ("", "elvia;", "vattenfall"):
        with pytest.raises(KeyError):
            presets.preset(name)
    ellevio = Tariff(presets.preset("ellevio"))
    assert ellevio.fee(4000, 7) == 32500000
    assert [ellevio.weight(OSLO, local(2027, 2, 3, hour)) for hour in (5, 6, 21, 22)] == [500, 1000, 1000, 500]
    sollentuna = Tariff(presets.preset("sollentuna"))
    assert sollentuna.fee(1000, 3) == 2 * sollentuna.fee(1000, 4) == 12292000
    assert [sollentuna.weight(OSLO, local(2027, 6, day, 12)) for day in (4, 5, 6, 7, 26)] == [1000, 0, 0, 1000, 0]


@pytest.mark.parametrize("change", (
    {"interval": 30}, {"interval": "60"}, {"flow": "both"}, {"peaks": 0}, {"peaks": 2.5}, {"combine": "median"}, {"windows": 5}, {"windows": [5]},
    {"steps": [[5, 1]]}, {"steps": [[0, 1], [9, 2], [5, 3]]}, {"steps": [7]}, {"steps": [[0, "x"]]}, {"per_kw": [1, 2]}, {"per_kw": "x"},
    {"holidays": "DE"}, {"free_w": -1}))
def test_tariffs_that_cannot_be(change):
    with pytest.raises(DataError):
        Tariff(dict(presets.preset("bkk"), **change))


def hour(moment, energy, quality=MEASURED):
    return (3600, moment // 3600, quality, energy, 0, 0, 0)


def january(peaks, *rows):
    for day, clock, energy, *quality in rows:
        assert peaks.note(hour(local(2027, 1, day, clock), energy, *quality))


def test_peaks_of_three_days_and_the_room_that_is_left():
    peaks = Peaks(Tariff(presets.preset("elvia")), OSLO)
    assert peaks.value() == 0 and peaks.top() == []
    january(peaks, (4, 8, 4000), (4, 9, 4500), (5, 8, 3000), (6, 8, 6000), (7, 8, 1000))
    assert [row[1] for row in peaks.top()] == [6000, 4500, 3000]
    assert peaks.value() == 4500 and peaks.fee() == 25000000
    # On the eighth: 5 kW is the mean at 4.5 + 6 + 4.5; on the fourth its own 4.5 kW are replaced.
    assert peaks.headroom(local(2027, 1, 8, 12)) == 4499
    assert peaks.headroom(local(2027, 1, 4, 12)) == 5999
    january(peaks, (8, 12, 4499))
    assert peaks.fee() == 25000000
    january(peaks, (8, 13, 4500))
    assert peaks.fee() == 42000000
    again = Peaks(Tariff(presets.preset("elvia")), OSLO, peaks.state())
    assert again.top() == peaks.top() and again.state() == peaks.state()
    assert peaks.note(hour(local(2027, 2, 1), 700))
    assert (peaks.last_value, peaks.last_fee) == (5000, 42000000) and peaks.value() == 700
    # Late news of the month before change nothing.
    assert peaks.note(hour(local(2027, 1, 31, 23), 9000)) and peaks.value() == 700
    with pytest.raises(ValueError):
        Peaks(Tariff(presets.preset("elvia")), OSLO, peaks.state()[:-1])


def test_an_estimate_is_no_peak_unless_it_is_confirmed():
    peaks = Peaks(Tariff(presets.preset("elvia")), OSLO)
    january(peaks, (4, 8, 3000), (5, 8, 9000, ESTIMATED), (6, 8, 9900, MISSING + 0), (7, 8, 2000, SPLIT))
    assert peaks.value() == 2500
    (row,) = peaks.doubtful()
    assert row[1] == 9000
    peaks.change("confirm", row[0])
    assert peaks.value() == (3000 + 9000 + 2000) // 3 and peaks.doubtful() == []
    # What comes later about that hour is no reason to forget the user's word.
    january(peaks, (5, 8, 100, SPLIT))
    assert peaks.top()[0][1] == 9000
    assert peaks.change("undo", 0) and not peaks.change("undo", 0)
    assert peaks.value() == 2500
    # The ledger says it better by itself.
    january(peaks, (5, 8, 2500, SPLIT))
    assert peaks.value() == 2500 and len(peaks.top()) == 3


def test_corrections_and_their_undoing():
    peaks = Peaks(Tariff(presets.preset("elvia")), OSLO)
    january(peaks, (4, 8, 3000), (4, 9, 2800), (5, 8, 4000))
    index = local(2027, 1, 5, 8) // 3600
    peaks.change("drop", index)
    assert peaks.value() == 3000
    peaks.change("drop", local(2027, 1, 4, 8) // 3600)
    assert peaks.value() == 2800
    peaks.change("put", index + 24, 5000)
    peaks.change("put", index, 6000)
    assert peaks.value() == (2800 + 5000 + 6000) // 3
    peaks = Peaks(Tariff(presets.preset("elvia")), OSLO, peaks.state())
    for value in ((2800 + 5000) // 2, 2800, 3000, 3500):
        assert peaks.change("undo", 0) and peaks.value() == value
    assert not peaks.change("undo", 0)
    for wrong in (index + 1, 5):
        with pytest.raises(KeyError):
            peaks.change("confirm", wrong)
    with pytest.raises(KeyError):
        peaks.change("put", index - 24 * 31, 1)
    assert not peaks.note(hour(local(2027, 1, 5, 8), 1000))
    peaks.clear()
    assert peaks.top() == []


def test_an_export_quarter_and_the_greatest():
    data = {"interval": 15, "flow": "export", "combine": "max", "peaks": 1, "distinct": False, "per_kw": 1000, "free_w": 1000}
    peaks = Peaks(Tariff(data), OSLO)
    at = local(2027, 5, 3, 12)
    for n, energy in enumerate((100, 900, 400)):
        assert peaks.note((900, at // 900 + n, MEASURED, 5000, energy, 0, 0))
        assert peaks.note((3600, at // 3600 + n, MEASURED, 9, 9, 9, 9))
    assert peaks.value() == 3600 and peaks.fee() == 2600
    assert peaks.headroom(at) == 3600


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 28), st.integers(0, 23), st.integers(0, 9000), st.integers(0, 3)), max_size=60),
       st.sampled_from(("elvia", "ellevio", "sollentuna")), st.integers(1, 4))
def test_peaks_are_the_greatest_in_whatever_order(rows, name, count):
    data = dict(presets.preset(name), peaks=count)
    tariff = Tariff(data)
    peaks = Peaks(tariff, OSLO)
    known = {}
    for day, clock, energy, quality in rows:
        moment = local(2027, 3, day, clock)
        known[moment] = energy, quality
        if not peaks.note(hour(moment, energy, quality)):
            peaks.clear()
            for each, (wh, mark) in known.items():
                peaks.note(hour(each, wh, mark))
    counted = []
    for moment, (energy, quality) in known.items():
        watts = energy * tariff.weight(OSLO, moment) // 1000
        if quality <= SPLIT and watts:
            counted.append((watts, zone.local(OSLO, moment) // 86400))
    if tariff.distinct:
        best = {}
        for watts, day in counted:
            best[day] = max(watts, best.get(day, 0))
        counted = [(watts, day) for day, watts in best.items()]
    want = sorted((watts for watts, _ in counted), reverse=True)[:count]
    assert [row[2] for row in peaks.top()] == want
    if name == "elvia" and peaks.month:
        moment = local(2027, 3, 29, 12)
        room = peaks.headroom(moment)
        before = peaks.fee()
        peaks.note(hour(moment, room))
        assert peaks.fee() == before
        peaks.note(hour(moment, room + 1))
        assert peaks.fee() > before


def test_a_watch_warns_early_and_is_slow_to_calm():
    watch, levels = Watch(900, 850, 60, 180), []
    for minute, end in enumerate((3000, 4600, 4600, 4700, 5200, 5200, 4400, 4400, 4400, 4400, 3000, 3000, 3000, 3000, 3000)):
        for now in range(minute * 60, minute * 60 + 60, 10):
            watch.note(end, 5000, now)
        levels.append(watch.level)
    assert levels == [CLEAR] * 2 + [WARNING] * 3 + [ALARM] * 4 + [WARNING] * 4 + [CLEAR] * 2
    # What is over already needs no waiting; without a limit there is peace.
    assert watch.note(5001, 5000, 2000, True) and watch.level == ALARM
    for now in range(2010, 2300, 10):
        watch.note(5001, None, now)
    assert watch.level == CLEAR


def test_prices_of_days_with_92_96_and_100_quarters():
    for day, quarters in ((28, 92), (29, 96)):
        prices = Prices()
        begin = local(2027, 3, day)
        prices.put(begin, 900, list(range(-50, -50 + quarters)))
        assert prices.spot(begin) == -50 and prices.spot(begin + quarters * 900 - 1) == quarters - 51
        assert prices.spot(begin - 1) is prices.spot(begin + quarters * 900) is None
        assert begin + quarters * 900 == local(2027, 3, day + 1)
    prices = Prices()
    begin = local(2028, 10, 29)
    prices.put(begin, 3600, [5] * 25)
    assert prices.spot(local(2028, 10, 30) - 1) == 5 and prices.spot(local(2028, 10, 30)) is None


def test_the_cheapest_time_ahead():
    prices = Prices()
    begin = local(2027, 5, 3)
    hours = [300, 200, -100, -200, 400, 100, -150, -150] + [500] * 16
    prices.put(begin, 3600, hours)
    assert prices.cheapest(begin, 8) == (begin + 2 * 3600, -150)
    assert prices.cheapest(begin + 2 * 3600 + 1, 8) == (begin + 6 * 3600, -150)
    assert prices.cheapest(begin + 3 * 3600, 4) == (begin + 3 * 3600, -200)
    assert prices.cheapest(begin + 23 * 3600, 8) is None
    assert prices.cheap(begin, begin + 86400, 6) == [begin + 3 * 3600 + 900 * n for n in range(4)] + [begin + 6 * 3600 + 900 * n for n in range(2)]
    prices.put(begin + 86400, 3600, [1] * 24)
    prices.put(begin + 2 * 86400, 3600, [2] * 24)
    assert prices.spot(begin) == 300
    prices.put(begin + 3 * 86400, 3600, [3] * 24)
    assert prices.spot(begin) is None and prices.spot(begin + 86400) == 1 and prices.spot(begin + 3 * 86400 + 80000) == 3
    for bad in ((begin, 900, [1]), (begin + 3 * 86400 + 1, 900, [1]), (begin + 3 * 86400, 1800, [1]), (begin + 4 * 86400, 3600, []),
                (begin + 4 * 86400, 3600, [1.5]), (begin + 4 * 86400, 3600, [1 << 31]), (begin + 4 * 86400, 900, [1] * 289)):
        with pytest.raises(DataError):
            prices.put(*bad)


def test_a_contract():
    data = {"share": 1050, "fixed": 8000, "vat": 250, "holidays": "NO", "support_above": 75000, "support_share": 900,
            "windows": [{"days": "workdays", "hours": [[6, 22]], "value": 36000}, {"value": 24000}]}
    contract = Contract(data)
    day, night = local(2027, 1, 4, 12), local(2027, 1, 4, 23)
    assert contract.price(OSLO, day, 100_000) == (105_000 - 22_500 + 8000 + 36_000) * 1250 // 1000
    assert contract.price(OSLO, night, -100_000) == (-105_000 + 8000 + 24_000) * 1250 // 1000 < 0
    for bad in ({"vat": 2000}, {"share": "x"}, {"windows": 3}, {"fixed": 1.5}):
        with pytest.raises(DataError):
            Contract(dict(data, **bad))


def test_costs():
    costs = Costs(OSLO)
    begin = local(2027, 1, 31, 22)
    for n in range(16):
        costs.note((900, begin // 900 + n, 0, 1000 + n, 250, 0, 0), 200_000 if n else None, -10_000)
    assert costs.sums(0) == (sum(1000 + n for n in range(12, 16)) * 200, -10_000)
    assert costs.sums(1) == costs.sums(2) == (sum(1000 + n for n in range(8, 16)) * 200, -20_000)
    assert costs.sums(3) == costs.sums(4) == (sum(1000 + n for n in range(1, 8)) * 200, -20_000)
    assert costs.unpriced() == 0
    # Said anew: replaced, yesterday's too; and in a copy from its state as well.
    costs = Costs(OSLO, costs.state())
    costs.note((900, begin // 900 + 15, 0, 0, 0, 0, 0), None, None)
    costs.note((900, begin // 900 + 1, 0, 2001, 250, 0, 0), 200_000, -10_000)
    costs.note((3600, 5, 0, 1, 1, 1, 1), 1, 1)
    assert costs.sums(1) == (sum(1000 + n for n in range(8, 15)) * 200, -17_500)
    assert costs.sums(3) == (sum(1000 + n for n in range(1, 8)) * 200 + 200_000, -20_000)
    for n in range(200):
        costs.note((900, begin // 900 + n, 0, 7, 0, 0, 0), None, None)
    assert costs.unpriced() == 7 * 192 and len(costs.state()) < 1500
    costs.note((900, begin // 900, 0, 9999, 0, 0, 0), 1, 1)
    assert costs.unpriced() == 7 * 192


RECORD = st.tuples(st.sampled_from((3600, 900)), st.integers(100_000, 104_000), st.integers(0, 3), *[st.integers(0, 0xFFFFFF)] * 4)


@given(st.lists(st.tuples(RECORD, st.booleans()), max_size=6), st.integers(0, 40), st.binary(max_size=15))
def test_a_journal_gives_back_what_was_written_before_the_cut(rows, cut, rest):
    data = journal.head(900, 102_000, 7)
    for record, corrected in rows:
        data += journal.encode(102_000, record, corrected)
    want = [(900,) + record[1:] + (int(corrected),) for record, corrected in rows]
    assert list(journal.records(data)) == want
    left = max(16, len(data) - cut)
    torn = data[:left] + rest[:left % 16 and 16 - left % 16]
    found = list(journal.records(torn))
    assert found[:(left - 16) // 16] == want[:(left - 16) // 16] and len(found) <= (left - 16) // 16 + 1
    assert journal.whole(torn) <= len(torn) and list(journal.records(torn[:journal.whole(torn)])) == found


def test_a_journal_refuses_what_does_not_fit():
    for bad in ((900, 5, 0, 0, 0, 0, 0), (900, 102_000, 0, -1, 0, 0, 0), (900, 102_000, 0, 1 << 24, 0, 0, 0)):
        with pytest.raises(ValueError):
            journal.encode(102_000, bad)
    for bad in (b"", b"HJ", journal.head(900, 1, 1)[:-1] + b"x", b"x" * 16):
        with pytest.raises(ValueError):
            journal.read_head(bad)
    data = bytearray(journal.head(3600, 102_000, 1) + journal.encode(102_000, (3600, 102_001, 1, 2, 3, 4, 5)) * 2)
    for at in range(16, 32):
        damaged = bytearray(data)
        damaged[at] ^= 0x10
        assert len(list(journal.records(damaged))) == 1
    assert journal.read_head(data) == (3600, 102_000, 1)
    # 13 months of hours and 40 days of quarter hours.
    a_segment = (journal.SIZE - 16) // journal.RECORD
    assert (-(-13 * 31 * 24 // a_segment) + -(-40 * 96 // a_segment)) * journal.SIZE <= 225_280


def test_the_checksum():
    assert crc16(b"123456789") == 0x29B1
    assert crc16(b"123456789\x29\xb1") == 0 == crc16(b"123456789\x29\xb1xx", 11)


@given(RECORD, st.booleans())
def test_a_line_of_the_table_gives_back_the_record(record, corrected):
    assert table.read(table.line(record, OSLO, corrected) + "\r\n") == (record, corrected)


def test_lines_of_the_table():
    at = local(2028, 10, 29, 2)
    lines = [table.line((3600, at // 3600 + n, n, 1234, 0, 5, 0), OSLO) for n in range(2)]
    assert lines[0] == "2028-10-29T02:00:00+02:00;3600;measured;1234;0;5;0;0"
    assert lines[1] == "2028-10-29T02:00:00+01:00;3600;split;1234;0;5;0;0"
    assert table.read(table.HEAD) is table.read("\n") is None
    good = lines[0]
    for bad in ("x", good[:-2], good + ";1", good.replace("measured", "good"), good.replace("3600", "1800"), good.replace("1234", "12.5"),
                good.replace("1234", "-1"), good.replace("1234", "99999999"), good.replace("02:00:00+", "02:10:00+"), good[:-1] + "2",
                good.replace("+02:00", "+02:30"), good.replace("2028-10", "1999-10"), good.replace("T02", "Txx")):
        with pytest.raises(table.TableError):
            table.read(bad)


def test_times_of_the_simulation_are_utc():
    assert seconds(2027, 1, 1) == local(2027, 1, 1, 1)
