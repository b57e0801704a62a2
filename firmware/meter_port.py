"""The meter's UART, which can only receive.

MicroPython's UART insists on a TX pin and drives it. It is given a pin that the board leaves unconnected, and that
pin is made an input again right after every configuration of the UART, so that nothing is ever driven.
"""

import asyncio
import time

from machine import UART, Pin
from micropython import const

from firmware import line as lines
from firmware import sentence

# The longest stall of the loop to survive: a name look-up or a TLS handshake, about 1.5 s of 2400 baud (240 B/s), or
# two whole P1 telegrams of the longest kind.
_RXBUF = const(4096)
_CHUNK = const(64)
_POLL_MS = const(10)
_LOOK_MS = const(1000)


class MeterPort:
    """Feeds a Reader from the UART of a board profile and calls `on_reading(reading)` for each reading.

    Attributes: state (one of the words of firmware.line; -1 before the first look), line (the Line in use).
    """

    def __init__(self, profile, setting, reader, on_reading, log):
        self._profile = profile
        self._reader = reader
        self._on_reading = on_reading
        self._log = log
        self._search = lines.LineSearch(lines.candidates(setting, profile))
        self._buf = bytearray(_CHUNK)
        self._trouble = ""
        self.state = -1
        self.line = None

    def _open(self, uart=None):
        """Make or re-configure the UART for the present line. Flushes what was received."""
        board = self._profile
        self.line = now = self._search.line
        settings = dict(baudrate=now.baud, bits=now.bits, parity=now.parity, stop=now.stop, tx=board.idle_tx,
                        rx=board.rx, rxbuf=_RXBUF, timeout=0, invert=UART.INV_RX if now.inverted else 0)
        try:
            if uart is None:
                uart = UART(board.uart, **settings)
            else:
                uart.init(**settings)
        finally:
            # Also when the UART was refused half-way: the pin may be claimed by then.
            Pin(board.idle_tx, Pin.IN)
        self._log.line("meter", "listening at " + lines.describe(now))
        return uart

    async def run(self, beat):
        """For ever: read, parse, hand on; `beat()` at every turn. Raises what the UART raises."""
        uart = self._open()
        reader = self._reader
        buf = self._buf
        looked = time.ticks_ms()
        heard = 0
        while True:
            beat()
            n = uart.readinto(buf)
            if n:
                self._hand_on(reader.feed(buf, n))
            now = time.ticks_ms()
            elapsed = time.ticks_diff(now, looked)
            if elapsed >= _LOOK_MS:
                looked = now
                stats = reader.stats
                if stats.bytes == heard:
                    self._hand_on(reader.idle())
                heard = stats.bytes
                # Header errors do not count as damage: rubbish is full of them.
                moved = self._search.update(elapsed, stats.bytes, stats.frames + stats.telegrams, stats.checksum_errors)
                if self.state != self._search.state:
                    self._tell(self._search.state)
                if self._trouble != reader.trouble:
                    self._trouble = reader.trouble
                    if self._trouble:
                        self._log.line("meter", "a good frame gives no reading: " + self._trouble)
                if moved:
                    self._open(uart)
            # A full buffer means that more is waiting; everybody else still gets a turn.
            await asyncio.sleep_ms(0 if n == len(buf) else _POLL_MS)

    def _hand_on(self, readings):
        for reading in readings:
            self._on_reading(reading)

    def _tell(self, state):
        self.state = state
        if state == lines.GOOD:
            words = "good telegrams at " + lines.describe(self.line)
        elif state == lines.WAITING:
            words = "waiting for the meter's first bytes"
        else:
            words = sentence("METER", state)
        self._log.line("meter", words)
