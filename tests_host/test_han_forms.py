"""The byte loops' form for CPython does what the plain loops do: equal results, equal work areas, on whatever comes."""

import random
import sys
import types

import pytest

import han
from han import _entries, _loops, _patterns, _strings, kernel, quantities
from han.scaled import set_scales
from han.work import work_area
from test_captures import CAPTURES
from test_han_vectors import arc
from test_simulated import cut, stream
from tools.fuzz.damage import KINDS
from tools.fuzz.forms import FORMS
from tools.fuzz.sources import simulated
from tools.fuzz.streams import make_stream
from tools.meter.meters import METERS

SIZE = 3072
PLAIN = types.SimpleNamespace(**vars(_loops), **{name: getattr(_entries, name) for name in ("begin", "numbers", "p1_split", "write_clock")})
START, FILL, MODE, CRC, SCALES = 167, 168, 170, 172, 176
TELEGRAM = 2


def test_each_parser_runs_its_form():
    assert kernel.numbers is _strings.numbers and FORMS["chip"].__module__ == "han_of_the_chip.reader"
    assert sys.modules["han_of_the_chip.kernel"].numbers.__module__ == "han_of_the_chip._entries"
    assert {name for name in vars(kernel) if name[0] != "_"} == set(_strings.__all__)
    assert [kernel.name(n) for n in range(49)] == [quantities.name(n) for n in range(49)]


def both(call, octets, work):
    """The work area as call(form, octets, work) leaves it, and its result; both must be equal for the two forms."""
    (plain, plain_work), (ours, own_work) = [(call(form, octets, own), own) for form, own in ((PLAIN, work[:]), (_strings, work[:]))]
    assert type(ours) is type(plain) and (ours, own_work) == (plain, plain_work), bytes(octets)
    return own_work, ours


def told(reading):
    return (list(reading.items()), list(reading.customary()), list(reading.other.items()), reading.clock_offset,
            reading.clock_summer, reading.clock_invalid, reading.rule)


def hold_equal(pieces, **settings):
    """Feed the pieces to both parsers. What they say, count and keep must be equal after each. Return how many readings there were."""
    ours, plain = han.Reader(SIZE, **settings), FORMS["chip"](SIZE, **settings)
    count = 0
    for piece in pieces:
        got, want = ours.feed(piece), plain.feed(piece)
        assert [told(reading) for reading in got] == [told(reading) for reading in want]
        # What a message leaves, begin() and set_scales() empty: who remembers a message leaves nothing. What is behind with
        # its CRC says so, and makes up for it in one go.
        scratch = {*range(START), *range(SCALES, 192)} | ({CRC} if ours._work[CRC] >> 16 else set())
        assert {n: pair for n, pair in enumerate(zip(ours._work, plain._work)) if pair[0] != pair[1] and n not in scratch} == {}
        end = ours._work[FILL]
        assert ours._buf[:end] == plain._buf[:end] and len(ours._buf) == SIZE
        assert ours.trouble == plain.trouble and list(ours.stats.items()) == list(plain.stats.items())
        count += len(got)
    return count


@pytest.mark.parametrize("name", METERS)
def test_meters(name):
    sent = [telegram for telegram, _ in stream(METERS[name], 25)]
    rng = random.Random(name)
    assert hold_equal(cut(b"".join(sent), rng)) == len(sent)
    assert hold_equal(b"".join(sent[:3])[at:at + 1] for at in range(sum(map(len, sent[:3])))) >= 2


@pytest.mark.parametrize("kind", KINDS)
def test_damage(kind):
    sources = [simulated(name, 1) for name in ("p1-landis", "aidon-no", "kaifa-no", "kamstrup-no")]
    wanted = [n for n in range(4 * len(KINDS)) if make_stream(5, n, sources).kind == kind]
    assert wanted
    for n in wanted:
        made = make_stream(5, n, sources)
        hold_equal(made.data[start:end] for start, end in zip([0, *made.cuts], [*made.cuts, len(made.data)]))


@pytest.mark.skipif(not CAPTURES.exists(), reason="the captures (../shared/telegrams) are not here")
def test_captures_whole_and_damaged():
    rng = random.Random(3)
    files = sorted(path for path in CAPTURES.rglob("*") if path.suffix in (".bin", ".txt", ".hex"))
    assert files
    count = 0
    for path in files:
        data = path.read_bytes()
        data = bytes.fromhex(data.decode()) if path.suffix == ".hex" else data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        count += hold_equal(cut(data, rng), unchecked=True)
        for _ in range(4):
            spoilt = bytearray(data)
            spoilt[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            hold_equal(cut(spoilt, rng))
    assert count


def test_random_octets():
    rng = random.Random(4)
    hold_equal(rng.randbytes(rng.randrange(1, 900)) for _ in range(60))
    starts = b"\x7e\xa0\xa7/Ah\x05\xdb\x08K!\r0:1.7(-)\x80"
    for _ in range(40):
        hold_equal([bytes(rng.choices(starts, k=rng.randrange(1, 200))) for _ in range(30)])


def test_buffer_that_fills_up():
    hold_equal([b"/ADN9 1\r\n" + b"x" * 5000, b"/", b"ADN9" + b"/!" * 4000])
    hold_equal([b"/ADN9 1\r\n"] + [b"1-0:1.7.0(1*W)\r\n"] * 400)


def test_octets_that_are_not_there():
    buf, work = bytearray(20), work_area(20)
    with pytest.raises(IndexError):
        _strings.advance(buf, 6, b"12345", work)
    assert len(buf) == 20 and work == work_area(20)
    assert _strings.advance(buf, 21, b"x" * 21, work) == -1 and work == work_area(20)


def test_checksums_and_shift():
    rng = random.Random(6)
    for n in list(range(70)) + [704, 2047, 3000]:
        octets = bytearray(rng.randbytes(n + 9))
        assert _strings.crc_x25(octets, 5, n + 5) == _loops.crc_x25(octets, 5, n + 5)
        ours, plain = octets[:], octets[:]
        _strings.shift(ours, 5, n + 5)
        _loops.shift(plain, 5, n + 5)
        assert ours == plain
        text = bytearray(rng.choices(range(0x30, 0x80), k=n)) + b"!"
        works = [work_area(SIZE) for _ in range(2)]
        for form, work in zip((_loops, _strings), works):
            work[CRC] = n * 1111 & 0xFFFF
            work[FILL], work[MODE] = len(text), TELEGRAM
            assert form.advance(text, 0, b"", work) == 1
        assert works[0] == works[1]


def test_small_fields():
    rng = random.Random(7)
    for _ in range(3000):
        octets = bytes(rng.choices(b"0019afAFgG@`/:_+ ", k=6))
        assert _strings.hex_word(octets, 1) == _loops.hex_word(octets, 1)
        texts = [bytearray(b"2000-00-00T00:00:00") for _ in range(2)]
        binary = rng.randrange(2)
        if binary:
            octets = bytes((rng.choice((6, 7, 8)), rng.choice((0xCF, 0xD0, 0xE6, 0x33, 0x34)), *(
                rng.choice((0, 1, 2, 12, 13, 23, 24, 31, 32, 59, 60, 255)) for _ in range(6))))
        else:
            octets = bytes(rng.choices(b"0012", k=12)) if rng.randrange(3) else bytes(rng.choices(b"0123456789:/ ", k=12))
        done = _entries.write_clock(octets, 0, texts[0], binary)
        assert _strings.write_clock(octets, 0, texts[1], binary) == done and (not done or texts[0] == texts[1])


def test_hunt():
    rng = random.Random(8)
    starts = b"\x7e\xa0\xaf\xb0/AZa[hh\x05\x05\xdb\x08KAM\x00"
    for _ in range(6000):
        octets = bytes(rng.choices(starts, k=rng.randrange(0, 14)))
        work = work_area(SIZE)
        work[START] = rng.randrange(len(octets) + 1)
        work[FILL] = len(octets)
        work[175] = rng.randrange(3)
        both(lambda form, octets, w: form.advance(octets, 0, b"", w), octets + b"\x7e\xa0AA", work)


def lines_alike(octets, end):
    """Read the lines of octets[:end] with both forms, closer looks included. Return how many entries they made."""
    work = work_area(SIZE)
    _entries.begin(work, 0, end)
    while True:
        work, more = both(lambda form, octets, w: form.numbers(octets, w, 0, b""), octets, work)
        if not more:
            return work[2]
        work, _ = both(lambda form, octets, w: form.p1_split(octets, w), octets, work)


NUMBERS = ("0", "00", "1", "-1", "+1", "--1", "", ".", "1.", ".5", "-.5", "1.5", "1..5", "1.5.5", "0000.000", "230.1", "1.1234", "1.123456",
           "1.1234567", "2147483.647", "2147483.648", "2147483647", "53687090", "536870909", "536870910", "0536870909", "-536870909",
           "999999999", "1234567890", "0.00000000000001", "0" * 60 + "7", "1 ", "1_0", "1e3")
UNITS = ("", "*", "*W", "W", "*kW", "*KW", "*kw", "*kWh", "*WH", "*Wh", "*var", "*kvar", "*kVAr", "*varh", "*kVArh", "*V", "*kV", "*va",
         "*A", "*kA", "*Hz", "*hz", "*h", "*k", "**W", "*VA", "*m3", "*kk", "*W ", "\t")
CODES = ("1-0:1.7.0", "1-1:1.7.0", "0-0:1.8.0", "0-1:1.8.0", "1-2:1.8.0", "2-0:1.8.0", "1-0:01.8.0", "1-0:0001.8.0", "1-0:.8.0",
         "1-0:1.8.4", "1-0:2.8.1", "1-0:3.8.1", "1-0:1.8.5", "1-0:32.7.0", "1-0:31.7.0", "1-0:14.7.0", "1-0:13.7.0", "1-0:73.7.0",
         "1-0:74.7.0", "1-0:99.7.0", "1-0:100.7.0", "1-0:257.7.0", "1-0:1.6.0", "1-0:1.7.1", "1-0:22.8.0", "1-0:15.7.0")


def test_lines_of_every_code_number_and_unit():
    rng = random.Random(9)
    count = 0
    for code in CODES:
        for number in NUMBERS:
            for unit in rng.sample(UNITS, 7):
                text = "%s(%s%s)" % (code, number, unit)
                octets = ("\r\n%s%s1-0:2.7.0(2*W)\r\n" % (text, rng.choice(("\r\n", "\n", "\r\n\r\n", "x", ")", "(1)\r\n")))).encode()
                count += lines_alike(octets + b"!1234\r\n", len(octets))
                count += lines_alike(text.encode() + b"!1234\r\n", len(text))
    assert count > len(CODES) * len(NUMBERS)


LINES = ("0-0:1.0.0(220204110650W)", "0-0:01.0.0(220204110650W)", "0-0:1.0.0(22020411065W)", "0-0:1.0.0(2202)\r\n041106)",
         "1-0:1.0.0(220204110650W)",
         "0-0:96.1.1(3153414733313030303030303030)", "0-0:98.1.0(3)(1-0:1.6.0)(200501000000S)(03.695*kW)", "0-0:96.13.0()", "(00123)",
         "1-0:1.8.0*255(1*kWh)", "1-0:1.8.0*256(1*kWh)", "1-0:1.8.0*(1*kWh)", "1-0:1.8.0*7(1*kWh)", "1-0:256.8.0(1)", "1-0:0255.8.0(1)",
         "0-1:24.2.1(170102161005W)(00000.107*m3)", "1-0:1.7.0(1*W)(2*W)", "1-0:1.7.0(1*W)x", "1-0:1.7.0((1*W)", "0-0:96.1.0(A1)", "0-0:96.1.7(A2*B)",
         "0-0:96.1.0(A1*)",
         "0-0:1.0.0(220204110650W)(1)", "1-3:0.2.8(50)", "1-3:0.2.8(50)x", "1-3:000.2.8(5*0*)", "1-0:99.97.0(0)(0-0:96.7.19)",
         "1-0:999.8.0(1)", "1-0:1.8.0(1", "1-0:1.8.0", "1-0:1.8(1)", "1-0:1.8.0 (1)", "x", "1-0:1.7.0(0001*W)", "1-0:2.7.0(1*kW)",
         "1-0:1.8.0(10.5*kWh)", "1-0:32.7.0(230.1*V)")


def test_lines_spoilt():
    rng = random.Random(10)
    for _ in range(4000):
        octets = bytearray("\r\n".join(rng.choices(LINES, k=rng.randrange(1, 6))).encode())
        for _ in range(rng.randrange(3)):
            octets[rng.randrange(len(octets))] = rng.choice(b"0189.:-()*kWhV\r\n\0\x01~ ")
        lines_alike(octets + rng.choice((b"!1234\r\n", b"!.0(1)\r\n")), len(octets))
        text = b"/ADN9 1\r\n" + octets + b"\r\n!"
        hold_equal([text + b"%04X\r\n" % arc(text)])


def elements_alike(form, octets, left, scales):
    """Read the elements with both forms, up to what needs a closer look. Return how many entries they made."""
    work = work_area(SIZE)
    _entries.begin(work, 3, len(octets))
    work[12] = left
    if scales:
        set_scales(work, bytes(n for unit, exponent in scales.items() for n in (unit, 16 + exponent)))
    for _ in range(2):
        work, _ = both(lambda loops, octets, w: loops.numbers(octets, w, form, b""), octets + b"\x02\x03\x09\x06\x01\x00", work)
        work[0] = min(work[0] + 1, len(octets))
    return work[2]


INTEGERS = [b"\x06" + n.to_bytes(4, "big") for n in (0, 1, 2300, 23000, 230, 2147483, 2147484, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)]
INTEGERS += [b"\x05\x00\x00\x09\x00", b"\x05\xff\xff\xff\xff", b"\x10\x00\x00", b"\x10\x7f\xff", b"\x10\xff\xff", b"\x10\x80\x00",
             b"\x12\x00\x00", b"\x12\x09\x00", b"\x12\xff\xff", b"\x11\x07", b"\x0f\x07", b"\x00", b"\x09\x02ab",
             b"\x0a\x03abc", b"\x14" + bytes(8)]
OBIS = [bytes((*map(int, code.split(".")), 255)) for code in (
    "1.0.1.7.0", "1.1.1.8.0", "0.0.2.8.0", "0.1.1.7.0", "1.2.1.7.0", "1.0.32.7.0", "1.0.31.7.0", "1.1.13.7.0", "1.0.14.7.0", "1.0.1.8.3",
    "1.0.4.8.1", "1.0.99.7.0", "0.0.1.0.0", "1.0.73.8.0")]
OBIS.append(bytes((1, 1, 52, 7, 0, 1)))
CLOCK = b"\x09\x06\x00\x00\x01\x00\x00\xff\x09\x0c\x07\xe6\x02\x04\x05\x0b\x06\x32\xff\x80\x00\xff"


def spoil(rng, octets):
    octets = bytearray(octets)
    for _ in range(rng.choice((0, 0, 1, 2))):
        octets[rng.randrange(3, len(octets))] = rng.choice((0, 1, 2, 3, 5, 6, 9, 12, 15, 16, 18, 22, 27, 30, 33, 35, 0xFD, 0xFF))
    return octets[:rng.choice((len(octets), len(octets), rng.randrange(3, len(octets) + 1)))]


def test_registers():
    rng = random.Random(11)
    count = 0
    for _ in range(20000):
        octets = b"~~~"
        elements = rng.randrange(1, 6)
        for _ in range(elements):
            tag = rng.choice((b"\x09\x06",) * 4 + (b"\x06\x09",))
            if rng.randrange(8) == 0:
                octets += rng.choice((b"\x02\x02", b"\x02\x02", b"\x02\x04", b"\x02\x03")) + CLOCK.replace(b"\x09\x06", tag, 1)
            else:
                obis, scaler = rng.choice(OBIS), rng.choice((0, 0, 0, 1, 3, 6, 7, 0xFF, 0xFE, 0xFD, 0xFC, 0x80))
                unit = rng.choice((*[quantities.UNITS[n] for n in [quantities.lookup(*obis[:5])] if n != quantities._NONE] * 5, 27, 0))
                octets += b"\x02\x03" + tag + obis + rng.choice(INTEGERS) + bytes((2, 2, 15, scaler, 22, unit))
        count += elements_alike(1, spoil(rng, octets), rng.randrange(elements + 2), None)
    assert count > 900


def test_pairs():
    rng = random.Random(12)
    count = 0
    for _ in range(20000):
        octets = b"~~~"
        elements = rng.randrange(1, 6)
        for _ in range(elements):
            octets += rng.choice((b"\x09\x06",) * 4 + (b"\x06\x09",)) + rng.choice(OBIS) + rng.choice(INTEGERS)
        scales = rng.choice((None, {}, {33: -2, 30: 1, 32: 1, 255: -2}, {33: -3, 35: -1}, {35: -2, 27: 3}, {35: 1}, {35: -3}))
        count += elements_alike(2, spoil(rng, octets), rng.randrange(2 * elements + 3), scales)
    assert count > 1000


def test_what_is_remembered_has_a_bound():
    for n in range(3000):
        octets = b"~~~\x02\x03\x09\x06\x01\x00\x01\x07\x00" + bytes((n & 0xFF, 18, 0, 1, 2, 2, 15, n >> 9, 22, 27))
        elements_alike(1, octets, 1, None)
        text = b"1-0:%s1.7.0(1*%s)\r\n" % (b"0" * (n & 0x7F), (b"W", b"w", b"kW", b"Kw")[n & 3])
        lines_alike(text + b"!1234", len(text))
    assert max(map(len, (_patterns._lines, _patterns._codes, _patterns._elements))) <= 512
