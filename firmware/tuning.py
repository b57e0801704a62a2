"""Opens the meter's UART, looks for the right line settings, and says how that goes. A rare room: meter_port.py enters it at the
start and when good telegrams stay away, and lets it go with the first good one."""

from machine import UART, Pin
from micropython import const

from firmware import line as lines
from firmware import sentence

# The longest stall of the loop to survive: a name look-up or a TLS handshake, about 1.5 s of 2400 baud (240 B/s), or
# two whole P1 telegrams of the longest kind.
_RXBUF = const(4096)


class Tuner:
    """Sets the attributes line and state of `port`, a MeterPort. past: what LineSearch.resume() takes after the line, or None."""

    def __init__(self, port, past):
        self._port = port
        self._search = lines.LineSearch(lines.candidates(port.setting, port.profile))
        if past:
            self._search.resume(port.line, *past)

    def open(self, uart=None):
        """Make or re-configure the UART for the present line; return it. Flushes what was received. Raises what the UART raises."""
        board = self._port.profile
        self._port.line = now = self._search.line
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
        self._port.log.line("meter", "listening at " + lines.describe(now))
        return uart

    def look(self, elapsed_ms, stats):
        """Take the time since the last look and the parser's counters. True when the line is to be opened anew."""
        search = self._search
        # Header errors do not count as damage: rubbish is full of them.
        moved = search.update(elapsed_ms, stats.bytes, stats.frames + stats.telegrams, stats.checksum_errors)
        if self._port.state != search.state:
            self._tell(search.state)
        return moved

    def _tell(self, state):
        port = self._port
        port.state = state
        if state == lines.GOOD:
            words = "good telegrams at " + lines.describe(port.line)
        elif state == lines.WAITING:
            words = "waiting for the meter's first bytes"
        else:
            words = sentence("METER", state)
        port.log.line("meter", words)
