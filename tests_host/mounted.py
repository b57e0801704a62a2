"""A littlefs image in the hands of real MicroPython, for tests: mounted as a chip would mount its flash."""

import subprocess

from tools import runtime

# Run by MicroPython: the flash is a file's beginning, what follows is filled with a byte of choice, then mounted as /flash.
MOUNT = r"""
import os, sys, vfs
class Flash:
    def __init__(self, path, size, fill):
        self.data = bytearray(bytes((fill,)) * size)
        with open(path, "rb") as file:
            file.readinto(self.data)
    def readblocks(self, n, buf, offset=0):
        at = n * 4096 + offset
        buf[:] = memoryview(self.data)[at:at + len(buf)]
    def writeblocks(self, n, buf, offset=0):
        at = n * 4096 + offset
        self.data[at:at + len(buf)] = buf
    def ioctl(self, op, arg):
        if op == 4: return len(self.data) // 4096
        if op == 5: return 4096
        if op == 6: self.data[arg * 4096:arg * 4096 + 4096] = b"\xff" * 4096
        return 0
vfs.mount(vfs.VfsLfs2(Flash(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))), "/flash")
"""

LIST = MOUNT + r"""
import hashlib
def look(path):
    for entry in os.ilistdir(path):
        name = path + "/" + entry[0]
        if entry[1] & 0x4000:
            look(name)
        else:
            with open(name, "rb") as file:
                print(name, hashlib.sha256(file.read()).digest().hex())
look("/flash")
with open("/flash/new.txt", "w") as file:
    file.write("0123456789" * 5000)
with open("/flash/new.txt") as file:
    assert file.read() == "0123456789" * 5000
os.rename("/flash/new.txt", "/flash/lib/other.txt")
state = os.statvfs("/flash")
print("blocks", state[0], state[2])
"""

def micropython(script, path, size, fill=0xFF, bits=64):
    """Run a script that begins with MOUNT: the file `path` at the start of a flash of `size` bytes, `fill` in the rest."""
    command = [*runtime.micropython(bits), "-X", "heapsize=48m", "-c", script, str(path), str(size), str(fill)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)
