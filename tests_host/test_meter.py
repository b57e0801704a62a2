"""The simulated meters: encoder, frames, telegrams, what damages them, and their push schedule."""

import random
from itertools import islice, takewhile

import pytest

from tools.meter import axdr, clock, crc, damage, hdlc
from tools.meter.aidon import AidonNorway
from tools.meter.house import State
from tools.meter.meters import METERS

START_MS = clock.parse("2024-11-22T10:59:50")  # ten seconds before a full hour


def first_of_each_list(meter):
    house = meter.house(START_MS)
    found = {}
    for now_ms, name in islice(meter.due(START_MS), 40):
        if name not in found:
            found[name] = meter.telegram(now_ms, house, name)
    return found


def test_checksums():
    assert crc.x25(b"123456789") == 0x906E
    assert crc.x25(bytes.fromhex("033f")) == 0xEC5B  # the test frame of the Green Book
    assert crc.arc(b"123456789") == 0xBB3D


@pytest.mark.parametrize("built, expected", (
    (axdr.null(), "00"),
    (axdr.array([axdr.null(), axdr.boolean(True)]), "01 02 00 03 01"),
    (axdr.structure([axdr.unsigned(5)] * 130), "02 81 82" + "1105" * 130),
    (axdr.structure([], count=25), "02 19"),
    (axdr.boolean(False), "03 00"),
    (axdr.bit_string("10110000 1".replace(" ", "")), "04 09 b0 80"),
    (axdr.double_long(-2), "05 ff ff ff fe"),
    (axdr.double_long_unsigned(0xFFFFFFFF), "06 ff ff ff ff"),
    (axdr.octet_string(bytes(200)), "09 81 c8" + "00" * 200),
    (axdr.visible_string("Kamstrup_V0001"), "0a 0e 4b616d73747275705f5630303031"),
    (axdr.utf8_string("å"), "0c 02 c3 a5"),
    (axdr.bcd(0x42), "0d 42"),
    (axdr.integer(-1), "0f ff"),
    (axdr.long(-51), "10 ff cd"),
    (axdr.unsigned(255), "11 ff"),
    (axdr.long_unsigned(2316), "12 09 0c"),
    (axdr.compact_array(b"\x12", bytes(300)), "13 12 82 01 2c" + "00" * 300),
    (axdr.long64(-1), "14" + "ff" * 8),
    (axdr.long64_unsigned(2**64 - 1), "15" + "ff" * 8),
    (axdr.enum(27), "16 1b"),
    (axdr.float32(1.5), "17 3f c0 00 00"),
    (axdr.float64(1.5), "18 3f f8 00 00 00 00 00 00"),
    (axdr.date_time(bytes(range(12))), "19 000102030405060708090a0b"),
    (axdr.date(bytes(5)), "1a 0000000000"),
    (axdr.time(bytes(4)), "1b 00000000"),
    (axdr.dont_care(), "ff"),
    (axdr.obis("1-1:0.2.129"), "09 06 01 01 00 02 81 ff"),
    (axdr.scaler_unit(-1, 35), "02 02 0f ff 16 23"),
    (axdr.cosem_time(clock.normal_time(clock.parse("2024-03-31T23:00:05")), -60, 0), "07e8 04 01 01 00 00 05 ff ffc4 00"),
    (axdr.cosem_time(clock.normal_time(clock.parse("2022-10-15T23:16:10")), day_of_week=0), "07e6 0a 10 00 00 10 0a ff 8000 ff"),
))
def test_values_are_written_as_the_blue_book_says(built, expected):
    assert built == bytes.fromhex(expected)


@pytest.mark.parametrize("encode, value", (
    (axdr.long, 32768), (axdr.long_unsigned, -1), (axdr.double_long_unsigned, 1 << 32), (axdr.enum, 256),
    (axdr.bit_string, "102"), (axdr.date_time, bytes(11)), (axdr.octet_string, bytes(70000)),
))
def test_a_value_that_does_not_fit_is_refused(encode, value):
    with pytest.raises(ValueError):
        encode(value)


def test_frame_of_the_aidon_documents():
    layout = AidonNorway("6534", "7359990000000000")
    built = layout.telegram(START_MS, State({"power_import_w": 0x552}, {}), "1")
    head = "7e a02a 41 0883 13 0413 e6e700 0f 40000000 00 0101 0203 0906 0100010700ff 06 00000552 0202 0f00 161b"
    assert built[:-3] == bytes.fromhex(head)
    assert crc.x25(built[1:-1]) == 0x0F47  # X-25 over a message and its own checksum, low byte first


def test_times_of_a_notification():
    twelve = bytes(range(12))
    assert hdlc.notification(b"\x00", 0x40000000) == bytes.fromhex("0f40000000 00 00")
    assert hdlc.notification(b"\x00", 0, twelve) == bytes.fromhex("0f00000000 0c") + twelve + b"\x00"
    assert hdlc.notification(b"\x00", 0, twelve, tagged=True) == bytes.fromhex("0f00000000 090c") + twelve + b"\x00"


def test_frames_say_their_length_and_may_be_segmented():
    built = hdlc.frame(bytes(150), hdlc.address(0x67), hdlc.address(0x01, 0x11), 0x03, segmented=True)
    assert built[1] & 0xF8 == 0xA8 and (built[1] << 8 | built[2]) & 0x7FF == len(built) - 2
    assert hdlc.address(0x67) == b"\xcf" and hdlc.address(1, 0x11) == b"\x02\x23" and hdlc.address(0x10) == b"\x21"
    with pytest.raises(ValueError):
        hdlc.frame(bytes(2040), b"\x41", b"\x21", 0x13)
    with pytest.raises(ValueError):
        hdlc.address(1, 2, 3)


HEADERS = {  # length field and HCS as seen in the field
    "aidon-no": {"1": "a02a 0413", "2": "a11e eeee", "3": "a18a ebfd"},
    "aidon-no-1ph": {"1": "a02a 0413", "2": "a0d2 82d6"},
    "aidon-no-it": {"2": "a10b fa7c"}, "aidon-no-ct": {"2": "a10b fa7c"},
    "aidon-se": {"3": "a243 85eb"}, "aidon-se-nve": {"3": "a243 85eb"},
    "landis-no": {"1": "a02a 0413", "2": "a11e eeee", "3": "a18a ebfd"}, "landis-zmf100": {"3": "a18a ebfd"},
    "kaifa-no": {"1": "a027 5a87", "2": "a078 c498"}, "kaifa-no-it": {"2": "a079 8093", "3": "a09b eeae"},
    "kaifa-no-1ph": {"2": "a065 f050", "3": "a087 9e6d"},
    "kaifa-se": {"3": "a11d b0ae"}, "kaifa-se-pos": {"3": "a09b 561b"}, "kaifa-se-ct": {"3": "a0aa c3c4"},
    "kamstrup-no": {"2": "a0e2 239a", "3": "a12c fc04"}, "kamstrup-no-it": {"2": "a0e2 239a", "3": "a12c fc04"},
    "kamstrup-no-old": {"2": "a0e3 9886", "3": "a12d 4718"}, "kamstrup-no-1ph": {"2": "a0ba edaa", "3": "a104 776e"},
    "kamstrup-se": {"2": "a0e2 239a", "3": "a12c fc04"}, "kamstrup-ct": {"2": "a0e2 239a", "3": "a12c fc04"},
}
TEXT_LENGTHS = {"p1-kamstrup": (694, 697), "p1-landis": (698, 701), "p1-aidon": (699, 699), "p1-kaifa": (705, 705),
                "p1-sagemcom": (706, 706), "p1-aidon-1ph": (400, 410)}  # from `/` to `!`; signs make some longer


@pytest.mark.parametrize("name", METERS)
def test_lengths_and_header_checksums_are_those_of_the_field(name):
    lists = first_of_each_list(METERS[name])
    if METERS[name].protocol == "p1":
        low, high = TEXT_LENGTHS[name]
        assert low <= lists["p1"].index(b"!") + 1 <= high
    else:
        for list_name, expected in HEADERS[name].items():
            built = lists[list_name]
            hcs = built.index(hdlc.LLC) - 2
            assert (built[1:3] + built[hcs:hcs + 2]).hex() == expected.replace(" ", "")


def test_text_telegrams_carry_their_checksum():
    for meter in METERS.values():
        if meter.protocol == "p1":
            data = first_of_each_list(meter)["p1"]
            end = data.index(b"!") + 1
            assert data[end:] == b"%04X\r\n" % crc.arc(data[:end])
            assert data.startswith(b"/") and all(line.endswith(b"\r") for line in data.split(b"\n")[:-2])


def test_one_phase_aidon_closes_on_the_last_data_line():
    assert b"*A)!" in first_of_each_list(METERS["p1-aidon-1ph"])["p1"]


def test_truth_knows_what_each_meter_cannot_say():
    def truth(name, list_name="2", start_ms=START_MS):
        return METERS[name].truth(start_ms, METERS[name].house(start_ms), list_name)

    assert "current_l2_ma" not in truth("aidon-no-it") and "voltage_l2_mv" in truth("aidon-no-it")
    assert truth("kaifa-no-it")["voltage_l2_mv"] == 0
    assert "voltage_l2_mv" not in truth("kamstrup-no-1ph") and truth("kamstrup-no")["voltage_l1_mv"] % 1000 == 0
    assert truth("landis-no")["meter_id"] == "40799390"
    assert truth("kaifa-se-ct", "3")["energy_import_wh"] > 2**32
    assert truth("aidon-no", "3")["energy_import_wh"] % 10 == 0 and "meter_time" not in truth("aidon-no")
    noon = clock.parse("2024-06-20T11:00:00")
    assert truth("aidon-no", "2", noon)["current_l1_ma"] < 0 < truth("kaifa-no", "2", noon)["current_l1_ma"]
    assert truth("p1-landis", "p1", noon)["current_l1_ma"] < 0 < truth("p1-kaifa", "p1", noon)["current_l1_ma"]
    assert truth("kamstrup-no", "2", noon)["meter_time"] == "2024-06-20T13:00:00"
    assert truth("kamstrup-no-old", "2", noon)["meter_time"] == truth("p1-kaifa", "p1", noon)["meter_time"] == "2024-06-20T12:00:00"


def schedule(name, seconds):
    pushes = METERS[name].due(START_MS)
    return [((ms - START_MS) / 1000, push) for ms, push in takewhile(lambda due: due[0] < START_MS + seconds * 1000, pushes)]


def test_longer_lists_replace_shorter_ones_at_their_time():
    assert schedule("kaifa-no", 24) == [(0, "2"), (2, "1"), (4, "1"), (6, "1"), (8, "1"), (10, "2"), (12, "1"), (14, "1"), (16, "1"),
                                        (18, "1"), (20, "3"), (22, "1")]
    assert schedule("aidon-no", 23) == [(0, "2"), (2.5, "1"), (5, "1"), (7.5, "1"), (10, "2"), (12.5, "1"), (15, "1"), (17.5, "1"),
                                        (20, "3"), (22.5, "1")]
    assert schedule("kamstrup-no", 25) == [(0, "2"), (10, "2"), (15, "3"), (20, "2")]
    assert schedule("p1-landis", 25) == [(0, "p1"), (10, "p1"), (20, "p1")]


def test_a_schedule_starts_at_the_next_slot_of_the_clock():
    assert next(METERS["aidon-no"].due(START_MS + 1)) == (START_MS + 2500, "1")
    assert next(METERS["kaifa-se"].due(START_MS + 1)) == (START_MS + 5000, "3")


DATA = bytes(range(256)) * 8


def test_damage_repeats_with_its_seed_and_spares_its_argument():
    for function, strength in ((damage.flip_bits, 0.01), (damage.lose, 0.05), (damage.double, 0.05), (damage.insert, 0.05),
                               (damage.burst, 20)):
        first, again, other = (function(DATA, random.Random(seed), strength) for seed in (1, 1, 2))
        assert first == again != other
        assert first != DATA == bytes(range(256)) * 8
    for function in (damage.flip_bits, damage.lose, damage.double, damage.insert):
        assert function(DATA, random.Random(1), 0) == DATA


def test_damage_comes_at_its_rate():
    flipped = damage.flip_bits(DATA, random.Random(3), 0.01)
    assert 80 < sum((a ^ b).bit_count() for a, b in zip(DATA, flipped)) < 250   # of 16384 bits
    assert 1850 < len(damage.lose(DATA, random.Random(3), 0.05)) < 2010
    assert 2090 < len(damage.double(DATA, random.Random(3), 0.05)) < 2210
    assert 2090 < len(damage.insert(DATA, random.Random(3), 0.05)) < 2210


def test_cut_and_joined_telegrams():
    a, b = (METERS["kaifa-no"].telegram(START_MS, METERS["kaifa-no"].house(START_MS), name) for name in "12")
    assert damage.join([a, b]) == a + b and b"\x7e\x7e" in a + b
    assert damage.join([a, b], shared_flag=True) == a + b[1:]
    assert damage.join([b"/x!\r\n", b"/y!\r\n"], shared_flag=True) == b"/x!\r\n/y!\r\n"
    tail, head = damage.cut_head(a, random.Random(1)), damage.cut_tail(a, random.Random(1))
    assert a.endswith(tail) and 0 < len(tail) < len(a) and a.startswith(head) and 0 < len(head) < len(a)
    assert damage.expand_lines(b"a\nb\r\n") == b"a\r\nb\r\r\n"
