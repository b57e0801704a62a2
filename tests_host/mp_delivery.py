"""What waits for the broker: the same checks under CPython (test_delivery.py) and on the PC board, where they are run in turn.

Prints `good <name>` for each.
"""

import json
import os
import random

import han  # as at every start of the firmware: what is entered later finds it loaded

from firmware import hours, journal, minutes, outbox, spans
from firmware.clock import iso


assert han.Reader


class Reading:
    def __init__(self, clock_summer=None, **values):
        self.clock_summer = clock_summer
        self.get = values.get


# The outbox


def test_nothing_goes_before_it_is_confirmed():
    box = outbox.Outbox()
    assert box.take() is None and len(box) == 0 and box.oldest() == -1
    for n in range(3):
        box.put(b"t", b"%d" % n, n == 1, 60 * n)
    for n in range(3):
        assert box.take()[:3] == (b"t", b"%d" % n, n == 1) and box.take()[1] == b"%d" % n
        assert len(box) == 3 - n and box.oldest() == 60 * n
        box.confirm()
    assert box.take() is None and len(box) == 0 and box.dropped == 0


def test_the_oldest_make_room_but_not_the_one_on_its_way():
    box = outbox.Outbox()
    for n in range(50):
        box.put(b"t", b"%d" % n, False, n // 10)
        if n == 0:
            box.take()
    assert len(box) == 25 and box.dropped == 25 and box.lost == [0, 1, 2]
    got = []
    while box.take():
        got.append(int(box.take()[1]))
        box.confirm()
    assert got == [0] + list(range(26, 50))


def test_what_waits_is_bounded_in_octets_too():
    box = outbox.Outbox()
    for _ in range(10):
        box.put(b"t", bytes(1000), False)
    assert len(box) == 4 and box.dropped == 6 and box.lost == []
    box.put(b"t", bytes(9000), False)
    assert len(box) == 1 and box.dropped == 10
    box.put(b"t", b"x", False)
    assert len(box) == 1 and box.take()[1] == b"x"


def test_a_message_that_the_broker_will_not_have_does_not_block_the_others_for_ever():
    box = outbox.Outbox()
    box.put(b"t", b"bad", False, 7)
    box.put(b"t", b"good", False, 8)
    assert [box.take()[1] for _ in range(6)] == [b"bad"] * 5 + [b"good"]
    assert box.dropped == 1 and box.lost == [7] and len(box) == 1


# Minutes and spans


def kept(store):
    found = []
    for topic, payload in spans.left(store, b"t/minute", lambda: 0):
        assert topic == b"t/minute"
        found.append(json.loads(payload))
    return found


def test_a_minute_whose_messages_got_through_is_forgotten():
    box = outbox.Outbox()
    store = minutes.Minutes()
    for n in range(20):
        assert store.note(Reading(power_import_w=n), n // 4 * 60, box) is None
        box.put(b"t", b"", False, n // 4 * 60)
        box.take()
        box.confirm()
    assert store.kept == 0 and store.ring is None


def test_a_minute_of_which_something_is_lost_or_waits_is_kept():
    box = outbox.Outbox()
    store = minutes.Minutes()
    for n in range(24):
        minute = n // 4 * 60
        over = store.note(Reading(power_import_w=100 * n, power_export_w=n, energy_import_wh=1234000 + n), minute, box)
        if over:
            spans.keep(store, over)
        if minute == 60 and n == 5:
            box.lose(minute)
        elif minute >= 180:
            box.put(b"t", b"", False, minute)  # for which there is no broker
    assert store.kept == 2 and box.lost == []
    assert kept(store) == [
        {"uptime_s": 60, "seconds": 60, "readings": 4, "power_import_w": 550, "power_import_max_w": 700, "power_export_w": 6,
         "power_export_max_w": 7, "energy_import_kwh": 1234.007},
        {"uptime_s": 180, "seconds": 60, "readings": 4, "power_import_w": 1350, "power_import_max_w": 1500, "power_export_w": 14,
         "power_export_max_w": 15, "energy_import_kwh": 1234.015},
    ]
    assert store.kept == 0 and store.ring is None


def test_what_the_meter_does_not_send_is_absent():
    (values,) = one([600, 1, 3, 0, 30, 20, 0, 0, -1, -1])
    assert values == {"uptime_s": 600, "seconds": 60, "readings": 3, "power_import_w": 10, "power_import_max_w": 20}
    (values,) = one([600, 1, 0, 0, 0, 0, 0, 0, 0, 1 << 41])
    assert values == {"uptime_s": 600, "seconds": 60, "readings": 0, "energy_import_kwh": 0, "energy_export_kwh": 2199023255.552}


def one(span):
    store = minutes.Minutes()
    spans.keep(store, span)
    return kept(store)


def test_the_time_is_that_of_the_minute():
    store = minutes.Minutes()
    spans.keep(store, [3600, 1, 1, 0, 5, 5, 0, 0, -1, -1])
    ((_, payload),) = spans.left(store, b"t", lambda: 823219200)
    assert json.loads(payload)["time"] == "2026-02-01T01:00:00Z"


def test_days_fit_and_their_totals_are_true():
    random.seed(4)
    store = minutes.Minutes()
    truth = []
    start = 0
    for n in range(3 * 1440):
        # Now and then a gap: an hour in which everything got through.
        start += 60 if n % 700 else 3600
        values = [random.randrange(20000) for _ in range(6)]
        span = [start, 1, 6, 3, sum(values), max(values), n, n // 3, 5000000 + n, -1]
        truth.append(span)
        spans.keep(store, span)
    assert len(store.ring) <= 2560
    held = [spans._read(store.ring, n) for n in range(store.kept)]
    assert 30 < len(held) <= 60
    for at in (2, 3, 4, 6):
        assert sum(span[at] for span in held) == sum(span[at] for span in truth)
    begins = [span[0] for span in held]
    assert begins == sorted(begins) and begins[0] == truth[0][0]
    lengths = [span[1] for span in held[1:]]
    # No span is much coarser than three days on 60 spans, and they do not overlap.
    assert max(lengths) <= 256 and lengths[-1] == 1
    for span, after in zip(held, held[1:] + [[start + 60]]):
        assert span[0] + 60 * span[1] <= after[0]
        within = [part for part in truth if span[0] <= part[0] < span[0] + 60 * span[1]]
        assert span[5] == max(part[5] for part in within) and span[8] == within[-1][8]
        assert span[4] == sum(part[4] for part in within)


def test_the_span_that_is_on_its_way_does_not_change():
    store = minutes.Minutes()
    for n in range(60):
        spans.keep(store, [60 * n, 1, 1, 0, n, n, 0, 0, -1, -1])
    going = spans.left(store, b"t", lambda: 0)
    first = json.loads(next(going)[1])
    for n in range(60, 100):
        spans.keep(store, [60 * n, 1, 1, 0, n, n, 0, 0, -1, -1])
    second = json.loads(next(going)[1])
    assert first["uptime_s"] == 0 and first["seconds"] == 60 and second["uptime_s"] == 60
    going.close()
    again = kept(store)
    assert again[0] == second and 1 + sum(values["readings"] for values in again) == 100


def test_no_number_is_too_large():
    (values,) = one([4294967295, 65535, 16777215, 16777215, (1 << 48) - 1, 16777215, 0, 0, (1 << 48) - 2, 7])
    assert values["readings"] == 16777215 and values["power_import_max_w"] == 16777215
    (values,) = one([1 << 40, 1 << 20, 1 << 30, 0, 1 << 60, 1 << 40, 0, 0, 5, 5])
    assert values["seconds"] == 65535 * 60


# Hours and the journal. They stand in the working directory.


def clear():
    for name in os.listdir("."):
        if name == "journal":
            for each in os.listdir("journal"):
                os.remove("journal/" + each)


def registers(clock, wh=12345678, **more):
    return Reading(energy_import_wh=wh, meter_time=clock, **more)


def all_left():
    return [json.loads(payload) for _, payload in hours.left(b"t/hour")]


def test_one_record_an_hour_by_the_meters_clock():
    clear()
    made = [
        hours.record(registers("2026-02-01T%02d:00:%02d" % (hour, second)), 0, False)
        for hour in range(5, 8) for second in (5, 10, 55)
    ]
    assert made == [True, False, False] * 3
    assert [(values["seq"], values["meter_time"]) for values in all_left()] == [
        (n + 1, "2026-02-01T%02d:00:05" % (5 + n)) for n in range(3)]
    assert all_left() == []
    # The journal itself remembers, over a restart too. A list that is repeated is what the meter said.
    assert not hours.record(registers("2026-02-01T07:59:59"), 0, False)
    assert hours.record(registers("2026-02-01T08:00:10"), 0, False)
    assert all_left()[0]["energy_import_kwh"] == 12345.678


def test_without_a_clock_on_the_wire_it_is_utc():
    clear()
    noon = hours.seconds("2026-02-01T12:00:00")
    for moment, made in ((noon, True), (noon + 3599, False), (noon + 3600, True), (0, False)):
        assert hours.record(Reading(energy_export_wh=1), moment, False) == made
    found = all_left()
    assert [values["time"] for values in found] == ["2026-02-01T12:00:00Z", "2026-02-01T13:00:00Z"]
    assert found[0] == {"seq": found[0]["seq"], "time": "2026-02-01T12:00:00Z", "energy_export_kwh": 0.001}
    # With no clock at all, the time that has passed decides.
    assert hours.record(Reading(energy_export_wh=2), 0, True)
    assert list(all_left()[0]) == ["seq", "energy_export_kwh"]


def test_the_hour_that_comes_twice_in_autumn_is_journalled_twice():
    clear()
    made = []
    for clock, summer in (("01:00", True), ("02:00", True), ("02:30", True), ("02:00", False), ("03:00", False)):
        made.append(hours.record(registers("2026-10-25T%s:05" % clock, clock_summer=summer), 0, False))
    assert made == [True, True, False, True, True]
    for clock, summer in (("01:00", False), ("03:00", True), ("03:10", True), ("04:00", True)):
        made.append(hours.record(registers("2027-03-28T%s:05" % clock, clock_summer=summer), 0, False))
    assert made[5:] == [True, True, False, True]


def test_a_clock_that_jumps_does_not_wear_the_flash():
    clear()
    made = [hours.record(registers("20%d-01-01T00:00:00" % (26 + n % 2)), 0, False) for n in range(50)]
    assert made == [True, True] + [False] * 48
    assert hours.record(registers("2026-01-01T00:00:00"), 0, True), "after an hour the earlier clock is believed"


def test_registers_of_48_bits_and_odd_values():
    clear()
    reading = registers("2026-01-01T00:00:00", wh=(1 << 48) - 1, energy_export_wh=0, reactive_energy_import_varh=1 << 48,
                        reactive_energy_export_varh=-1)
    assert hours.record(reading, 0, False)
    assert all_left()[0] == {"seq": journal.last()[0], "meter_time": "2026-01-01T00:00:00", "energy_import_kwh": 281474976710.655,
                             "energy_export_kwh": 0}
    assert not hours.record(Reading(meter_time="2026-01-01T01:00:00"), 0, True)


def test_times():
    for text, moment in (("2000-01-01T00:00:00", 0), ("2000-03-01T00:00:01", 5184001), ("2026-02-01T00:00:00", 823219200),
                         ("2037-12-31T23:59:59", 1199231999)):
        assert hours.seconds(text) == moment and iso(moment) == text + "Z"
    for text in ("", "nonsense", "1999-12-31T23:59:59", "2099-12-31T23:59:59", "2026-xx-01T00:00:00", "2026-01-01"):
        assert hours.seconds(text) == 0


def test_what_is_left_is_left_until_it_is_confirmed():
    clear()
    start = journal.confirmed()
    for n in range(120):
        hours.record(registers(iso(3600 * n + 800000000)[:-1]), 0, False)
    seqs = []
    going = hours.left(b"t/hour")
    for _ in range(60):
        seqs.append(json.loads(next(going)[1])["seq"])
    # The session breaks: the sixtieth was not acknowledged.
    going.close()
    assert seqs == list(range(seqs[0], seqs[0] + 60)) and seqs[0] == start + 1
    assert journal.confirmed() == seqs[-1] - 1
    again = [values["seq"] for values in all_left()]
    assert again == list(range(seqs[-1], seqs[0] + 120))
    # The power goes: no more than one lot comes twice.
    for n in range(120, 220):
        hours.record(registers(iso(3600 * n + 800000000)[:-1]), 0, False)
    before = journal.confirmed()
    going = hours.left(b"t/hour")
    for _ in range(100):
        last = json.loads(next(going)[1])["seq"]
    assert 0 < journal.confirmed() - before and last - journal.confirmed() <= 49
    going.close()


def test_torn_and_rotten_records_are_stepped_over_and_numbers_go_on():
    clear()
    numbers = [journal.append(bytes((n,)) * 34) for n in range(5)]
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    path = "journal/" + sorted(name for name in os.listdir("journal") if len(name) == 8)[0]
    with open(path, "rb") as f:
        sound = f.read()
    for cut in range(1, 42):
        with open(path, "wb") as f:
            f.write(sound + sound[:cut])
        assert journal.last() == (numbers[-1], b"\x04" * 34) and journal.find(numbers[-1] + 1) is None
    fresh = journal.append(b"x" * 34)
    assert fresh == numbers[-1] + 1 and journal.find(fresh) == (fresh, b"x" * 34)
    assert journal.append(b"y" * 34) == fresh + 1 == journal.last()[0]
    with open(path, "wb") as f:
        f.write(sound[:50] + b"!" + sound[51:] + sound[:20])
    assert journal.find(numbers[0])[0] == numbers[0] and journal.find(numbers[1])[0] == numbers[2]
    assert journal.find(numbers[4] + 1) == (fresh, b"x" * 34)
    with open("journal/confirmed", "w") as f:
        f.write("nonsense")
    assert journal.confirmed() == 0 and journal.append(b"z" * 34) == fresh + 2


def test_a_lost_journal_does_not_start_to_count_again():
    clear()
    journal.append(bytes(34))
    journal.confirm(5000)
    assert journal.append(bytes(34)) == 5001
    assert journal.find(5001)[0] == 5001


def test_sixty_days_fit_and_then_the_oldest_goes():
    clear()
    first = journal.append(bytes(34))
    for n in range(2100):
        journal.append(bytes(34))
    oldest = journal.find(0)[0]
    newest = journal.last()[0]
    assert newest == first + 2100 and 1440 <= newest - oldest < 20 * 97
    assert all(os.stat("journal/" + name)[6] <= 4096 for name in os.listdir("journal"))
    assert len(os.listdir("journal")) <= 20


def test_foreign_files_do_no_harm():
    clear()
    journal.append(bytes(34))
    for name in ("notes.md", "ZZZZZZZZ", "x", "00000001.bak"):
        with open("journal/" + name, "w") as f:
            f.write("hello")
    number = journal.append(bytes(34))
    assert journal.find(0)[0] == number - 1 and journal.last()[0] == number
    clear()


TESTS = sorted(name for name in globals() if name.startswith("test_"))

if __name__ == "__main__":
    for name in TESTS:
        globals()[name]()
        print("good", name)
