"""The meter's UART, which can only receive.

MicroPython's UART insists on a TX pin and drives it. It is given a pin that the board leaves unconnected, and that
pin is made an input again right after every configuration of the UART, so that nothing is ever driven: tuning.py.
"""

import asyncio
import time

from micropython import const

from firmware import let_go

_CHUNK = const(64)
_POLL_MS = const(10)
_LOOK_MS = const(1000)
# So long without a good telegram, and the line settings are looked after again. Before 30 s nobody is told, before 60 s none is
# tried: firmware/line.py.
_PATIENCE_MS = const(15000)


class MeterPort:
    """Feeds a Reader from the UART of a board profile and calls `on_reading(reading)` for each reading.

    Attributes: state (one of the words of firmware.line; -1 before the first look), line (the Line in use). For tuning.py:
    profile, setting, log.
    """

    def __init__(self, profile, setting, reader, on_reading, log):
        self.profile = profile
        self.setting = setting
        self._reader = reader
        self._on_reading = on_reading
        self.log = log
        self._tuner = None
        self._past = None  # bytes, good and damaged telegrams, then ms without a byte and ms without a good telegram, at the last look
        self._buf = bytearray(_CHUNK)
        self._trouble = ""
        self.state = -1
        self.line = None

    def _enter(self):
        """The Tuner, which knows what was so far."""
        if self._tuner is None:
            from firmware import tuning

            self._tuner = tuning.Tuner(self, self._past)
        return self._tuner

    async def run(self, beat):
        """For ever: read, parse, hand on; `beat()` at every turn. Raises what the UART raises."""
        uart = self._enter().open()
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
                moved = self._look(elapsed, stats)
                if self._trouble != reader.trouble:
                    self._trouble = reader.trouble
                    if self._trouble:
                        self.log.line("meter", "a good frame gives no reading: " + self._trouble)
                if moved:
                    self._tuner.open(uart)
            # A full buffer means that more is waiting; everybody else still gets a turn.
            await asyncio.sleep_ms(0 if n == len(buf) else _POLL_MS)

    def _look(self, elapsed, stats):
        """See whether good telegrams come. True when the line is to be opened anew."""
        good = stats.frames + stats.telegrams
        moved = self._tuner is not None and self._tuner.look(elapsed, stats)
        past = self._past
        if good != (past[1] if past else 0):
            self._past = stats.bytes, good, stats.checksum_errors, 0, 0
            if self._tuner:
                self._tuner = None
                let_go("tuning")
                let_go("line")
        elif not self._tuner:
            quiet = past[3] + elapsed if stats.bytes == past[0] else 0
            self._past = stats.bytes, good, past[2], quiet, past[4] + elapsed
            if past[4] >= _PATIENCE_MS:
                self._enter()
        return moved

    def _hand_on(self, readings):
        for reading in readings:
            self._on_reading(reading)
