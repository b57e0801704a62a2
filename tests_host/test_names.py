"""Names and their addresses: messages written out after RFC 1035, rubbish without end, and name servers that misbehave."""

import pathlib
import random
import socket
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from test_mqtt import play

from tools import runtime
from tools.router import Router, dns_answer, time_answer

HERE = pathlib.Path(__file__).parent
STUB = "import sys, types; m = types.ModuleType('micropython'); m.const = lambda value: value; sys.modules['micropython'] = m"


@pytest.fixture(params=["CPython", "MicroPython 32", "MicroPython 64"])
def ask(request):
    """ask(*lines): what mp_answers.py makes of them, on each Python."""
    kind, _, bits = request.param.partition(" ")
    if bits:
        argv = [*request.getfixturevalue(f"micropython{bits}"), str(HERE / "mp_answers.py")]
    else:
        argv = [sys.executable, "-c", f"{STUB}; exec(open({str(HERE / 'mp_answers.py')!r}).read())"]

    def run(*lines):
        done = subprocess.run(argv, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=120,
                              env={"MICROPYPATH": f"{runtime.ROOT}:.frozen", "PYTHONPATH": str(runtime.ROOT)})
        assert done.returncode == 0 and not done.stderr, done.stderr
        return done.stdout.splitlines()

    return run


def octets(text):
    """The bytes of an annotated message: hex digits, and text in quotation marks; what follows a # is a comment."""
    data = b""
    for line in textwrap.dedent(text).splitlines():
        for word in line.partition("#")[0].split():
            data += word.strip('"').encode() if word.startswith('"') else bytes.fromhex(word)
    return data


QUESTION = octets("""
    1234            # identity
    0100            # a standard query, recursion desired
    0001 0000 0000 0000
    06 "broker" 04 "home" 03 "lan" 00
    0001 0001       # A, IN
""")
AFTER = "06 \"broker\" 04 \"home\" 03 \"lan\" 00  0001 0001"
ADDRESS = octets(f"""
    1234 8180       # a response without an error
    0001 0001 0000 0000
    {AFTER}
    c00c            # the name at octet 12
    0001 0001 0000012c 0004 c0a80105
""")
ALIAS = octets(f"""
    1234 8580 0001 0003 0000 0000
    {AFTER}
    c00c 0005 0001 00000e10 000a  07 "mqtt-01" c013   # broker.home.lan is mqtt-01.home.lan, the rest from octet 19 on
    c02d 0005 0001 00000258 0004  01 "b" c018         # which is b.lan
    c043 0001 0001 0000003c 0004  0a000007            # whose address is 10.0.0.7
""")
CASE = ADDRESS.replace(b"broker", b"BroKer")


def test_the_question_is_that_of_the_standard(ask):
    assert ask("question broker.home.lan 4660", "question broker.home.lan. 4660", "question x 0") == [
        QUESTION.hex(), QUESTION.hex(), "000001000001000000000000" + "017800" + "00010001"]


def test_names_that_cannot_be_are_refused(ask):
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])
    assert len(longest) == 253
    good, *bad = ask(f"question {longest} 1", f"question {longest}b 1", f"question {'a' * 64}.lan 1", "question a..b 1", "question .a 1", "question . 1")
    assert len(good) == 2 * (12 + 255 + 4)
    assert all(line.startswith("ValueError") for line in bad)


def test_addresses_are_known_as_such(ask):
    good = ("192.168.1.5", "0.0.0.0", "255.255.255.255", "fe80::1", "::1")
    bad = ("broker", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", "1.2.3.x", "1.2.3.-4", "1.2.3.1000", "")
    assert ask(*(f"address {host}" for host in good + bad)) == ["True"] * len(good) + ["False"] * len(bad)


def answers(ask, *messages):
    return ask(*(f"answer {message.hex()} {QUESTION.hex()}" for message in messages))


def test_answers(ask):
    assert answers(ask, ADDRESS, ALIAS, CASE) == ["('192.168.1.5', 300)", "('10.0.0.7', 60)", "('192.168.1.5', 300)"]


def test_what_is_no_answer_to_this_question(ask):
    assert answers(
        ask, b"", QUESTION, ADDRESS[:11], b"\x12\x35" + ADDRESS[2:], ADDRESS.replace(b"broker", b"brokes"),
        ADDRESS[:2] + b"\x01" + ADDRESS[3:],                                    # not a response
        ADDRESS[:2] + b"\x91" + ADDRESS[3:],                                    # not to a standard query
        ADDRESS[:5] + b"\0" + ADDRESS[6:],                                      # without the question
        ADDRESS.replace(b"\0\0\1\0\1\xc0", b"\0\0\x1c\0\1\xc0"),                # to another type, AAAA
    ) == ["None"] * 9


def test_no_address_in_it(ask):
    def code(n):
        return ADDRESS[:3] + bytes((0x80 | n,)) + b"\0\1\0\0\0\0\0\0" + ADDRESS[12:33]

    text = octets(f"1234 8180 0001 0001 0000 0000 {AFTER} c00c 0010 0001 0000012c 0003 02 \"hi\"")
    other = ADDRESS.replace(b"\xc0\x0c", b"\xc0\x13")
    short = ADDRESS.replace(b"\0\4\xc0\xa8", b"\0\3\xc0\xa8")
    chaos = ADDRESS.replace(b"\0\1\0\1\0\0\1\x2c", b"\0\1\0\3\0\0\1\x2c")
    assert answers(ask, *map(code, (0, 2, 3, 5)), text, other, short, chaos) == [f"('', {n})" for n in (0, 2, 3, 5, 0, 0, 0, 0)]


def test_cut_short_what_came_before_is_good(ask):
    two = ADDRESS[:7] + b"\2" + ADDRESS[8:]
    assert answers(ask, two + b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x0a", two) == ["('192.168.1.5', 300)", "None"]


def test_times_to_live(ask):
    def lasting(text):
        return ADDRESS.replace(b"\0\0\1\x2c", bytes.fromhex(text))

    assert answers(ask, lasting("00000000"), lasting("7fffffff"), lasting("ffffffff"), lasting("00ffffff")) == [
        f"('192.168.1.5', {n})" for n in (0, 0xFFFFFF, 0, 0xFFFFFF)]


def test_loops_end(ask):
    itself = octets("1234 8180 0001 0001 0000 0000 c00c 0001 0001")
    ahead = octets(f"1234 8180 0001 0001 0000 0000 {AFTER} c021 0001 0001 0000012c 0004 c0a80105")
    pair = octets(f"1234 8180 0001 0001 0000 0000 {AFTER} 01 61 c023 c021 0001 0001 0000012c 0004 c0a80105")
    circle = octets(f"""1234 8180 0001 0002 0000 0000 {AFTER}
                        c00c 0005 0001 00000e10 0004 01 "b" c013
                        c02d 0005 0001 00000e10 0002 c00c""")
    growing = octets("1234 8180 0001 0001 0000 0000") + b"\x3f" + b"a" * 63 + b"\xc0\x0c" + b"\0\1\0\1"
    many = ADDRESS[:6] + b"\xff\xff" + ADDRESS[8:]
    assert answers(ask, itself, ahead, pair, growing, circle, many) == ["None", "None", "None", "None", "('', 0)", "('', 0)"]


def test_fuzz(ask):
    rng = random.Random(4)
    lines = []
    for _ in range(4000):
        data = bytearray(rng.choice((ADDRESS, ALIAS, QUESTION)))
        for _ in range(rng.randrange(1, 6)):
            way = rng.randrange(4)
            at = rng.randrange(2 if rng.random() < 0.9 else 0, len(data))
            if way == 0:
                data[at] = rng.choice((0, 0xC0, 0xFF, 0x3F, 0x0C, rng.randrange(256)))
            elif way == 1:
                del data[at:at + rng.randrange(1, 9)]
            elif way == 2:
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))
            else:
                data[at:at + 2] = bytes((0xC0 | rng.randrange(2), rng.randrange(80)))
            data = data or bytearray(1)
        lines.append(f"answer {data.hex()} {QUESTION.hex()}")
    began = time.monotonic()
    found = ask(*lines)
    assert len(found) == len(lines) and time.monotonic() - began < 60
    allowed = ("None", "('', ", "('192.168.1.5', ", "('10.0.0.7', ")
    # A changed address is an address; what must not be is another name's.
    odd = [line for line in found if not line.startswith(allowed)]
    assert len(odd) < len(found) // 8 and all(line.startswith("('") and line.count(".") == 3 for line in odd)
    assert sum(line != "None" for line in found) > 300


MARK = bytes.fromhex("0123456789abcdef")
ASKED = b"\x23" + bytes(39) + MARK
NOW = 1_785_000_000  # 2026-07-25


def clocks(ask, *messages):
    return ask(*(f"time {message.hex()} {MARK.hex()}" for message in messages))


def test_the_time_is_believed_only_with_its_papers_in_order(ask):
    good = time_answer(ASKED, NOW + 0.25)
    since_2000 = NOW - 946684800
    assert clocks(ask, good, good + bytes(20), time_answer(ASKED, 2_100_000_000)) == [
        f"({since_2000}, 250)", f"({since_2000}, 250)", f"({2_100_000_000 - 946684800}, 0)"]

    def changed(at, value):
        return good[:at] + bytes((value,)) + good[at + 1:]

    assert clocks(
        ask, b"", good[:47], changed(0, 0x23), changed(0, 0x25), changed(0, 0xE4), changed(1, 0), changed(1, 16), changed(31, 0), changed(24, 9),
        time_answer(ASKED, 1_735_689_599), good[:40] + bytes(8), time_answer(ASKED, 0), ASKED,
    ) == ["None"] * 13
    assert clocks(ask, time_answer(ASKED, 1_735_689_600)) == ["(789004800, 0)"]


def test_the_time_after_2036(ask):
    # 2036-02-07T06:28:16Z is NTP's second 0 again; the word "no time" is all zeros, a fraction is not.
    assert clocks(ask, time_answer(ASKED, 2_085_978_497)) == [f"({2_085_978_497 - 946684800}, 0)"]


@pytest.fixture
def router(pc_board):
    with Router({"broker.lan": "127.0.0.7", "printer.local": "127.0.0.8"}) as own:
        pc_board.router = own
        yield own


@pytest.fixture
def look(pc_board, router, monkeypatch):
    """look(names…) gives [what was found, or the sentence, and the ms it took]."""
    def run(*names, **environment):
        monkeypatch.setenv("NAMES", " ".join(names))
        for key, value in environment.items():
            monkeypatch.setenv(key, value)
        result = play(pc_board, "mp_names.py")
        assert int(result["stall"]) < 100 and int(result["descriptors"]) < 7, result
        found = [result[str(n)].rpartition(" took ") for n in range(len(names))]
        return [(words, int(ms)) for words, _, ms in found]

    return run


def test_a_name_server_is_asked_for_names_alone(look, router):
    (first, fast), (second, _), (third, _), (fourth, ms) = look("broker.lan", "10.1.2.3", "printer.local", "no-such.lan")
    assert (first, second, third) == ("127.0.0.7 60", f"10.1.2.3 {0x7FFFFFFF}", "127.0.0.8 60") and fast < 500
    assert fourth.startswith("the broker's name does not resolve") and ms < 500
    assert router.asked == ["broker.lan", "printer.local", "no-such.lan"]


def test_a_silent_name_server(look, router):
    router.dns = router.mdns = lambda query: None
    (words, ms), (local, also) = look("broker.lan", "printer.local")
    assert words.startswith("no name server answers") and 4900 < ms < 6000
    assert local.startswith("the broker's name does not resolve") and 4900 < also < 6000
    assert router.asked == ["broker.lan"] * 2 + ["printer.local"] * 2


def test_no_name_server(look, router):
    port = router.ports.split()[0]
    router.ports = router.ports.replace(port, "53=1")
    ((words, ms),) = look("broker.lan")
    assert words.startswith("no name server answers") and 900 < ms < 3000
    for server in ("", "0.0.0.0", "nonsense"):
        router.ports = ""
        ((words, ms),) = look("broker.lan", SERVER=server)
        assert words.startswith("no name server answers") and ms < 6500


def test_the_second_try_serves(look, router):
    seen = []

    def lossy(query):
        seen.append(query)
        return router.by_name(query) if len(seen) == 2 else None

    router.dns = lossy
    ((words, ms),) = look("broker.lan")
    assert words == "127.0.0.7 60" and 1900 < ms < 3000
    assert seen[0][:2] != seen[1][:2] and seen[0][2:] == seen[1][2:]


def test_an_answer_too_late_is_for_nobody(look, router):
    seen = []

    def late(query):
        seen.append(query)
        return [(2.3, dns_answer(query, "127.0.0.9"))] if len(seen) == 1 else [(0.8, dns_answer(query, "127.0.0.7"))]

    router.dns = late
    ((words, _),) = look("broker.lan")
    assert words == "127.0.0.7 60"


def test_wrong_answers_are_passed_over(look, router):
    def wrong(query):
        forged = dns_answer(query, "127.0.0.9")
        other = dns_answer(query.replace(b"broker", b"brokes"), "127.0.0.9")
        return [(0, b"rubbish"), (0.05, bytes((query[0] ^ 1,)) + forged[1:]), (0.1, other), (0.15, query), (0.3, router.by_name(query))]

    router.dns = wrong
    ((words, _),) = look("broker.lan")
    assert words == "127.0.0.7 60"


def test_somebody_else_does_not_answer_for_the_name_server(look, router):
    def elsewhere(query):
        port = int(router.ports.split()[0].partition("=")[2])
        stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

        def send():
            # Whatever port of this PC the question came from.
            for line in pathlib.Path("/proc/net/udp").read_text().splitlines()[1:]:
                remote, local = line.split()[2], line.split()[1]
                if int(remote.partition(":")[2], 16) == port:
                    stranger.sendto(dns_answer(query, "127.0.0.9"), ("127.0.0.1", int(local.partition(":")[2], 16)))
            stranger.close()

        threading.Timer(0.1, send).start()
        return [(0.4, router.by_name(query))]

    router.dns = elsewhere
    ((words, ms),) = look("broker.lan")
    assert words == "127.0.0.7 60" and ms > 350


@pytest.mark.parametrize("code, tries", ((2, 2), (5, 2), (3, 1), (0, 1)))
def test_a_server_that_knows_nothing(look, router, code, tries):
    router.dns = lambda query: query[:2] + bytes((0x81, 0x80 | code)) + b"\0\1\0\0\0\0\0\0" + query[12:]
    ((words, _),) = look("broker.lan")
    assert len(router.asked) == tries
    assert words.startswith("the broker's name does not resolve" if tries == 1 else "no name server answers")


@pytest.mark.parametrize("ttl, lasts", ((60, 300), (3600, 3600), (0xFFFFFF, 86400)))
def test_an_address_is_used_until_it_fails_or_is_too_old(pc_board, router, monkeypatch, ttl, lasts):
    def thrice(query):
        # Silence from the third question on, when the address is too old: then the old one is better than none.
        return dns_answer(query, f"127.0.0.{len(router.asked)}", ttl) if len(router.asked) < 3 else None

    router.dns = thrice
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with socket.create_server(("0.0.0.0", 0)) as listener:
        monkeypatch.setenv("HOST", "broker.lan")
        monkeypatch.setenv("PORT", str(listener.getsockname()[1]))
        monkeypatch.setenv("CLOSED", str(port))
        result = play(pc_board, "mp_dial.py")
    first, second = "connected 127.0.0.1 failures 0", "connected 127.0.0.2 failures 0"
    good = f" lasts {lasts}"
    assert result["first"] == result["again"] == first + good
    assert [result[f"closed{n}"].rpartition("failures ")[2] for n in range(3)] == [f"{n + 1}{good}" for n in range(3)]
    assert result["after"] == second + good
    assert result["old"] == result["older"] == second + " lasts 0"
    assert len(router.asked) == 2 + 2 * 2


def test_no_address_ever_is_a_failure_each_time(pc_board, router, monkeypatch):
    router.names = {}
    for key, value in (("HOST", "broker.lan"), ("PORT", "1"), ("CLOSED", "1")):
        monkeypatch.setenv(key, value)
    result = play(pc_board, "mp_dial.py")
    assert result["older"].startswith("the broker's name does not resolve None") and len(router.asked) == 8
