"""The PC board behaves like the chip: modules, resets, watchdog, network. Scripts run under real MicroPython."""

import json
import signal
import time

import pytest
from bench import Bench

from tools import pcboard


def test_the_stand_ins_win_over_the_built_in_modules(bench):
    text, _ = bench().run("import machine, network, esp32, socket, sys\nprint(machine.__file__, sys.path)")
    assert text == "/rom/machine.mpy ['/rom', '', '.frozen', 'lib']\n"


def test_the_stand_ins_take_no_less_of_the_heap_than_is_said(pc_board, tmp_path):
    script = tmp_path / "weigh.py"
    # The table of names grows in steps: one before.
    script.write_text(
        "import gc\nclass Names:\n    pass\nfor n in range(330):\n    setattr(Names, 'name%d' % n, 0)\ndel Names\n"
        "def taken():\n    gc.collect()\n    return gc.mem_alloc()\nbefore = taken()\nimport machine, network, esp32, socket\n"
        "uart = machine.UART(2, 2400, bits=8, parity=0, stop=1, tx=33, rx=35, rxbuf=4096)\nidle = machine.Pin(33, machine.Pin.IN)\n"
        "watchdog = machine.WDT(timeout=60000)\nnic = network.WLAN(network.STA_IF)\nnic.active(True)\nnic.connect('PC', 'x')\n"
        "machine.unique_id(), machine.RTC().memory(), machine.reset_cause(), nic.isconnected(), uart.any()\n"
        "esp32.idf_heap_info(esp32.HEAP_DATA)\nprint(taken() - before)\n"
    )
    child = pc_board.start(script=script)
    try:
        found = int(child.output.read())
    finally:
        child.stop()
    assert pcboard.STAND_INS <= found < pcboard.STAND_INS + 1024


@pytest.mark.parametrize(("mcu", "good", "bad"), [("esp32c3", (4, 10, 21), (11, 17, 22)), ("esp32s3", (4, 21, 48), (22, 26, 32))])
def test_other_chips_have_other_pins(tmp_path, micropython32, umqtt, mcu, good, bad):
    bench = Bench(pcboard.PcBoard(tmp_path / "board", mcu=mcu), None)
    text, _ = bench.run(
        f"from machine import Pin\nfor n in {good + bad}:\n    try:\n        Pin(n)\n        print(n, 'good')\n"
        "    except ValueError:\n        print(n, 'bad')\n"
    )
    assert text.splitlines() == [f"{n} good" for n in good] + [f"{n} bad" for n in bad]


def test_a_watchdog_that_is_fed_lets_live_and_one_that_is_not_kills(bench):
    began = time.monotonic()
    text, status = bench().run(
        "import machine, time\nw = machine.WDT(timeout=600)\nfor _ in range(4):\n    time.sleep_ms(300)\n    w.feed()\nprint('fed')\nwhile True:\n    pass\n"
    )
    assert (text, status) == ("fed\n", -signal.SIGALRM)
    assert 1.7 < time.monotonic() - began < 6
    assert pcboard.restart_cause(status) == pcboard.WATCHDOG


@pytest.mark.parametrize("timeout", [0, -5])
def test_a_watchdog_needs_a_time(bench, timeout):
    text, _ = bench().run(f"import machine\ntry:\n    machine.WDT(timeout={timeout})\nexcept ValueError as error:\n    print(error)\n")
    assert text == "WDT timeout too short\n"


def test_a_reset_cannot_be_caught_and_rtc_memory_survives_it(bench):
    wire = bench()
    text, status = wire.run(
        "import machine\nprint(machine.reset_cause(), machine.RTC().memory())\nmachine.RTC().memory(b'kept')\n"
        "try:\n    machine.reset()\nexcept BaseException:\n    print('caught')\nfinally:\n    print('after')\n"
    )
    assert (text, pcboard.restart_cause(status)) == ("1 b''\n", pcboard.RESET)
    look = "import machine\nprint(machine.reset_cause(), machine.RTC().memory())\nmachine.soft_reset()\n"
    text, status = wire.run(look, pcboard.RESET)
    assert (text, pcboard.restart_cause(status)) == ("2 b'kept'\n", pcboard.SOFT_RESET)
    assert wire.run(look)[0] == "1 b''\n"  # a power cut


def test_rtc_memory_has_its_limit(bench):
    text, _ = bench().run(
        "import machine\nr = machine.RTC()\nr.memory(bytes(2048))\nprint(len(r.memory()))\ntry:\n    r.memory(bytes(2049))\nexcept ValueError as error:\n    print(error)\n"
    )
    assert text == "2048\nbuffer too long\n"


def test_the_clock_is_the_pcs(bench):
    text, _ = bench().run("import machine, time\nmachine.RTC().datetime((2001, 1, 1, 0, 0, 0, 0, 0))\nprint(int(time.time()), machine.RTC().datetime())")
    seconds, _, moment = text.partition(" ")
    assert abs(int(seconds) - time.time()) < 30
    year, month, day, weekday, *_ = json.loads(moment.replace("(", "[").replace(")", "]"))
    now = time.gmtime(int(seconds))
    assert (year, month, day, weekday) == (now.tm_year, now.tm_mon, now.tm_mday, now.tm_wday)


def test_wifi_connects_and_the_cut_file_breaks_it(bench):
    wire = bench()
    child = wire.start(
        "import network, time\nw = network.WLAN(network.STA_IF)\nassert w is network.WLAN()\n"
        "def word():\n    return w.isconnected(), w.status(), w.ifconfig()[0]\n"
        "def until(wanted):\n    t = time.ticks_ms()\n    while w.isconnected() != wanted and time.ticks_diff(time.ticks_ms(), t) < 10000:\n        time.sleep_ms(10)\n"
        "for call in (lambda: w.connect('a', 'b'), lambda: w.disconnect(), lambda: w.scan(), lambda: w.config(pm=1, nonsense=2)):\n"
        "    try:\n        call()\n        print('accepted')\n    except (OSError, ValueError) as error:\n        print(error)\n"
        "w.active(True)\nw.connect('a', 'b')\nprint(word())\n"
        "try:\n    w.connect('a', 'b')\nexcept OSError as error:\n    print(error)\n"
        "until(True)\nprint(word(), w.status('rssi') < 0)\nuntil(False)\nprint(word())\nuntil(True)\nprint(word())\n"
        "w.disconnect()\nprint(word())\nw.connect()\nuntil(True)\nw.active(False)\nprint(word())\n"
    )
    said = [child.output.readline().decode().strip() for _ in range(7)]
    wire.board.no_network.write_text("202")
    said.append(child.output.readline().decode().strip())
    wire.board.no_network.unlink()
    said += child.output.read().decode().splitlines()
    assert said == [
        "Wifi Not Started", "Wifi Not Started", "STA must be active", "unknown config param",
        "(False, 1001, '0.0.0.0')", "Wifi Internal State Error", "(True, 1010, '127.0.0.1') True",
        "(False, 202, '0.0.0.0')", "(True, 1010, '127.0.0.1')", "(False, 1000, '0.0.0.0')", "(False, 1000, '0.0.0.0')",
    ]
    child.stop()


def test_the_access_point_and_ethernet(bench):
    text, _ = bench().run(
        "import network, time\nfrom machine import Pin\na = network.WLAN(network.AP_IF)\na.active(True)\na.config(ssid='x', key='12345678', security=3)\n"
        "print(a.config('essid'), a.isconnected(), a.status('stations'))\n"
        "try:\n    network.WLAN().config(ssid='x')\nexcept OSError as error:\n    print(error)\n"
        "l = network.LAN(mdc=23, mdio=18, power=Pin(16), phy_addr=1, phy_type=network.PHY_LAN8720, ref_clk=Pin(0), ref_clk_mode=Pin.IN)\n"
        "print(l.status(), l.isconnected())\nl.active(True)\ntime.sleep_ms(900)\nprint(l.status() == network.ETH_GOT_IP, l.isconnected(), l.ipconfig('addr4'))\n"
        "try:\n    network.LAN(phy_addr=1, phy_type=network.PHY_LAN8720)\nexcept ValueError as error:\n    print(error)\n"
    )
    assert text.splitlines() == [
        "x False []", "AP required", "2 False", "True True ('127.0.0.1', '255.0.0.0')", "mdc and mdio must be specified",
    ]


def test_the_heap_of_the_chip_shrinks_with_pythons(bench):
    text, _ = bench().run(
        "import esp32, gc\nfor total, free, largest, least in esp32.idf_heap_info(esp32.HEAP_DATA):\n    print(total, abs(free - max(total - gc.mem_alloc() - gc.mem_free(), 0)) < 100, largest <= free)\n"
    )
    assert text == "165600 True True\n"


@pytest.mark.parametrize(("boot", "main", "said", "status"), [
    ("print('boot')", "print('main')", "boot\nmain\n", 1),                 # main.py ended: the prompt
    ("1 // 0", "print('main')", "ZeroDivisionError", 1),                   # boot.py raised: main.py never runs
    ("", "raise ValueError('x')", "ValueError: x", 1),
    ("", "import sys\nsys.exit()", "", 81),                                # a soft reset
])
def test_boot_and_main_run_as_on_the_chip(bench, boot, main, said, status):
    board = bench().board
    (board.device / "boot.py").write_text(boot)
    (board.device / "main.py").write_text(main)
    child = board.start()
    text = child.output.read().decode()
    assert said in text
    assert ("main\n" in text) == (boot.startswith("print") and main.startswith("print"))
    assert child.process.wait(10) == status


def test_the_stand_ins_take_little_of_the_heap(bench):
    """On the chip they take nothing; 12 KB (32 bits) is the price of testing on a PC."""
    text, _ = bench().run("import machine, network, socket, esp32, gc, sys\nsocket.socket\ngc.collect()\nprint(gc.mem_alloc(), sys.maxsize > 2**31)")
    allocated, wide = text.split()
    assert int(allocated) < (24000 if wide == "True" else 12500)
