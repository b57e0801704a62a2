"""The UART of the PC board behaves like the chip's, above all where the chip refuses or loses something."""

import os
import pty
import time
import tty

import pytest
from bench import HAN, MBUS, MBUS_8N1, P1

@pytest.mark.parametrize(("arguments", "error"), [
    ("1, rx=35", "ValueError invalid pin"),               # the default transmit pin is the flash's
    ("2, rx=35, tx=None", "ValueError invalid pin"),
    ("2, rx=35, tx=-1", "ValueError invalid pin"),
    ("2, rx=35, tx=8", "ValueError invalid pin"),
    ("2, rx=35, tx=34", "ValueError pin can only be input"),
    ("2, rx=24, tx=33", "ValueError invalid pin"),
    ("3, rx=35, tx=33", "ValueError UART(3) does not exist"),
    ("2, rx=35, tx=33, bits=9", "ValueError invalid data bits"),
    ("2, rx=35, tx=33, stop=3", "ValueError invalid stop bits"),
    ("2, rx=35, tx=33, invert=1", "ValueError invalid inversion mask"),
    ("2, rx=35, tx=33, rxbuf=128", "OSError -1"),
    ("", "TypeError "),
    ("2, rx=35, tx=33, speed=1", "TypeError "),
])
def test_what_the_chip_refuses_is_refused(bench, arguments, error):
    text, _ = bench().run(
        f"from machine import UART\ntry:\n    UART({arguments})\n    print('accepted')\n"
        "except Exception as error:\n    print(type(error).__name__, error.args[0])\n"
    )
    assert text.startswith(error)


def test_every_init_drives_the_transmit_pin_again(bench):
    text, _ = bench().run(
        "from machine import UART, Pin\nfrom _pin import driven\n"
        "u = UART(2, rx=35, tx=33)\nprint(driven)\nPin(33, Pin.IN)\nprint(driven)\nu.init(baudrate=2400)\nprint(driven)\n"
    )
    assert text == "{33}\nset()\n{33}\n"


def test_the_firmware_leaves_no_transmit_pin_driven(bench):
    """Neither when the UART is made nor when its line is changed."""
    text, _ = bench().run(
        "import asyncio\nfrom _pin import driven\nfrom firmware import boards, meter_port\nfrom firmware.log import Log\nfrom han import Reader\n"
        "for name in ('esp32-p1', 'esp32-mbus', 'wt32-eth01'):\n"
        "    port = meter_port.MeterPort(boards.profile(name), 'auto', Reader(), print, Log())\n"
        "    tuner = port._enter()\n    uart = tuner.open()\n    before = len(driven)\n    tuner.open(uart)\n    print(name, before, len(driven))\n"
    )
    assert [line for line in text.splitlines() if "listening" not in line] == ["esp32-p1 0 0", "esp32-mbus 0 0", "wt32-eth01 0 0"]


DATA = bytes(range(256))


@pytest.mark.parametrize(("line", "settings"), [
    (P1, "baudrate=115200, invert=UART.INV_RX"),
    ({**P1, "baud": 115201}, "baudrate=115200, invert=UART.INV_RX"),
    (MBUS, "baudrate=2400, parity=0"),
    (MBUS_8N1, "baudrate=2400, parity=None"),
    ({**MBUS, "parity": 1}, "baudrate=2400, parity=1"),
    (None, "baudrate=9600"),
])
def test_with_the_right_settings_every_byte_arrives(bench, line, settings):
    assert bench(line).heard(settings, DATA) == DATA


def odd(byte):
    return bin(byte).count("1") % 2


def test_even_parity_on_a_line_without_drops_what_does_not_match(bench):
    """Only bytes with an odd number of ones survive, as in captures from the field."""
    heard = bench(MBUS_8N1).heard("baudrate=2400, parity=0", DATA)
    assert heard[:-1] == bytes(byte for byte in DATA if odd(byte))[: len(heard) - 1]
    assert 100 < len(heard) < 140


def test_the_wrong_parity_drops_every_byte(bench):
    assert bench(MBUS).heard("baudrate=2400, parity=1", DATA) == b""


@pytest.mark.parametrize(("line", "settings"), [
    (P1, "baudrate=115200"),                                    # not inverted
    (MBUS, "baudrate=2400, parity=0, invert=UART.INV_RX"),
    (P1, "baudrate=2400, invert=UART.INV_RX"),
    (MBUS, "baudrate=115200"),
    (MBUS, "baudrate=1200, parity=0"),
    (MBUS, "baudrate=2400, parity=None"),                       # 8N1 hearing 8E1 back to back
])
def test_wrong_speed_or_polarity_gives_rubbish(bench, line, settings):
    sent = b"/LGF5E360\r\n\r\n0-0:1.0.0(210101120000W)\r\n1-0:1.8.0(00006678.394*kWh)\r\n" * 3
    heard = bench(line).heard(settings, sent)
    assert heard != sent
    assert b"1-0:1.8.0" not in heard


def test_a_slow_meter_on_a_fast_uart_keeps_up_with_the_clock(bench):
    """A second of such a meter takes far less to hear, or the firmware would do nothing else until the watchdog bites."""
    text = bench(MBUS).talk(
        HAN.format("baudrate=115200, invert=UART.INV_RX, rxbuf=4096") + "import time\nprint('ready')\ntime.sleep_ms(300)\n"
        "t = time.ticks_ms()\nn = len(u.read())\nprint(n, time.ticks_diff(time.ticks_ms(), t))\n", DATA[:218],
    )
    count, took = map(int, text.split())
    assert count > 500 and took < 400


def test_what_does_not_fit_the_buffer_is_lost(bench):
    assert bench().heard("invert=UART.INV_RX, rxbuf=200", DATA) == DATA[:200]


def test_reading_gives_what_there_is(bench):
    text = bench().talk(
        HAN.format("invert=UART.INV_RX") + "import time\nb = bytearray(4)\nprint('ready')\n"
        "t = time.ticks_ms()\nwhile not u.any() and time.ticks_diff(time.ticks_ms(), t) < 5000:\n    pass\ntime.sleep_ms(100)\n"
        "print(u.any(), u.readinto(b), bytes(b), u.readinto(b, 1), bytes(b), u.read(2), u.read(100), u.read(), u.readinto(b), u.any())\n",
        b"abcdefghij",
    )
    assert text == "10 4 b'abcd' 1 b'ebcd' b'fg' b'hij' None None 0\n"


def test_the_ring_wraps(bench):
    wire = bench()
    child = wire.start(
        HAN.format("invert=UART.INV_RX, rxbuf=150") + "import time\nout = b''\nsaid = 0\nprint('ready')\nt = time.ticks_ms()\n"
        "while len(out) < 5000 and time.ticks_diff(time.ticks_ms(), t) < 20000:\n    out += u.read(7) or b''\n"
        "    if len(out) >= said + 50:\n        said += 50\n        print(said)\nprint(out.hex())\n"
    )
    assert child.output.readline() == b"ready\n"
    data = os.urandom(5000)
    for at in range(0, len(data), 50):
        os.write(wire.master, data[at : at + 50])
        if at:
            # Never more than 100 bytes under way, however busy the machine is.
            assert int(child.output.readline()) == at
    assert child.output.read().decode().split()[-1] == data.hex()
    assert child.stop() == 0


def test_init_forgets_what_was_received(bench):
    text = bench().talk(
        HAN.format("invert=UART.INV_RX") + "import time\nprint('ready')\ntime.sleep_ms(300)\nprint(u.any())\nu.init(baudrate=115200)\nprint(u.any())\n", b"old",
    )
    assert text == "3\n0\n"


def test_settings_that_are_not_given_stay(bench):
    text = bench(MBUS).talk(
        HAN.format("baudrate=2400, parity=0") + "import time\nu.init(rxbuf=512)\nprint('ready')\ntime.sleep_ms(300)\nprint(u.read())\n", b"abc",
    )
    assert text == "b'abc'\n"


def test_timeout_waits_for_the_first_byte(bench):
    text = bench().talk(
        HAN.format("invert=UART.INV_RX, timeout=400") + "import time\nt = time.ticks_ms()\nnothing = u.read()\n"
        "waited = time.ticks_diff(time.ticks_ms(), t)\nu.init(timeout=5000)\nprint('ready')\ndata = u.read()\nprint(nothing, 390 <= waited < 1000, data)\n",
        b"x",
    )
    assert text == "None True b'x'\n"


def test_a_stream_reader_gets_what_there_is(bench):
    text = bench().talk(
        "import asyncio\n" + HAN.format("invert=UART.INV_RX") + "async def main():\n    s = asyncio.StreamReader(u)\n    b = bytearray(100)\n    print('ready')\n"
        "    n = await asyncio.wait_for(s.readinto(b), 5)\n    print(n > 0, b[:1])\n"
        "    try:\n        await asyncio.wait_for(s.read(200), 1)\n    except asyncio.TimeoutError:\n        print('deadline')\n"
        "asyncio.run(main())\n",
        b"q",
    )
    assert text == "True bytearray(b'q')\ndeadline\n"


def test_a_meter_may_come_and_go(bench):
    wire = bench()
    wire.board.uart.unlink()
    child = wire.start(
        HAN.format("invert=UART.INV_RX") + "import time\nprint('ready')\n"
        "for _ in range(2):\n    t = time.ticks_ms()\n    while not u.any() and time.ticks_diff(time.ticks_ms(), t) < 10000:\n        time.sleep_ms(5)\n"
        "    print(u.read())\n"
    )
    assert child.output.readline() == b"ready\n"
    for text in (b"one", b"two"):
        master, slave = pty.openpty()
        tty.setraw(slave)
        wire.board.uart.unlink(missing_ok=True)
        wire.board.uart.symlink_to(os.ttyname(slave))
        time.sleep(0.2)
        os.write(master, text)
        assert child.output.readline().decode() == f"{text}\n"
        os.close(slave)
        os.close(master)
    child.stop()
