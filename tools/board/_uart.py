"""machine.UART of the ESP32 port, receiving from the simulated meter's pseudo-terminal (ports/esp32/machine_uart.c).

Receives only: the firmware must never write, so there is nothing to write with. HAMN_UART names the terminal, HAMN_LINE a file that
says how the meter talks; with other settings here, the bytes come out as they would on a chip.
"""

import io
import json
import os
import sys
import time
import uctypes

import _host
from _pin import driven, number

_READ_ONLY_NOW = const(0o4400)  # O_RDONLY | O_NOCTTY | O_NONBLOCK, fcntl.h of Linux on x86
_POLL = const(3)  # py/stream.h MP_STREAM_POLL
_READABLE = const(1)
_EINVAL = const(22)
_EIO = const(5)
_IDF_MINIMUM = const(128)  # the driver refuses a buffer that is not larger than the FIFO
_CHUNK = const(256)
_LINE_AGE_MS = const(1000)
_INV_ALL = const(32 | 4 | 64 | 8)  # INV_TX, INV_RX, INV_RTS, INV_CTS


class UART(io.IOBase):
    """See the ESP32's machine.UART. ValueError for settings that the chip refuses."""

    INV_RX = 4

    def __init__(self, id, *args, **kwargs):
        if id not in (0, 1, 2):
            raise ValueError("UART(%d) does not exist" % id)
        self.id = id
        self.baudrate = 115200
        self.bits = 8
        self.parity = None
        self.stop = 1
        # The chip takes the default pins without a word, and the flash's among them; here that must not go unseen.
        self.tx = (1, 10, 17)[id]
        self.rx = (3, 9, 16)[id]
        self.invert = 0
        self.timeout = 0
        self._fd = -1
        self._line = None  # how the meter talks: the content of HAMN_LINE; None when nobody says
        self._asked = None  # when that was looked at
        self._make_ring(256)
        self.init(*args, **kwargs)

    def init(self, baudrate=0, bits=0, parity=-1, stop=0, *, tx=-2, rx=-2, rxbuf=-1, timeout=-1, invert=-1):
        """Change what is given, keep the rest, and forget what was received. Claims the transmit pin as an output each time."""
        if bits not in (0, 5, 6, 7, 8):
            raise ValueError("invalid data bits")
        if stop not in (0, 1, 2):
            raise ValueError("invalid stop bits")
        if invert != -1 and invert & ~_INV_ALL:
            raise ValueError("invalid inversion mask")
        if rxbuf >= 0:
            if self.id == 0:
                raise ValueError("UART buffer size is fixed")
            if rxbuf <= _IDF_MINIMUM:
                raise OSError(-1)
            self._make_ring(rxbuf)
        self.tx = number(self.tx if tx == -2 else tx, True)
        self.rx = number(self.rx if rx == -2 else rx)
        driven.add(self.tx)
        self.baudrate = baudrate or self.baudrate
        self.bits = bits or self.bits
        if parity != -1:
            self.parity = None if parity is None else parity & 1
        self.stop = stop or self.stop
        self.invert = self.invert if invert == -1 else invert
        self.timeout = self.timeout if timeout == -1 else timeout
        while self._fetch():
            pass
        self._start = 0
        self._have = 0

    def any(self):
        """The number of bytes that can be read at once. Moves everything that has arrived into the ring; what does not fit is lost,
        as in the chip's driver."""
        while True:
            length = self._fetch()
            if not length:
                return self._have
            data = self._hear(self._buf[self._size : self._size + length])
            length = min(len(data), self._size - self._have)
            at = (self._start + self._have) % self._size
            first = min(length, self._size - at)
            self._buf[at : at + first] = data[:first]
            self._buf[: length - first] = data[first:length]
            self._have += length

    def readinto(self, buf, n=-1):
        """Fill `buf` with what there is; None when there is nothing."""
        deadline = time.ticks_add(time.ticks_ms(), self.timeout)
        while not self.any() and time.ticks_diff(deadline, time.ticks_ms()) > 0:
            time.sleep_ms(1)
        length = min(self._have, len(buf) if n < 0 else min(n, len(buf)))
        if not length:
            return None
        first = min(length, self._size - self._start)
        buf[:first] = self._buf[self._start : self._start + first]
        buf[first:length] = self._buf[: length - first]
        self._start = (self._start + length) % self._size
        self._have -= length
        return length

    def read(self, n=-1):
        """What there is, at most `n`; None when there is nothing."""
        out = bytearray(self._size if n < 0 else min(n, self._size))
        length = self.readinto(out)
        return bytes(out[:length]) if length else None

    def ioctl(self, request, argument):
        """Answer select.poll and asyncio."""
        if request == _POLL:
            return argument & _READABLE if self.any() else 0
        return -_EINVAL

    def _make_ring(self, size):
        """A ring of `size` bytes, a chunk behind it for what comes from the terminal; outside the heap of Python, as on the chip."""
        self._at = _host.libc.func("p", "malloc", "i")(size + _CHUNK)
        self._buf = memoryview(uctypes.bytearray_at(self._at, size + _CHUNK))
        self._size = size
        self._start = 0
        self._have = 0

    def _fetch(self):
        """Read from the terminal into the chunk; the number of bytes."""
        if self._fd < 0:  # the meter may be plugged in later
            self._fd = _host.libc.func("i", "open", "sii")(_host.setting("HAMN_UART", ""), _READ_ONLY_NOW, 0)
            if self._fd < 0:
                return 0
        length = _host.read(self._fd, self._at + self._size, _CHUNK)
        if length == 0 or (length < 0 and os.errno() == _EIO):  # the other side is gone; another may come
            _host.libc.func("i", "close", "i")(self._fd)
            self._fd = -1
        return max(length, 0)

    def _hear(self, data):
        """What the UART makes of what the meter sent: `data`, when the settings fit. HAMN_LINE is looked at once a second at most."""
        now = time.ticks_ms()
        if self._asked is None or time.ticks_diff(now, self._asked) >= _LINE_AGE_MS:
            self._asked = now
            sys.modules.pop("_line", None)  # its memory is the firmware's again once the settings fit
            try:
                with open(_host.setting("HAMN_LINE", "")) as file:
                    self._line = json.load(file)
            except (OSError, ValueError):
                self._line = None
        line = self._line
        inverted = bool(self.invert & self.INV_RX)
        if line is None or (
            abs(line["baud"] - self.baudrate) * 50 <= self.baudrate  # 2 % of difference in speed do no harm
            and line["bits"] == self.bits and line["parity"] == self.parity and bool(line["inverted"]) == inverted
        ):
            return data
        import _line

        return _line.receive(bytes(data), line, self.baudrate, self.bits, self.parity, inverted)
