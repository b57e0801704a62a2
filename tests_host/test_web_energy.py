"""The ledger over the API, on the PC board under real MicroPython: hours and days out of books of 13 months, another dongle's hours
taken in, peaks, tariffs, contracts, prices."""

import http.client
import json
import random
import time
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from energy import journal, presets, table
from test_web import SET, Dongle
from tools import pcboard

HERE = ZoneInfo("Europe/Oslo")
EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)
QUALITIES = ("measured", "split", "estimated", "missing")
MONTHS = 400 * 24
ENERGY = {**SET, "board": "esp32-p1", "zone": "Europe/Oslo"}


def now():
    return int((datetime.now(timezone.utc) - EPOCH).total_seconds())


def begin(index, span=3600):
    return (EPOCH + timedelta(seconds=index * span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def fill(device, seed=4):
    """Write books as the firmware does; {(span, index): record}. An hour in a hundred is not there; the last two are the dongle's own."""
    folder = device / "ledger"
    folder.mkdir()
    chance = random.Random(seed)
    truth, told = {}, {}
    for span, count in ((3600, MONTHS), (900, 3800)):
        end = now() // 3600 * (3600 // span) - 2 * 3600 // span
        index, number = end - count, 0
        while index < end:
            number += 1
            first, data = index, bytearray(journal.head(span, index, number))
            while index < end and len(data) < journal.SIZE:
                if chance.random() > 0.01:
                    truth[span, index] = (span, index, chance.choice((0,) * 12 + (1, 2, 3)), chance.randrange(4000 * span // 3600), chance.randrange(300), 7, 8)
                    data += journal.encode(first, truth[span, index])
                index += 1
            name = f"{'q' if span == 900 else 'h'}{number:05x}"
            (folder / (name if index == end else f"{name}-{first:06x}-{index - 1:06x}")).write_bytes(data)
            told[span] = [number, len(data)]
    (folder / "told").write_text(json.dumps(told))
    return truth


def patient(ask, *arguments):
    """The answer; a chip that is short of memory for a moment is asked again, as the page does."""
    answer = None
    for _ in range(25):
        try:
            answer = ask(*arguments)
            if answer.status != 503:
                return answer
        except (http.client.HTTPException, ConnectionError) as error:
            answer = error
        time.sleep(1)
    raise AssertionError(getattr(answer, "body", answer))


def keeper_of_books(folder, **settings):
    """(Dongle, visitor, truth) of a dongle that has kept books for 13 months."""
    board = pcboard.PcBoard(folder / "board")
    truth = fill(board.device)
    dongle = Dongle(folder, {**ENERGY, **settings}, ["p1-landis"], board)
    return dongle, dongle.visitor(), truth


@pytest.fixture(scope="module")
def old(tmp_path_factory, micropython32, umqtt):
    made = keeper_of_books(tmp_path_factory.mktemp("old"))
    yield made
    made[0].close()


@pytest.fixture(scope="module")
def payer(tmp_path_factory, micropython32, umqtt):
    """One of a house with a capacity tariff and prices."""
    made = keeper_of_books(tmp_path_factory.mktemp("payer"), tariff="elvia", price_topic="prices")
    yield made
    made[0].close()


def hours_of(day):
    """Indices of the hours of a local day."""
    first, last = [datetime(each.year, each.month, each.day, tzinfo=HERE) for each in (day, day + timedelta(days=1))]
    return range(int((first - EPOCH).total_seconds()) // 3600, int((last - EPOCH).total_seconds()) // 3600)


def changes():
    """The days of the last year with 23 and with 25 hours."""
    today = datetime.now(HERE).date()
    return [each for each in (today - timedelta(days=n) for n in range(2, 366)) if len(hours_of(each)) != 24]


@pytest.mark.parametrize("which", (0, 1, 2))
def test_the_hours_of_a_day(old, which):
    _, visitor, truth = old
    day = [*changes(), datetime.now(HERE).date() - timedelta(days=200)][which]
    answer = patient(visitor.get, f"/api/v1/energy?span=day&date={day}").json()
    assert answer["date"] == str(day) and answer["places"] == len(answer["slots"]) == len(hours_of(day)) == {0: 25, 1: 23, 2: 24}[which] or which < 2
    for slot, index in zip(answer["slots"], hours_of(day), strict=True):
        record = truth.get((3600, index))
        assert slot["time"] == begin(index)
        if record is None:
            assert (slot["import_kwh"], slot["export_kwh"], slot["quality"]) == (None, None, "missing")
        else:
            assert (slot["import_kwh"], slot["export_kwh"], slot["quality"]) == (record[3] / 1000, record[4] / 1000, QUALITIES[record[2]])
    lines = patient(visitor.get, f"/api/v1/energy?span=day&date={day}&format=csv").body.decode().split("\r\n")
    assert lines[0] == "time,import_kwh,export_kwh,quality" and len(lines) == 2 + sum((3600, index) in truth for index in hours_of(day))


def test_the_days_of_a_month_are_as_good_as_the_worst_of_their_hours(old):
    _, visitor, truth = old
    first = (datetime.now(HERE).date().replace(day=1) - timedelta(days=40)).replace(day=1)
    answer = patient(visitor.get, f"/api/v1/energy?span=month&date={first + timedelta(days=11)}").json()
    days = [first + timedelta(days=n) for n in range(31) if (first + timedelta(days=n)).month == first.month]
    assert answer["places"] == len(days) and answer["date"] == str(first)
    for slot, day in zip(answer["slots"], days, strict=True):
        records = [truth.get((3600, index)) for index in hours_of(day)]
        known = [record for record in records if record]
        assert slot["import_kwh"] == sum(record[3] for record in known) / 1000 and slot["export_kwh"] == sum(record[4] for record in known) / 1000
        assert slot["quality"] == QUALITIES[max(record[2] if record else 3 for record in records)]


def collect(visitor, span, days):
    """The lines of so many days, as the page asks for them."""
    lines = []
    end = datetime.now(HERE).date() + timedelta(days=1)
    for past in range(days, 0, -10):
        answer = patient(visitor.get, f"/api/v1/journal?span={span}&since={end - timedelta(days=past)}&until={end - timedelta(days=past - 10)}")
        assert answer.headers["content-type"].startswith("text/csv")
        head, *more = answer.body.decode().split("\r\n")
        assert head == table.HEAD
        lines += filter(None, more)
    return lines


def bring(visitor, lines):
    sums = {"taken": 0, "kept": 0}
    for at in range(0, len(lines), 16):
        answer = patient(visitor.post, "/api/v1/journal/lines", {"lines": "\n".join(lines[at : at + 16])})
        assert answer.status == 200, answer.body
        for key, count in answer.json().items():
            sums[key] += count
    assert patient(visitor.post, "/api/v1/journal/end", {}).status == 200
    return sums


def test_a_dongle_is_replaced(old, tmp_path):
    _, visitor, truth = old
    lines = collect(visitor, "hour", 70) + collect(visitor, "quarter", 10)
    records = [table.read(line)[0] for line in lines]
    # What the dongle itself has seen since is in there, too.
    assert {record[:2] for record in records} >= {key for key in truth if key[1] * key[0] > now() - (69 if key[0] == 3600 else 9) * 86400}
    assert all(truth.get(record[:2], record) == record for record in records)
    dongle = Dongle(tmp_path, ENERGY, ["p1-landis"])
    try:
        fresh = dongle.visitor()
        deadline = time.monotonic() + 30
        while "hour_import_kwh" not in patient(fresh.get, "/api/v1/usage").json():
            assert time.monotonic() < deadline
            time.sleep(0.5)
        before = patient(fresh.get, "/api/v1/usage").json()
        assert "last_month_import_kwh" not in before
        assert bring(fresh, lines) == {"taken": len(lines), "kept": 0}
        assert bring(fresh, lines[:64]) == {"taken": sum(record[2] == 3 for record in records[:64]), "kept": sum(record[2] < 3 for record in records[:64])}
        # An hour may have ended meanwhile.
        known = set(lines)
        assert [line for line in collect(fresh, "hour", 70) + collect(fresh, "quarter", 10) if line in known] == lines
        after = patient(fresh.get, "/api/v1/usage").json()
        month = datetime.now(HERE).date().replace(day=1)
        sums = {"last_month": 0, "yesterday": 0}
        for record in records:
            day = (EPOCH + timedelta(seconds=record[0] * record[1])).astimezone(HERE).date()
            if record[0] == 3600:
                sums["last_month"] += record[3] if day < month <= day + timedelta(days=31) and (month - timedelta(days=1)).month == day.month else 0
                sums["yesterday"] += record[3] if day == datetime.now(HERE).date() - timedelta(days=1) else 0
        assert {key: after[key + "_import_kwh"] for key in sums} == {key: wh / 1000 for key, wh in sums.items()}
        # It is in the flash: a start later everything is still there.
        dongle.child.stop()
        dongle.start()
        fresh = dongle.visitor()
        assert [line for line in collect(fresh, "hour", 20) if line in known] == [line for line in collect(visitor, "hour", 20) if line in known]
        again = patient(fresh.get, "/api/v1/usage").json()
        assert again["last_month_import_kwh"] == after["last_month_import_kwh"]
    finally:
        dongle.close()


@pytest.mark.parametrize("change, sentence", (
    (lambda line: line.replace("measured", "meashured"), "quality one of measured"),
    (lambda line: line[:-2], "seven more columns"),
    (lambda line: line.replace(":00:00+", ":07:00+"), "beginning of an interval"),
    (lambda line: line.replace(";3600;", ";1800;"), "seconds must be 900 or 3600"),
    (lambda line: line.replace("2024-", "2060-"), "is not over yet"),
    (lambda line: line.replace(";500;", ";-5;"), "from 0 to 16777215"),
    (lambda line: line.replace(";500;", ";0.5;"), "whole numbers"),
    (lambda line: "\U0001f600" * 40, "seven more columns"),
))
def test_a_line_that_is_not_right_is_named_and_nothing_is_taken(old, change, sentence):
    _, visitor, _ = old
    good = [f"2024-05-0{n}T10:00:00+02:00;3600;measured;500;0;0;0;0" for n in range(1, 6)]
    answer = patient(visitor.post, "/api/v1/journal/lines", {"lines": "\n".join([table.HEAD, *good[:3], change(good[3]), good[4]])})
    assert answer.status == 422 and set(answer.json()["problems"]) == {"5"} and sentence in answer.json()["problems"]["5"]
    assert all(slot["import_kwh"] is None for slot in patient(visitor.get, "/api/v1/energy?span=day&date=2024-05-01").json()["slots"])


def test_other_wrong_questions(old):
    _, visitor, _ = old
    for body in ({}, {"lines": 5}, {"lines": ["a"]}):
        assert patient(visitor.post, "/api/v1/journal/lines", body).status == 400
    assert patient(visitor.post, "/api/v1/journal/other", {}).status == 404
    for query in ("", "?span=hour", "?span=hour&since=2026-01-01&until=2026-03-01", "?span=hour&since=2026-02-01&until=2026-01-01", "?span=day&since=2026-01-01&until=2026-01-02",
                  "?span=hour&since=x&until=y"):
        assert patient(visitor.get, "/api/v1/journal" + query).status == 400
    for path in ("/api/v1/peaks/other", "/api/v1/peaks/"):
        assert patient(visitor.post, path, {}).status in (404, 405)


def counted(visitor, wanted=lambda peaks: True):
    """The peaks, as soon as they are so."""
    deadline = time.monotonic() + 150
    while True:
        peaks = patient(visitor.get, "/api/v1/peaks").json()
        if peaks["tariff"] and wanted(peaks):
            return peaks
        assert time.monotonic() < deadline, peaks
        time.sleep(0.5)


def test_peaks_are_those_of_the_books_and_can_be_corrected(payer):
    dongle, visitor, truth = payer
    today = datetime.now(HERE).date()
    if today.day == 1:
        pytest.skip("the month has only begun")
    peaks = counted(visitor, lambda peaks: peaks["peaks"])
    days = {}
    for (span, index), record in truth.items():
        day = (EPOCH + timedelta(seconds=span * index)).astimezone(HERE).date()
        if span == 3600 and (day.year, day.month) == (today.year, today.month) and record[2] < 2:
            days[day] = max(days.get(day, (0, 0)), (record[3], index))
    best = sorted(days.values(), reverse=True)[:3]
    found = [peak for peak in peaks["peaks"] if peak["state"] == "counted"]
    assert [(peak["power_w"], peak["start"]) for peak in found] == [(power, begin(index)) for power, index in best]
    assert peaks["tariff"] == "Elvia" and peaks["power_w"] == sum(power for power, _ in best) // len(best) and peaks["corrections"] == 0
    start = found[0]["start"]
    after = patient(visitor.post, "/api/v1/peaks/drop", {"start": start}).json()
    after = counted(visitor, lambda peaks: peaks["corrections"] == 1) if after["corrections"] != 1 else after
    assert [peak["start"] for peak in after["peaks"] if peak["state"] == "dropped"] == [start] and after["power_w"] < peaks["power_w"]
    patient(visitor.post, "/api/v1/peaks/undo", {})
    assert counted(visitor, lambda peaks: peaks["corrections"] == 0)["power_w"] == peaks["power_w"]
    for action, body in (("drop", {}), ("confirm", {"start": "x"}), ("confirm", {"start": start[:-1]}), ("drop", {"start": start.replace(":00:00Z", ":07:00Z")}),
                         ("put", {"start": start, "power_w": -1}), ("put", {"start": start, "power_w": "5"}), ("put", {"start": start, "power_w": True})):
        assert patient(visitor.post, "/api/v1/peaks/" + action, body).status == 422
    assert patient(visitor.get, "/api/v1/usage").json()["limit_w"] > 0


def test_a_tariff_of_ones_own_and_a_contract(payer):
    dongle, visitor, _ = payer
    answer = patient(visitor.get, "/api/v1/tariff").json()
    assert answer["tariff"] is None and set(answer["presets"]) == set(presets.names())
    own = {**answer["presets"]["ellevio"], "name": "Åre", "peaks": 5}
    assert patient(visitor.put, "/api/v1/tariff", {"tariff": own}).status == 200
    assert patient(visitor.get, "/api/v1/tariff").json()["tariff"] == own
    kept = (dongle.device / "tariff.json").read_bytes()
    for wrong, sentence in (({**own, "peaks": 0}, "peaks must be a whole number from 1 to 10"), ({**own, "interval": 30}, "interval must be 15 or 60"), ({**own, "steps": 5}, "list"),
                            ({**own, "per_kw": [1, 2]}, "twelve"), ("elvia", "JSON object"), (None, "JSON object"), ({**own, "name": "x" * 2900}, "less than")):
        answer = patient(visitor.put, "/api/v1/tariff", {"tariff": wrong})
        assert answer.status == 422 and sentence in answer.json()["problems"]["tariff"], answer.body
    assert patient(visitor.put, "/api/v1/tariff", {"tariff": {**own, "name": "x" * 4000}}).status == 413
    assert (dongle.device / "tariff.json").read_bytes() == kept
    assert patient(visitor.get, "/api/v1/contract").json() == {"contract": None}
    contract = {"currency": "NOK", "import": {"fixed": 4500000, "vat": 250}, "export": {}}
    assert patient(visitor.put, "/api/v1/contract", {"contract": contract}).json() == {"restart": False}
    assert patient(visitor.get, "/api/v1/contract").json() == {"contract": contract}
    answer = patient(visitor.put, "/api/v1/contract", {"contract": {**contract, "import": {"vat": 5000}}})
    assert answer.status == 422 and "vat" in answer.json()["problems"]["contract"]


def test_prices_make_costs(payer):
    _, visitor, _ = payer
    midnight = datetime.combine(date.today() - timedelta(days=1), datetime.min.time(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    row = {"start": midnight, "step_min": 60, "currency": "NOK", "prices": ["%d.%02d" % divmod(50 + n, 100) for n in range(60)]}
    for wrong in ({}, {**row, "prices": [0.5, 0.6]}, {**row, "prices": "1"}, {**row, "start": "soon"}, {**row, "prices": ["dear"]}, {**row, "step_min": 7}):
        assert patient(visitor.put, "/api/v1/prices", wrong).status == 422, wrong
    assert patient(visitor.put, "/api/v1/prices", row).status == 200
    deadline = time.monotonic() + 150
    while "price" not in (cost := patient(visitor.get, "/api/v1/cost").json()):
        assert time.monotonic() < deadline, cost
        time.sleep(0.5)
    assert cost["currency"] == "NOK" and cost["cheapest_3h"].endswith("Z") and cost["today_cost"] >= 0


def test_nothing_of_it_without_a_log_in(old):
    dongle, _, _ = old
    stranger = dongle.visitor(False)
    for path in ("usage", "energy?span=day", "peaks", "cost", "tariff", "contract", "journal?span=hour&since=2026-01-01&until=2026-01-02"):
        assert stranger.get("/api/v1/" + path).status == 401
    for path in ("journal/lines", "journal/end", "peaks/undo"):
        assert stranger.post("/api/v1/" + path, {}).status == 401
    for path in ("tariff", "contract", "prices"):
        assert stranger.put("/api/v1/" + path, {}).status == 401
