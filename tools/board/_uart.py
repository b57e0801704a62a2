"""machine.UART of the ESP32 port, receiving from the simulated meter's pseudo-terminal (ports/esp32/machine_uart.c).

Receives only: the firmware must never write, so there is nothing to write with. HAMN_UART names the terminal, HAMN_LINE a file that
says how the meter talks; with other settings here, the bytes come out as they would on a chip.
"""

import io
import json
import os
import time
import uctypes

import _host
from _pin import drive, number

_POLL = 3  # py/stream.h MP_STREAM_POLL
_READABLE = 1
_EINVAL = 22
_EIO = 5
_IDF_MINIMUM = 128  # the driver refuses a buffer that is not larger than the FIFO
_CHUNK = 256
_LINE_AGE_MS = 1000


class UART(io.IOBase):
    """See the ESP32's machine.UART. ValueError for settings that the chip refuses."""

    INV_TX = 32
    INV_RX = 4
    INV_RTS = 64
    INV_CTS = 8
    RTS = 1
    CTS = 2
    IRQ_RX = 1
    IRQ_BREAK = 2
    IRQ_RXIDLE = 4096

    _default_tx = {1: 10, 2: 17}
    _default_rx = {1: 9, 2: 16}

    def __init__(self, id, *args, **kwargs):
        if id not in (0, 1, 2):
            raise ValueError("UART(%d) does not exist" % id)
        self._id = id
        self._baud = 115200
        self._bits = 8
        self._parity = None
        self._stop = 1
        self._tx = self._default_tx.get(id, 1)
        self._rx = self._default_rx.get(id, 3)
        self._invert = 0
        self._timeout = 0
        self._ring = 0
        self._size = 0
        self._fd = -1
        self._path = _host.setting("HAMN_UART")
        self._line = None
        self._line_read = None
        self._set_size(256)
        # The ring and this buffer lie outside the heap of Python, as they do on the chip.
        self._chunk_at = _host.allocate(_CHUNK)
        self._chunk = uctypes.bytearray_at(self._chunk_at, _CHUNK)
        self.init(*args, **kwargs)

    def init(
        self, baudrate=0, bits=0, parity=-1, stop=0, *, tx=-2, rx=-2, rts=-2, cts=-2,
        txbuf=-1, rxbuf=-1, timeout=-1, timeout_char=-1, invert=-1, flow=-1,
    ):
        """Change what is given, keep the rest, and forget what was received. Claims the transmit pin as an output each time."""
        if bits not in (0, 5, 6, 7, 8):
            raise ValueError("invalid data bits")
        if stop not in (0, 1, 2):
            raise ValueError("invalid stop bits")
        if invert != -1 and invert & ~(self.INV_TX | self.INV_RX | self.INV_RTS | self.INV_CTS):
            raise ValueError("invalid inversion mask")
        if flow != -1 and flow & ~(self.RTS | self.CTS):
            raise ValueError("invalid flow control mask")
        if rxbuf >= 0:
            if self._id == 0:
                raise ValueError("UART buffer size is fixed")
            if rxbuf <= _IDF_MINIMUM:
                raise OSError(-1, "ESP_FAIL")
            self._set_size(rxbuf)
        # The chip takes the default pins without a word, and the flash's among them; here that must not go unseen.
        self._tx = number(self._tx if tx == -2 else tx, output=True)
        self._rx = number(self._rx if rx == -2 else rx)
        drive(self._tx, True)
        self._baud = baudrate or self._baud
        self._bits = bits or self._bits
        if parity != -1:
            self._parity = None if parity is None else parity & 1
        self._stop = stop or self._stop
        self._invert = self._invert if invert == -1 else invert
        self._timeout = self._timeout if timeout == -1 else timeout
        self._open()
        while self._fetch():
            pass
        self._start = 0
        self._count = 0

    def deinit(self):
        """Let the terminal and the buffers go."""
        if self._fd >= 0:
            _host.close_file(self._fd)
            self._fd = -1
        self._start = 0
        self._count = 0

    def any(self):
        """The number of bytes that can be read at once."""
        self._drain()
        return self._count

    def readinto(self, buf, nbytes=-1):
        """Fill `buf` with what there is; None when there is nothing."""
        self._wait()
        length = min(self._count, len(buf) if nbytes < 0 else min(nbytes, len(buf)))
        if not length:
            return None
        first = min(length, self._size - self._start)
        buf[:first] = self._view[self._start : self._start + first]
        buf[first:length] = self._view[: length - first]
        self._start = (self._start + length) % self._size
        self._count -= length
        return length

    def read(self, nbytes=-1):
        """What there is, at most `nbytes`; None when there is nothing."""
        self._wait()
        out = bytearray(self._count if nbytes < 0 else min(nbytes, self._count))
        return bytes(out) if self.readinto(out) else None

    def ioctl(self, request, argument):
        """Answer select.poll and asyncio."""
        if request == _POLL:
            self._drain()
            return argument & _READABLE if self._count else 0
        return -_EINVAL

    def _set_size(self, size):
        if self._ring:
            _host.release(self._ring)
        self._ring = _host.allocate(size)
        self._view = memoryview(uctypes.bytearray_at(self._ring, size))
        self._size = size
        self._start = 0
        self._count = 0

    def _open(self):
        if self._fd < 0 and self._path is not None:
            self._fd = _host.open_file(self._path, _host.READ_ONLY_NOW, 0)

    def _fetch(self):
        """Read from the terminal into the chunk; the number of bytes."""
        if self._fd < 0:
            self._open()  # the meter may be plugged in later
            return 0
        length = _host.read_file(self._fd, self._chunk_at, _CHUNK)
        if length == 0 or (length < 0 and os.errno() == _EIO):  # the other side is gone; another may come
            _host.close_file(self._fd)
            self._fd = -1
        return max(length, 0)

    def _wait(self):
        deadline = time.ticks_add(time.ticks_ms(), self._timeout)
        self._drain()
        while not self._count and time.ticks_diff(deadline, time.ticks_ms()) > 0:
            time.sleep_ms(1)
            self._drain()

    def _drain(self):
        """Move everything that has arrived into the ring; what does not fit is lost, as in the chip's driver."""
        while True:
            length = self._fetch()
            if not length:
                return
            settings = self._baud, self._bits, self._parity, bool(self._invert & self.INV_RX)
            line = self._sender()
            if line is None or _matches(line, settings):
                self._keep(self._chunk, length)
            else:
                import _line

                heard = _line.receive(bytes(self._chunk[:length]), line, *settings)
                self._keep(heard, len(heard))

    def _keep(self, data, length):
        length = min(length, self._size - self._count)
        at = (self._start + self._count) % self._size
        first = min(length, self._size - at)
        self._view[at : at + first] = data[:first]
        self._view[: length - first] = data[first:length]
        self._count += length

    def _sender(self):
        """How the meter talks: the content of HAMN_LINE, looked at once a second at most; None when nobody says."""
        now = time.ticks_ms()
        if self._line_read is None or time.ticks_diff(now, self._line_read) >= _LINE_AGE_MS:
            self._line_read = now
            path = _host.setting("HAMN_LINE")
            try:
                with open(path or "") as file:
                    self._line = json.load(file)
            except (OSError, ValueError):
                self._line = None
        return self._line


def _matches(line, settings):
    baud, bits, parity, inverted = settings
    # 2 % of difference in speed do no harm.
    return (
        abs(line["baud"] - baud) * 50 <= baud
        and line["bits"] == bits
        and line["parity"] == parity
        and bool(line["inverted"]) == inverted
    )
