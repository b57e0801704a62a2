"""The wire: a pseudo-terminal that behaves like the UART line of a meter.

Bytes leave at the pace of the line settings. The line never waits for its reader: what a full pseudo-terminal does not take is lost
and counted, as on a port that nobody listens to.
"""

import errno
import fcntl
import json
import os
import struct
import termios
import time
import tty
from collections import deque

LINGER_S = 0.5  # closing a pseudo-terminal throws away what its reader has not taken yet
SETTLE_S = 0.05  # the kernel moves bytes from one end to the other when it finds the time


class LineError(Exception):
    """The pseudo-terminal or one of its files could not be made; the message says which and why."""


class Line:
    """An open line. `settings` is a meters.Line, `speed` multiplies its pace.

    `link` becomes a symbolic link to the terminal to read from, `file` the JSON of the settings. Raises LineError.
    Times given to `pump` are seconds of a monotonic clock.
    """

    def __init__(self, settings, link, file, speed=1):
        self.bytes_per_s = settings.baud / settings.bits_a_byte() * speed
        self.sent = 0       # bytes that the terminal took
        self.dropped = 0    # bytes that it did not
        self._queue = deque()
        self._due_s = None  # when the next byte leaves
        self._link = link
        try:
            self._master, self._slave = os.openpty()
        except OSError as error:
            raise LineError(f"no pseudo-terminal: {error.strerror}") from None
        tty.setraw(self._slave)  # the slave stays open here, so that the terminal outlives its readers
        os.set_blocking(self._master, False)
        self._terminal = os.ttyname(self._slave)
        try:
            write_file(file, json.dumps(settings._asdict()) + "\n")
            _point_link(link, self._terminal)
        except LineError:
            self.close()
            raise

    def send(self, data, on_end):
        """Queue bytes; `on_end(whole)` is called after the last one left, `whole` False when some were dropped or never sent."""
        self._queue.append([memoryview(bytes(data)), on_end, True])

    def busy(self):
        return bool(self._queue)

    def pump(self, now_s):
        """Let go of the bytes that are due by now."""
        if not self._queue:
            self._due_s = None
            return
        if self._due_s is None:
            self._due_s = now_s
        count = int((now_s - self._due_s) * self.bytes_per_s)
        self._due_s += count / self.bytes_per_s
        while count and self._queue:
            entry = self._queue[0]
            rest, on_end, _ = entry
            piece = rest[:count]
            if self._write(piece) < len(piece):
                entry[2] = False
            count -= len(piece)
            entry[0] = rest[len(piece):]
            if not entry[0]:
                self._queue.popleft()
                on_end(entry[2])

    def _write(self, piece):
        try:
            taken = os.write(self._master, piece)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EIO):
                raise
            taken = 0
        self.sent += taken
        self.dropped += len(piece) - taken
        return taken

    def unread(self):
        """Bytes that lie in the terminal and wait for a reader."""
        return struct.unpack("i", fcntl.ioctl(self._slave, termios.FIONREAD, bytes(4)))[0]

    def close(self):
        """End the line: what is still queued counts as not whole, the reader has LINGER_S to take the rest, and the link goes away."""
        while self._queue:
            self._queue.popleft()[1](False)
        now_s = empty_s = time.monotonic()
        deadline_s = now_s + LINGER_S
        while now_s < min(empty_s + SETTLE_S, deadline_s):
            time.sleep(0.005)
            now_s = time.monotonic()
            if self.unread():
                empty_s = now_s
        if os.path.islink(self._link) and os.readlink(self._link) == self._terminal:
            os.unlink(self._link)
        os.close(self._master)
        os.close(self._slave)


def write_file(path, text):
    """Write through a neighbour and a rename, so that a reader never sees half a file. Raises LineError."""
    beside = f"{path}.{os.getpid()}"
    try:
        with open(beside, "w", encoding="ascii") as file:
            file.write(text)
        os.replace(beside, path)
    except OSError as error:
        _forget(beside)
        raise LineError(f"cannot write {path}: {error.strerror}") from None


def _point_link(path, target):
    if os.path.lexists(path) and not os.path.islink(path):
        raise LineError(f"cannot make the link {path}: something else is there, and it is left alone")
    beside = f"{path}.{os.getpid()}"
    try:
        os.symlink(target, beside)
        os.replace(beside, path)
    except OSError as error:
        _forget(beside)
        raise LineError(f"cannot make the link {path}: {error.strerror}") from None


def _forget(path):
    if os.path.lexists(path):
        os.unlink(path)
