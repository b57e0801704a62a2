"""Runs on the PC board: the journal on LittleFS over a flash in memory, which counts, and from which the power goes at every access.

CUTS: how many cuts to try. DAYS: how many days of hours to write. Prints one line for each, `cuts …` and `wear …`; any failure raises.
"""

import binascii
import gc
import os
import struct
import sys
import vfs
from array import array

import han  # as at every start of the firmware

from firmware import journal

sys.path.append(sys.argv[1].rpartition("/")[0])
from simulated_flash import BLOCK, ERASED, Flash, PowerCut, mount, unmount  # noqa: E402

PER_SEGMENT = 97
SEGMENTS = 20


class Truth:
    """What must be in the journal: of each segment, by the number that it begins with, all records that append() returned for or
    that were seen after a cut."""

    def __init__(self):
        self.segments = {}
        self.newest = 0  # key of the newest segment
        self.last = 0
        self.body = None  # of the last record
        self.confirmed = 0
        self._fresh = 0

    def fresh(self):
        """A body that was never written before."""
        self._fresh += 1
        return struct.pack("<I", self._fresh) * 8 + b"\x01\x02"

    def check(self, trying=None):
        """The flash against it; `trying`: the body whose append was cut short. Return whether that one is there."""
        names = sorted(name for name in os.listdir("journal") if len(name) == 8)
        keys = [int(name, 16) for name in names]
        kept = sorted(self.segments)
        assert len(keys) <= SEGMENTS, names
        there = False
        if keys[-1] != self.newest:
            assert keys.pop() == self.last + 1 and trying, "a new segment begins with the next number"
            data = content(names[-1])
            there = data == whole(self.last + 1, trying)
            assert there or not len(data)
        # The oldest segment goes before a new one comes.
        room = self.last + 1 - self.newest == PER_SEGMENT and trying
        assert keys == kept or (room and len(kept) == SEGMENTS and keys == kept[1:]), (keys, kept)
        for key in keys:
            data = content("%08x" % key)
            if data != self.segments[key]:
                assert key == self.newest and trying and data == self.segments[key] + whole(self.last + 1, trying), key
                there = True
        assert journal.last() == ((self.last + 1, trying) if there else (self.last, self.body))
        return there

    def append(self, body):
        number = journal.append(body)
        assert number == self.last + 1, (number, self.last)
        self.note(body)

    def note(self, body):
        """Such a record is there now."""
        self.last += 1
        self.body = body
        if self.last - self.newest == PER_SEGMENT or not self.newest:
            self.newest = self.last
            self.segments[self.newest] = b""
            if len(self.segments) > SEGMENTS:
                del self.segments[min(self.segments)]
        self.segments[self.newest] += whole(self.last, body)


BUFFER = memoryview(bytearray(2 * BLOCK))


def content(name):
    """All octets of a segment, until the next call."""
    with open("journal/" + name, "rb") as f:
        return BUFFER[:f.readinto(BUFFER)]


def whole(number, body):
    """The octets of a record."""
    record = struct.pack("<I", number) + body
    return record + struct.pack("<I", binascii.crc32(record))


def cuts(wanted):
    data = bytearray(48 * BLOCK)
    base = bytearray(len(data))  # before the heap is in pieces
    vfs.VfsLfs2.mkfs(Flash(data))
    mount(Flash(data))
    truth = Truth()
    while truth.last < SEGMENTS * PER_SEGMENT - 6:
        truth.append(truth.fresh())
    truth.check()
    unmount()
    tried = survived = changes = 0
    base[:] = data
    while tried < wanted:
        # Around the change to a new segment, where the oldest goes, at every access; then on to the next such place.
        for step in range(9):
            confirm = step in (3, 6)
            k = 0
            cut = True
            while cut and tried < wanted:
                data[:] = base
                flash = Flash(data)
                mount(flash)
                flash.left = k
                flash.tear = (k + tried) % 3
                body = truth.fresh()
                cut = False
                try:
                    journal.confirm(truth.last) if confirm else journal.append(body)
                except (PowerCut, OSError):
                    assert flash.dead
                    cut = True
                # The program runs on for a moment, as it would not on a chip; the flash takes nothing any more.
                flash.dead = True
                unmount()
                mount(Flash(data))
                there = truth.check(None if confirm else body)
                assert there or cut or confirm
                at = journal.confirmed()
                assert at in (truth.confirmed, truth.last) and (cut or not confirm or at == truth.last), at
                # Life goes on, under a number that is not used by anything else.
                number = journal.append(b"?" * 34)
                assert number == truth.last + 1 + there and journal.find(number) == (number, b"?" * 34)
                assert journal.find(truth.last) == (truth.last, truth.body)
                unmount()
                k += 1
                if cut:
                    tried += 1
                    survived += there
                    if tried % 50 == 0:
                        # Now and then what a cut left is what the next cuts fall upon.
                        base[:] = data
                        if there:
                            truth.note(body)
                        truth.note(b"?" * 34)
                        truth.confirmed = at
                        k = 0
            data[:] = base
            mount(Flash(data))
            if confirm:
                journal.confirm(truth.last)
                truth.confirmed = truth.last
            else:
                truth.append(truth.fresh())
            unmount()
            base[:] = data
            gc.collect()
            if tried >= wanted:
                break
        data[:] = base
        mount(Flash(data))
        changes += 1
        while truth.last % PER_SEGMENT != PER_SEGMENT - 4:
            truth.append(truth.fresh())
        truth.check()
        unmount()
        base[:] = data
    print("cuts", tried, "record there", survived, "segment changes", changes)


def full():
    """No room left: nothing that is there is lost, and when there is room the numbers go on."""
    flash = Flash(bytearray(16 * BLOCK))
    vfs.VfsLfs2.mkfs(flash)
    mount(flash)
    truth = Truth()
    for _ in range(PER_SEGMENT + 50):
        truth.append(truth.fresh())
    fillers = 0
    try:
        while True:
            with open("filler%d" % fillers, "wb") as f:
                f.write(ERASED)
            fillers += 1
    except OSError:
        pass
    refused = 0
    for _ in range(3):
        try:
            truth.append(truth.fresh())
        except OSError as error:
            assert error.errno == 28
            refused += 1
        try:
            journal.confirm(truth.last)
        except OSError as error:
            assert error.errno == 28
    assert refused == 3
    unmount()
    mount(flash)
    truth.check()
    os.remove("filler0")
    for _ in range(50):
        truth.append(truth.fresh())
    truth.check()
    unmount()
    print("full", fillers)


def wear(days):
    data = bytearray(512 * BLOCK)
    flash = Flash(data)
    vfs.VfsLfs2.mkfs(flash)
    mount(flash)
    # Firmware and settings: they stay where they are.
    for n in range(60):
        with open("static%d" % n, "wb") as f:
            f.write(bytes(5000))
    before = array("I", flash.erases)
    writes = flash.writes
    body = bytes(34)
    for hour in range(24 * days):
        journal.confirm(journal.append(body))
        if hour % 720 == 719:
            unmount()
            mount(flash)
            gc.collect()
    unmount()
    counts = sorted(after - before[n] for n, after in enumerate(flash.erases))
    print("wear", days, "days", sum(counts), "erases", flash.writes - writes, "writes", counts[-1], "of one block")


assert han.Reader
if os.getenv("CUTS"):
    full()
    cuts(int(os.getenv("CUTS")))
if os.getenv("DAYS"):
    wear(int(os.getenv("DAYS")))
