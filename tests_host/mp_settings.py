"""Runs on the PC board: settings on LittleFS, with the power cut at every access to the flash, and with no room left.

Prints `cuts <tried> old <found old> new <found new>` and `full <the error> <what is there then>`.
"""

import gc
import os
import vfs

from firmware import settings

BLOCK = 512
BLOCKS = 16


class PowerCut(Exception):
    pass


class Flash:
    def __init__(self, data=None):
        self.data = data or bytearray(BLOCK * BLOCKS)
        self.left = -1
        self.dead = False

    def access(self):
        if self.left == 0:
            self.dead = True
            raise PowerCut
        self.left -= 1

    def readblocks(self, n, buf, off=0):
        at = n * BLOCK + off
        buf[:] = self.data[at : at + len(buf)]

    def writeblocks(self, n, buf, off=0):
        if self.dead:
            return
        self.access()
        at = n * BLOCK + off
        self.data[at : at + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 4:
            return BLOCKS
        if op == 5:
            return BLOCK
        if op == 6 and not self.dead:
            self.access()
            at = arg * BLOCK
            self.data[at : at + BLOCK] = b"\xff" * BLOCK
        return 0


def mounted(flash):
    vfs.mount(vfs.VfsLfs2(flash, readsize=32, progsize=32, lookahead=32), "/flash")


def value():
    clean, problems = settings.load("/flash/settings.json")
    assert not problems, problems
    return clean["mqtt_host"]


first = Flash()
vfs.VfsLfs2.mkfs(first, readsize=32, progsize=32, lookahead=32)
mounted(first)
settings.save({"mqtt_host": "old"}, "/flash/settings.json")
vfs.umount("/flash")
start = bytes(first.data)
image = first.data

found = {"old": 0, "new": 0}
cut = 0
while True:
    image[:] = start
    flash = Flash(image)
    mounted(flash)
    flash.left = cut
    try:
        settings.save({"mqtt_host": "new"}, "/flash/settings.json")
        done = True
    except (PowerCut, settings.SettingsError):
        # The program runs on for a moment, as it would not on a chip; the flash takes nothing any more.
        assert flash.dead
        done = False
    flash.dead = True
    vfs.umount("/flash")
    mounted(Flash(image))
    host = value()
    assert host == "new" or not done
    found[host] += 1
    # ... and life goes on.
    settings.save({"mqtt_host": "later"}, "/flash/settings.json")
    assert value() == "later"
    vfs.umount("/flash")
    gc.collect()
    if done:
        break
    cut += 1
print("cuts", cut + 1, "old", found["old"], "new", found["new"])

image[:] = start
mounted(Flash(image))
fillers = 0
while True:
    try:
        with open("/flash/filler%d" % fillers, "wb") as f:
            f.write(bytes(BLOCK))
        fillers += 1
    except OSError:
        break
try:
    settings.save({"mqtt_host": "new"}, "/flash/settings.json")
    print("full: saved", value())
except settings.SettingsError as error:
    print("full:", error, "|", value(), "|", "settings.json.tmp" in os.listdir("/flash"))

# A file that was cut short by something else than us.
del image, flash, first, start
gc.collect()
vfs.umount("/flash")
for text in ('{"mqtt_host": "x", ', '{"mqtt_host": "x"', '{"mqtt_host"', "{", "", '{"mqtt_host": "x"}}', "[1]", "nonsense"):
    with open("cut.json", "w") as f:
        f.write(text)
    clean, problems = settings.load("cut.json")
    print("short:", clean["mqtt_host"] == "" and len(problems) == 1, problems)
os.remove("cut.json")
