"""A flash of 4096-byte blocks in memory, under a littlefs as on the chip, whose power can be cut at any access. For programs that run
under real MicroPython.
"""

import os
import vfs
from array import array

BLOCK = 4096
# What a cut leaves of the access that it falls into.
NOTHING, HALF, ALL = 0, 1, 2
ERASED = b"\xff" * BLOCK


class PowerCut(Exception):
    pass


class Flash:
    """left: accesses until the power goes, -1: never. erases: count for each block."""

    def __init__(self, data):
        self.data = data
        self.left = -1
        self.tear = NOTHING
        self.dead = False
        self.writes = 0
        self.erases = array("I", [0] * (len(data) // BLOCK))

    def _change(self, at, buf):
        if self.dead:
            return
        if self.left == 0:
            self.dead = True
            part = (0, len(buf) // 2, len(buf))[self.tear]
            self.data[at:at + part] = buf[:part]
            raise PowerCut
        self.left -= 1
        self.data[at:at + len(buf)] = buf

    def readblocks(self, n, buf, off=0):
        if self.dead:
            return -5  # EIO
        at = n * BLOCK + off
        buf[:] = memoryview(self.data)[at:at + len(buf)]

    def writeblocks(self, n, buf, off=0):
        self.writes += 1
        self._change(n * BLOCK + off, buf)

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.data) // BLOCK
        if op == 5:
            return BLOCK
        if op == 6:
            self.erases[arg] += 1
            self._change(arg * BLOCK, ERASED)
        return 0


def mount(flash):
    vfs.mount(vfs.VfsLfs2(flash), "/flash")
    os.chdir("/flash")


def unmount():
    os.chdir("/")
    vfs.umount("/flash")
