"""The meter's UART, which can only receive.

MicroPython's UART insists on a TX pin and drives it. It is given a pin that the board leaves unconnected, and that
pin is made an input again right after every configuration of the UART, so that nothing is ever driven.
"""

import asyncio
import time

from machine import UART, Pin

from firmware import line as lines

# The longest stall of the loop to survive: a name look-up or a TLS handshake, about 1.5 s of 2400 baud (240 B/s), or
# two whole P1 telegrams of the longest kind.
_RXBUF = 4096
_CHUNK = 512
_POLL_MS = 10
_LOOK_MS = 1000


class MeterPort:
    """Feeds a Reader from the UART of a board profile and calls `on_reading(reading)` for each reading.

    Attributes: state (one of the words of firmware.line), line (the Line in use).
    """

    def __init__(self, profile, setting, reader, on_reading, log):
        self._profile = profile
        self._reader = reader
        self._on_reading = on_reading
        self._log = log
        self._search = lines.LineSearch(lines.candidates(setting, profile))
        self._told = -1
        self._buf = bytearray(_CHUNK)

    @property
    def state(self):
        return self._search.state

    @property
    def line(self):
        return self._search.line

    def _open(self, uart=None):
        """Make or re-configure the UART for the present line. Flushes what was received."""
        board = self._profile
        now = self._search.line
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
        while True:
            beat()
            n = uart.readinto(buf)
            if n:
                for reading in reader.feed(buf, n):
                    self._on_reading(reading)
            now = time.ticks_ms()
            elapsed = time.ticks_diff(now, looked)
            if elapsed >= _LOOK_MS:
                looked = now
                if self._look(elapsed):
                    self._open(uart)
            # A full buffer means that more is waiting; everybody else still gets a turn.
            await asyncio.sleep_ms(0 if n == len(buf) else _POLL_MS)

    def _look(self, elapsed):
        stats = self._reader.stats
        # Header errors do not count as damage: rubbish is full of them.
        moved = self._search.update(elapsed, stats.bytes, stats.frames + stats.telegrams, stats.checksum_errors)
        state = self._search.state
        if state != self._told:
            self._told = state
            found = " at " + lines.describe(self._search.line) if state == lines.GOOD else ""
            self._log.line("meter", lines.SENTENCES[state] + found)
        return moved
