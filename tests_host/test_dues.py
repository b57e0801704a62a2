"""Tariff and prices on the dongle: peaks and costs out of the books, in spite of restarts, failures, another tariff; what is told."""

import gc
import json
import os
from datetime import datetime, timezone

import pytest
from rooms import room

from energy import zone
from energy.peaks import Peaks
from energy.presets import names, preset
from energy.spot import Offer
from energy.tariff import Tariff
from firmware import settings

dues_room, errands, terms, capacity, prices, books, entries = (
    room(name) for name in ("dues", "errands", "terms", "capacity", "prices", "books", "entries"))
quotes, *_ = (room(name) for name in ("quotes", "standing", "monthly"))
STANDARD = 3600


def utc(text):
    return zone.read_clock(text)


JANUARY = utc("2026-01-01T00:00:00") - 3600  # the beginning of the month in Oslo


class Ledger:
    standard = STANDARD
    time = 0


class Uplink:
    topic = "t"
    span = 3600
    sessions = 1
    announcer = None

    def __init__(self):
        self.said = []

    def put(self, topic, payload, retain=False):
        assert retain is True
        self.said.append((topic.decode(), json.loads(payload)))

    def last(self, name):
        return [message for topic, message in self.said if topic == "t/" + name][-1]


class Log:
    def __init__(self):
        self.seconds = 100
        self.lines = []

    def uptime(self):
        return self.seconds

    def line(self, word, text):
        self.lines.append(f"{word}: {text}")


class Keeper:
    def __init__(self, ledger):
        self.ledger = ledger
        self.standard = STANDARD
        self.log = Log()
        self.uplink = Uplink()
        self.limit = None
        self.span = 3600
        self.channel = 0

    def tell(self, sentence):
        self.log.line("ledger", sentence)


class House:
    """A ledger's records, the books on the flash, and dues that are started anew as often as one likes."""

    def __init__(self, tariff="elvia", priced=False):
        self.ledger = Ledger()
        self.start(tariff, priced)

    def start(self, tariff="elvia", priced=False):
        self.keeper = Keeper(self.ledger)
        self.dues = dues_room.Dues(self.keeper, tariff, priced)
        return self.keeper

    def close(self, *records, book=True):
        """The ledger closes these."""
        if book:
            entries.append(list(records))
        self.ledger.time = max([self.ledger.time] + [(record[1] + 1) * record[0] + 5 for record in records])
        self.dues.closed(list(records))

    def work(self):
        """Let it do what there is to do."""
        for _ in range(2000):
            self.dues.turn()
            if not self.dues.busy and not any(self.dues.due):
                return
        raise AssertionError("it comes to no end")

    def hour(self, at, watts, quality=0, book=True, fed=0):
        self.close((3600, at // 3600, quality, watts, fed, 0, 0), book=book)


@pytest.fixture(autouse=True)
def flash(tmp_path, monkeypatch):
    """The dongle's files; rooms stay loaded."""
    monkeypatch.chdir(tmp_path)
    for each in (dues_room, errands, terms, capacity, prices, quotes):
        monkeypatch.setattr(each, "let_go", lambda *names: None)
    monkeypatch.setattr(errands, "sentence", lambda table, key: f"flash {key}")
    monkeypatch.setattr(os, "ilistdir", lambda path: [(name, 0x8000, 0, os.path.getsize(path + "/" + name)) for name in os.listdir(path)], raising=False)
    monkeypatch.setattr(gc, "mem_free", lambda: 1 << 20, raising=False)
    return tmp_path


def days(count, watts=lambda day, hour: 1000 + 10 * day + hour):
    """Every hour of so many days of January."""
    for n in range(24 * count):
        yield JANUARY + 3600 * n, watts(*divmod(n, 24))


def test_peaks_fee_and_limit_hour_by_hour():
    house = House()
    for at, watts in days(4):
        house.hour(at, watts)
        house.work()
    said = house.keeper.uplink.last("peaks")
    assert said["tariff"] == "Elvia" and said["currency"] == "NOK" and said["month"] == "2026-01" and said["span_s"] == 3600
    assert [(peak["power_w"], peak["start"]) for peak in said["peaks"]] == [
        (1053, "2026-01-04T22:00:00Z"), (1043, "2026-01-03T22:00:00Z"), (1033, "2026-01-02T22:00:00Z")]
    assert {peak["state"] for peak in said["peaks"]} == {"counted"} and {peak["quality"] for peak in said["peaks"]} == {"measured"}
    assert said["power_w"] == 1043 and said["fee"] == 150 and said["next_step_w"] == 2000 and said["next_fee"] == 250
    # The fifth day begins: a third peak of 3923 W would bring the mean to 1999 W.
    assert said["limit_w"] == house.keeper.limit == 2000 * 3 - 1053 - 1043 - 1
    assert json.loads(open("ledger/capacity.json").read()) == said


def test_nothing_is_told_twice_but_in_another_session():
    house = House()
    house.hour(JANUARY, 3000)
    house.work()
    count = len(house.keeper.uplink.said)
    house.hour(JANUARY + 3600, 500)
    house.work()
    assert len(house.keeper.uplink.said) == count
    house.keeper.uplink.sessions = 2
    house.work()
    house.dues.turn()
    assert house.keeper.uplink.said[count:] == [("t/peaks", house.keeper.uplink.said[count - 1][1])]


@pytest.mark.parametrize("stop", (0, 1, 5, 29, 77))
def test_a_restart_loses_nothing(stop):
    """Whatever was not looked at before the stop is in the books."""
    house = House()
    told = []
    for n, (at, watts) in enumerate(days(5, lambda day, hour: 1000 + (day * 7 + hour * 13) % 29 * 100)):
        house.hour(at, watts)
        told.append((3600, at // 3600, 0, watts, 0, 0, 0))
        if n == stop:
            house.start()
        elif n % 7 != 3 or n > 100:
            house.work()
    house.start()
    house.work()
    want = Peaks(Tariff(preset("elvia")), STANDARD)
    for record in told:
        assert want.note(record)
    assert [peak["power_w"] for peak in house.keeper.uplink.last("peaks")["peaks"]] == [row[1] for row in want.top()]
    assert house.keeper.limit == want.headroom(house.ledger.time)


def test_three_weeks_at_once():
    house = House()
    records = [(3600, at // 3600, 1, watts, 0, 0, 0) for at, watts in days(21)]
    for n in range(0, len(records), 24):
        house.close(*records[n:n + 24])
    house.work()
    assert house.keeper.uplink.last("peaks")["power_w"] == 1000 + 10 * 19 + 23


def test_a_peak_that_becomes_less_brings_the_next_one_forth():
    house = House()
    for at, watts in days(3):
        house.hour(at, watts)
        house.work()
    house.hour(JANUARY + 23 * 3600, 7)
    house.work()
    assert [peak["power_w"] for peak in house.keeper.uplink.last("peaks")["peaks"]] == [1043, 1033, 1022]


def test_memory_that_is_short_only_delays(monkeypatch):
    house = House()
    house.hour(JANUARY, 3000)
    house.work()
    work = capacity.work

    def broken(*arguments):
        yield
        raise MemoryError

    monkeypatch.setattr(capacity, "work", broken)
    house.hour(JANUARY + 3600, 4000, quality=1)
    for _ in range(100):
        house.dues.turn()
    assert len([line for line in house.keeper.log.lines if "too little memory" in line]) == 1
    # Meanwhile more comes, and an earlier hour is said anew.
    house.hour(JANUARY + 7200, 5000)
    house.hour(JANUARY + 3600, 4500)
    monkeypatch.setattr(capacity, "work", work)
    house.keeper.log.seconds += 31
    house.work()
    assert house.keeper.uplink.last("peaks")["power_w"] == 5000
    house.dues.correct("drop", JANUARY // 3600 + 2)
    house.work()
    assert house.keeper.uplink.last("peaks")["power_w"] == 4500


def test_without_room_it_does_not_begin(monkeypatch):
    house = House()
    house.hour(JANUARY, 3000)
    monkeypatch.setattr(gc, "mem_free", lambda: 14000)
    for _ in range(10):
        house.dues.turn()
    assert not house.keeper.uplink.said and not house.dues.busy and house.keeper.log.lines[0].startswith("ledger: too little memory")
    monkeypatch.setattr(gc, "mem_free", lambda: 14400)
    house.keeper.log.seconds += 31
    house.work()
    assert house.keeper.uplink.last("peaks")["power_w"] == 3000


def test_a_flash_that_is_full_is_told_and_tried_again(monkeypatch):
    house = House()

    def full(path, *data):
        raise OSError(28, "full")

    write = capacity.write
    monkeypatch.setattr(capacity, "write", full)
    house.hour(JANUARY, 3000)
    for _ in range(50):
        house.dues.turn()
    assert [line for line in house.keeper.log.lines] == ["ledger: flash 28"]
    monkeypatch.setattr(capacity, "write", write)
    house.keeper.log.seconds += 601
    house.work()
    assert house.keeper.uplink.last("peaks")["power_w"] == 3000


def test_an_estimate_waits_for_the_users_word_and_corrections_can_be_undone():
    house = House()
    first = JANUARY // 3600
    for n, (watts, quality) in enumerate(((3000, 0), (9000, 2), (8000, 3), (2000, 1))):
        house.hour(JANUARY + 3600 * n, watts, quality)
        house.work()

    def peaks():
        house.work()
        said = house.keeper.uplink.last("peaks")
        return [(peak["power_w"], peak["quality"], peak["state"]) for peak in said["peaks"]], said["corrections"]

    assert peaks() == ([(3000, "measured", "counted"), (9000, "estimated", "doubtful")], 0)
    assert house.dues.correct("confirm", first + 1)
    assert peaks() == ([(9000, "estimated", "confirmed")], 1)
    house.dues.correct("drop", first + 1)
    assert peaks() == ([(3000, "measured", "counted"), (9000, "estimated", "dropped")], 2)
    house.dues.correct("put", first + 2, 4000)
    assert peaks()[0][0] == (4000, "measured", "confirmed")
    # A restart forgets none of it, and undoing goes back one by one.
    house.start()
    assert peaks() == ([(4000, "measured", "confirmed"), (9000, "estimated", "dropped")], 3)
    for count in (2, 1, 0):
        house.dues.correct("undo")
        assert peaks()[1] == count
    assert peaks() == ([(3000, "measured", "counted"), (9000, "estimated", "doubtful")], 0)
    house.dues.correct("undo")
    house.dues.correct("drop", 5)
    house.work()
    assert house.keeper.log.lines[-2:] == ["peaks: nothing there to correct: undo", "peaks: nothing there to correct: drop"]


def test_another_tariff_counts_the_month_anew_and_keeps_corrections():
    house = House()
    for at, watts in days(6, lambda day, hour: 4000 if hour == 23 else 3000):
        house.hour(at, watts)
    house.work()
    house.dues.correct("drop", JANUARY // 3600 + 23)
    house.work()
    house.start("ellevio")
    house.work()
    said = house.keeper.uplink.last("peaks")
    # A night hour counts half: 23 to 24 is 2000 W.
    assert said["currency"] == "SEK" and said["power_w"] == 3000 and said["fee"] == 243.75
    assert [peak["counted_w"] for peak in said["peaks"] if peak["state"] == "dropped"] == [2000]
    # Another interval has nothing in common with it.
    open("tariff.json", "w").write(json.dumps({"interval": 15, "peaks": 1, "per_kw": 5000000, "currency": "SEK", "name": "Kvart"}))
    quarters = [(900, JANUARY // 900 + n, 0, 500 + n, 0, 0, 0) for n in range(300)]
    entries.append(quarters)
    house.start("own")
    house.work()
    said = house.keeper.uplink.last("peaks")
    assert house.keeper.span == house.keeper.uplink.span == 900 and said["tariff"] == "Kvart" and said["corrections"] == 0
    assert said["power_w"] == 4 * 799 and house.keeper.limit == 4 * 799


def test_a_months_end():
    house = House()
    for n in range(31 * 24 + 2):
        house.close((3600, JANUARY // 3600 + n, 0, 2500 + n % 24, 0, 0, 0))
        if n % 24 == 0 or n > 31 * 24 - 3:
            house.work()
    said = house.keeper.uplink.last("peaks")
    assert said["month"] == "2026-02" and said["last_month_power_w"] == 2523 and said["last_month_fee"] == 250
    assert said["power_w"] == 2501


@pytest.mark.parametrize("text, words", (
    (None, "is missing"), ("{", "one JSON"), ("[]", "one JSON"), ("x" * 5000, "one JSON"), ('{"interval": 30}', "15 or 60"), ('{"peaks": 1.5}', "whole number"),
    ('{"steps": [[5, 1]]}', "begin at 0"), ('{"windows": 7}', "something else"), ('{"windows": [7]}', "something else"), ('{"steps": [7]}', "something else"),
))
def test_a_tariff_that_cannot_be_is_told_once_and_can_be_mended(text, words):
    if text is not None:
        open("tariff.json", "w").write(text)
    house = House("own")
    house.hour(JANUARY, 3000)
    house.work()
    house.hour(JANUARY + 3600, 4000)
    house.work()
    assert words in house.keeper.log.lines[0] and house.keeper.limit is None
    terms.adopt("tariff", json.dumps({"peaks": 2, "steps": [[0, 100000], [5000, 200000]]}).encode())
    house.dues.renew()
    house.work()
    assert house.keeper.uplink.last("peaks")["power_w"] == 4000
    for bad in (b"{", b"[]", b'{"peaks": 99}', b"\xff", b'{"name": "' + b"x" * 3072 + b'"}'):
        with pytest.raises(ValueError):
            terms.adopt("tariff", bad)
    assert json.loads(open("tariff.json").read())["peaks"] == 2


@pytest.mark.parametrize("damage", (lambda data: data[:-1], lambda data: b"", lambda data: bytes([data[0] ^ 1]) + data[1:], lambda data: data[:12]))
def test_a_damaged_state_is_made_anew_out_of_the_books(damage):
    house = House()
    for at, watts in days(3):
        house.hour(at, watts)
    house.work()
    data = open("ledger/peaks", "rb").read()
    open("ledger/peaks", "wb").write(damage(data))
    house.start()
    house.hour(JANUARY + 72 * 3600, 10)
    house.work()
    assert [peak["power_w"] for peak in json.load(open("ledger/capacity.json"))["peaks"]] == [1043, 1033, 1023]


# Prices


def offer(begin, values, currency="NOK", step=60):
    text = json.dumps({"start": datetime.fromtimestamp(begin + 946684800, timezone.utc).isoformat(), "step_min": step, "currency": currency,
                       "prices": values}).encode()
    return text


def send(house, text, piece=100):
    for n in range(0, len(text), piece):
        house.dues.take(memoryview(text)[n:n + piece], n, max(0, len(text) - n - piece))


def quarters(house, begin, count, wh=250, fed=0, book=True):
    for n in range(0, count, 4):
        house.close(*[(900, begin // 900 + n + m, 0, wh, fed, 0, 0) for m in range(4)],
                    (3600, begin // 3600 + n // 4, 0, 4 * wh, 4 * fed, 0, 0), book=book)


def test_costs_by_hour_day_and_month_and_the_cheapest_time():
    house = House("none", True)
    noon = JANUARY + 36 * 3600
    house.ledger.time = noon
    send(house, offer(JANUARY + 86400, [0.5 + 0.1 * abs(hour - 15) for hour in range(24)]))
    house.work()
    assert house.keeper.log.lines == ["prices: known up to 2026-01-02T23:00:00Z"]
    quarters(house, noon, 8, 250, 50)
    house.work()
    said = house.keeper.uplink.last("cost")
    # 12 to 13 costs 0.80 kr, 13 to 14 0.70 kr; 14 to 15 runs.
    assert said["currency"] == "NOK" and said["price"] == 0.6 and said["price_export"] == 0.6
    assert (said["hour_cost"], said["hour_income"], said["today_cost"], said["today_income"]) == (0.7, 0.14, 1.5, 0.3)
    assert said["month_cost"] == 1.5 and said["yesterday_cost"] == 0 and said["unpriced_kwh"] == 0
    assert said["cheapest_1h"] == "2026-01-02T14:00:00Z" and said["cheapest_3h"] == "2026-01-02T13:15:00Z"
    assert said["known_until"] == "2026-01-02T23:00:00Z"
    # The same again changes nothing, not even on the flash.
    before = os.stat("ledger/prices").st_mtime_ns
    count = len(house.keeper.uplink.said)
    send(house, offer(JANUARY + 86400, [0.5 + 0.1 * abs(hour - 15) for hour in range(24)]))
    house.work()
    assert os.stat("ledger/prices").st_mtime_ns == before and len(house.keeper.uplink.said) == count


def test_prices_that_come_late_and_a_restart():
    house = House("none", True)
    quarters(house, JANUARY, 64)
    house.work()
    assert house.keeper.uplink.last("cost")["unpriced_kwh"] == 16 and "price" not in house.keeper.uplink.last("cost")
    send(house, offer(JANUARY, [1] * 96, "SEK", 15))
    house.work()
    said = house.keeper.uplink.last("cost")
    # The last eight hours get one.
    assert said["today_cost"] == 8 and said["unpriced_kwh"] == 8 and said["currency"] == "SEK" and said["price"] == 1
    house.start("none", True)
    quarters(house, JANUARY + 57600, 4)
    house.start("none", True)
    quarters(house, JANUARY + 61200, 4)
    house.work()
    assert house.keeper.uplink.last("cost")["today_cost"] == 10


def test_prices_for_which_there_is_no_memory_are_asked_for_again(monkeypatch):
    house = House("none", True)
    house.ledger.time = JANUARY

    def short(self, data):
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(Offer, "feed", short)
        send(house, offer(JANUARY, [1] * 24))
    assert house.keeper.uplink.due == 160 and not house.dues.offer and not house.keeper.log.lines
    send(house, offer(JANUARY, [1] * 24))
    house.work()
    assert house.keeper.log.lines == ["prices: known up to 2026-01-01T23:00:00Z"]


def test_the_setting_has_every_preset():
    (field,) = [field for field in settings.FIELDS if field.key == "tariff"]
    assert field.limits == ("none", *names(), "own")


def test_a_contract_and_a_price_that_needs_no_market():
    terms.adopt("contract", json.dumps({"currency": "NOK", "import": {
        "share": 0, "fixed": 40000, "vat": 250, "windows": [{"hours": [[22, 6]], "value": 0}, {"value": 20000}]}}).encode())
    house = House("none", True)
    quarters(house, JANUARY, 4 * 12)
    house.work()
    said = house.keeper.uplink.last("cost")
    # Six night hours at 0.50 kr, six at 0.75 kr; nothing is known of what is fed in.
    assert said["today_cost"] == 7.5 and said["today_income"] == 0 and said["price"] == 0.75 and "price_export" not in said
    assert said["cheapest_6h"] == "2026-01-01T21:00:00Z"


@pytest.mark.parametrize("text, words", (
    (b"rubbish", "not a JSON object"), (b"", "no end"), (b"{" * 40, "too deep"), (offer(JANUARY, [1]).replace(b"NOK", b"EUR"), "in EUR, the contract in NOK"),
    (offer(JANUARY - 40 * 86400, [1] * 24), "other days"), (offer(JANUARY + 40 * 86400, [1] * 24), "other days"),
    (offer(JANUARY + 60, [1] * 24), "full interval"), (offer(JANUARY, [30000] * 24), "too large"), (b'{"prices":[' + b"1," * 5000, "three days"),
))
def test_prices_that_cannot_be_are_refused_and_those_before_stay(text, words):
    open("contract.json", "w").write('{"currency": "NOK"}')
    house = House("none", True)
    house.ledger.time = JANUARY + 3600
    send(house, offer(JANUARY, [1] * 24))
    house.work()
    send(house, text or b" ")
    house.work()
    assert words in house.keeper.log.lines[-1] and len(house.keeper.log.lines) == 2
    send(house, offer(JANUARY, [2] * 24))
    quarters(house, JANUARY + 3600, 4)
    house.work()
    assert house.keeper.uplink.last("cost")["hour_cost"] == 2


@pytest.mark.parametrize("text", ("{", "[]", '{"import": 7}', '{"currency": "kr"}', '{"import": {"vat": 25.5}}', '{"export": {"windows": 3}}'))
def test_a_contract_that_cannot_be(text):
    open("contract.json", "w").write(text)
    house = House("none", True)
    quarters(house, JANUARY, 4)
    house.work()
    assert len(house.keeper.log.lines) == 1 and not house.keeper.uplink.said
    with pytest.raises(ValueError):
        terms.adopt("contract", text.encode())
    terms.adopt("contract", b'{"currency": "SEK", "import": {"share": 0, "fixed": 100000}}')
    house.dues.renew()
    house.work()
    assert house.keeper.uplink.last("cost")["today_cost"] == 1


def test_both_accounts_side_by_side():
    house = House("ellevio", True)
    send(house, offer(JANUARY, [1] * 24))
    quarters(house, JANUARY, 4 * 8, 500)
    house.work()
    assert house.keeper.uplink.last("cost")["today_cost"] == 16 and house.keeper.uplink.last("peaks")["power_w"] == 2000
