"""The first module on the PC board: makes the stand-ins part of a read-only memory, and lets itself go. What comes next is go.py.

On the chip, `machine` and `network` are C code and umqtt.simple is frozen: they take next to nothing of Python's heap. Here they lie
in a ROM file system (HAMN_ROM, made by tools/pcboard.py) that is mapped into memory, and run from there. What the stand-ins still take
is names and objects: so they know what the firmware and the tests ask for and little else, keep numbers in const() and rare parts in
modules that are loaded when asked for.
"""

import ffi
import os
import sys
import uctypes
import vfs


def _mount():
    libc = ffi.open("libc.so.6")
    path = os.getenv("HAMN_ROM")
    size = os.stat(path)[6]
    # PROT_READ, MAP_PRIVATE
    at = libc.func("p", "mmap", "piiiil")(0, size, 1, 2, libc.func("i", "open", "si")(path, 0), 0)
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(at, size)), "/rom")


_mount()
# The chip's own modules first; then as on the chip, where /lib is the root's.
sys.path[:] = ["/rom", "", ".frozen", "lib"]
if os.getenv("HAMN_TIME"):
    import _clock
del sys.modules["start"]
