"""A board on a serial port, for tests: real MicroPython behind a pair of pseudo-terminals, its flash a file (raw_repl.py)."""

import contextlib
import os
import pathlib
import pty
import select
import subprocess
import termios
import threading
import tty

from tools import image, runtime

SIZE = 0x100000
_HERE = pathlib.Path(__file__).resolve().parent


class SerialBoard:
    """A context: `port` is the device that a PC's program opens, `flash` the file with the file system, `said` all output.

    The power fails after `writes` writes to the flash, where that is not negative: board and port are gone then.
    """

    def __init__(self, directory, files, writes=-1):
        self.flash = pathlib.Path(directory) / "flash.bin"
        self.flash.write_bytes(image.build(files, SIZE).ljust(SIZE, b"\xff"))
        self.said = b""
        self._writes = writes

    def __enter__(self):
        self._inner, inner = pty.openpty()
        self._outer, self._slave = pty.openpty()
        tty.setraw(self._slave)
        tty.setraw(inner)
        # Ctrl-C interrupts what runs, as on a chip, and must not swallow what was typed behind it.
        modes = termios.tcgetattr(inner)
        modes[3] = modes[3] | termios.ISIG | termios.NOFLSH
        termios.tcsetattr(inner, termios.TCSANOW, modes)
        self.port = os.ttyname(self._slave)
        self._program = subprocess.Popen(
            [*runtime.micropython(64), str(_HERE / "raw_repl.py"), str(self.flash), str(self._writes)],
            stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
            preexec_fn=_take_terminal)
        os.close(inner)
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._program.kill()
        self._program.wait()
        self._thread.join(5)
        for handle in (self._inner, self._outer, self._slave):
            with contextlib.suppress(OSError):
                os.close(handle)

    def _relay(self):
        while True:
            for handle in select.select([self._inner, self._outer], [], [], 10)[0]:
                try:
                    data = os.read(handle, 4096)
                except OSError:
                    os.close(self._outer)
                    return
                if handle == self._inner:
                    self.said += data
                os.write(self._outer if handle == self._inner else self._inner, data)

    def ended(self, seconds=10):
        """Wait until the board was reset; returns all that it said."""
        self._program.wait(seconds)
        self._thread.join(5)
        return self.said

    def files(self):
        """{path: bytes} of what is in the flash."""
        from littlefs import LittleFS
        fs = LittleFS(mount=False, block_count=0, **image._GEOMETRY)
        fs.context.buffer = bytearray(self.flash.read_bytes())
        fs.mount()
        found = {}
        for top, _, names in fs.walk("/"):
            for name in names:
                path = top.rstrip("/") + "/" + name
                with fs.open(path, "rb") as file:
                    found[path] = file.read()
        return found


def _take_terminal():
    import fcntl
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
