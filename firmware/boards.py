"""The one place that names pins and UART numbers: a profile a board.

Rules that every profile keeps:
* The meter's line goes to `rx` only. MicroPython cannot leave the UART's TX out, so `idle_tx` names a pin that the
  board leaves unconnected; meter_port makes it an input again the moment the UART has claimed it.
* No flash pins (ESP32 GPIO 6-11, S3 26-32 and with octal memory 33-37, C3 11-17), no strapping pins
  (ESP32 0, 2, 5, 12, 15; S3 0, 3, 45, 46; C3 2, 8, 9), nothing of the console's UART or USB.
* `inverted` says what reaches the pin: P1's open collector idles low behind its pull-up (inverted), a TSS721 M-Bus
  transceiver idles high.
* `relay` is an output that stays low through a reset; the guard switches it where the settings say so, nobody else.
"""

from collections import namedtuple

Profile = namedtuple("Profile", ("name", "uart", "rx", "idle_tx", "inverted", "adapter", "ethernet", "button", "relay"))
# RMII PHY: the name of its type in `network`, address, MDC, MDIO, power switch, reference clock input.
Ethernet = namedtuple("Ethernet", ("phy", "address", "mdc", "mdio", "power", "ref_clk"))

_TABLE = (
    # ESP32 DevKit. UART 2, because UART 1 starts out on the flash pins. GPIO 35 can only be an input, so no mistake
    # in software can drive the meter's line; it has no pull-up, and P1 needs a real resistor anyway. Free on WROOM
    # and WROVER modules alike (16 and 17, the usual choice, belong to the WROVER's PSRAM).
    ("esp32-p1", 2, 35, 33, True, "p1", None, 0, 26),
    ("esp32-mbus", 2, 35, 33, False, "mbus", None, 0, 26),
    # WT32-ETH01. The PHY owns 0, 16, 18, 19, 21-23, 25-27; 5 and 17 carry LEDs. GPIO 16 switches the 50 MHz
    # oscillator that comes back on GPIO 0, so the boot button's pin is taken. 4 leads to nothing but its pad.
    ("wt32-eth01", 2, 35, 14, True, "p1", ("PHY_LAN8720", 1, 23, 18, 16, 0), None, 4),
    # S3 and C3 have no input-only pins. GPIO 4 is plain on both boards and not beside the idle pin.
    ("esp32-s3-p1", 1, 4, 21, True, "p1", None, 0, 6),
    # The C3 has UART 0 and 1 only; its boot button sits on GPIO 9.
    ("esp32-c3-p1", 1, 4, 10, True, "p1", None, 9, 7),
)

NAMES = tuple(row[0] for row in _TABLE)


def profile(name):
    """The profile of board `name`, one of NAMES. Raises ValueError."""
    for row in _TABLE:
        if row[0] == name:
            ethernet = Ethernet(*row[6]) if row[6] else None
            return Profile(*(row[:6] + (ethernet,) + row[7:]))
    raise ValueError("unknown board")
