"""Runs on the PC board: the bookkeeper, its ledger and its books on LittleFS over a flash in memory.

CUTS: how many power cuts to try around full hours, at every access. DAYS: how many days to live through. SIZE: how many days of hours and
quarter hours to write. Prints one line for each, `cuts …`, `wear …`, `size …`; any failure raises.
"""

import gc
import os
import sys
from array import array

import energy
import firmware
import han  # as at every start of the firmware

# Rooms are entered from another folder, too.
for package in energy, firmware:
    package.__path__ = os.getcwd() + "/" + package.__path__

from firmware import bookkeeper, books, entries, intervals  # noqa: E402

sys.path.append(sys.argv[1].rpartition("/")[0])
from simulated_flash import BLOCK, Flash, PowerCut, mount, unmount  # noqa: E402

HOUR = 3600
EPOCH = 877_000_000 - 877_000_000 % 86400
IN_SEGMENT = 255


class Napping:
    """In asyncio's place: the test turns the loop."""

    @staticmethod
    def sleep_ms(_):
        yield


bookkeeper.asyncio = Napping


class Said(dict):
    list = "p1"
    clock_offset = clock_summer = None
    clock_invalid = False


class Dongle:
    """What the bookkeeper needs of one, and the meter: it draws 1.7 kW and more in every other minute."""

    topic = "T"
    unsent = busy = False

    def __init__(self, now):
        self.now = self.booted = now
        self.lines = []
        self.retained = None
        self.keeper = bookkeeper.Bookkeeper("Europe/Oslo", self, self, self)
        self.loop = self.keeper.run(lambda: None)

    def epoch(self):
        return self.now

    def uptime(self):
        return self.now - self.booted

    def line(self, word, sentence):
        if word != "energy":
            self.lines.append(sentence)

    def take(self, reading):
        pass

    def put(self, topic, payload, retain):
        self.retained = payload

    def live(self, until, every, flash=None):
        """Take readings at every full so many seconds; until the power goes."""
        said = Said()
        while self.now < until and not (flash and flash.dead):
            self.now = min(until, self.now // every * every + every)
            said["power_import_w"] = 1700
            said["energy_import_wh"] = register(self.now)
            said["energy_export_wh"] = 5
            self.keeper.take(said)
            for _ in range(4):
                self.loop.send(None)

    def told(self):
        """T/interval that the broker has now."""
        return [payload for _, payload in intervals.left("T/interval", 900)]


def register(now):
    return 50_000_000 + (now - EPOCH) * 17 // 36 + now // 120 * 9


def sums(since, until):
    """Wh of the hours and of the quarter hours from one full hour to another, and how many there are."""
    found = []
    for span in (HOUR, 900):
        rows = list(books.find(span, since // span, until // span))
        found.append((sum(row[2] for row in rows), len(rows)))
    return found


def fill(hour, hours, room):
    """Books as after so many hours up to this one, so that the newest segment has room for so many hours more."""
    first = hour - hours + (hours - (IN_SEGMENT - room)) % IN_SEGMENT
    rows = []
    for index in range(first, hour):
        rows.append((HOUR, index, 0, index % 5000, 1, 2, 3))
        if len(rows) == IN_SEGMENT or index == hour - 1:
            entries.append(rows)
            rows.clear()
            gc.collect()


def cuts(wanted):
    data = bytearray(76 * BLOCK)
    base = bytearray(len(data))  # before the heap is in pieces
    flash = Flash(data)
    flash_new(flash)
    mount(flash)
    hour = EPOCH // HOUR
    # The third hour from here begins a segment, and the oldest one goes.
    fill(hour, 39 * IN_SEGMENT, 2)
    kept = books.segments(HOUR)
    assert len(kept) == 39
    intervals.skip()
    begun = hour * HOUR
    dongle = Dongle(begun - 20)
    dongle.live(begun + HOUR - 100, 20)
    before = dongle.told()
    unmount()
    base[:] = data
    tried = recovered = lap = 0
    while tried < wanted:
        end = begun + (lap + 1) * HOUR
        k = 0
        cut = True
        while cut and tried < wanted:
            data[:] = base
            flash = Flash(data)
            mount(flash)
            dongle = Dongle(end - 100)
            flash.left = k
            flash.tear = (k + tried) % 3
            told = []
            try:
                dongle.live(end + 20, 20, flash)
                if not flash.dead:
                    for _, payload in intervals.left("T/interval", 900):
                        told.append(payload)
                dongle.live(end + 320, 20, flash)
            except (PowerCut, OSError):
                assert flash.dead
            cut = flash.dead
            flash.dead = True
            unmount()
            tried += cut
            # Some seconds later it starts again, and goes on to the next full hour.
            mount(Flash(data))
            dongle = Dongle(max(dongle.now, end - 80) + 15)
            assert not dongle.lines, dongle.lines
            assert dongle.keeper.ledger.time >= end - 100 - 300 - 20
            recovered += dongle.keeper.ledger.time >= end
            dongle.live(end + HOUR + 40, 60)
            dongle.live(end + HOUR + 340, 150)
            count = (end + HOUR - begun) // HOUR
            want = register(end + HOUR) - register(begun)
            assert sums(begun, end + HOUR) == [(want, count), (want, 4 * count)], (k, sums(begun, end + HOUR), want)
            told = before + told + dongle.told()
            last = {}
            for payload in told:
                last[payload[:payload.index(b"energy")]] = payload
            for span in (HOUR, 900):
                for row in books.find(span, (end - HOUR) // span, (end + HOUR) // span):
                    payload = intervals.message((span,) + row)
                    assert last[payload[:payload.index(b"energy")]] == payload, (k, payload)
            # What was there before is there still, but for what had to go.
            names = books.segments(HOUR)
            assert set(kept[1:-1]) <= set(names), names
            rows = sum(1 for _ in books.find(HOUR, hour - IN_SEGMENT, hour))
            assert rows == IN_SEGMENT, rows
            assert 39 <= len(books.segments(HOUR)) <= 40
            unmount()
            k += 1
            gc.collect()
            if os.getenv("SHOW"):
                print(lap, k, tried, names[-2:], len(names))
        lap += 1
        data[:] = base
        mount(Flash(data))
        dongle = Dongle(end - 100)
        dongle.live(end + HOUR - 100, 20)
        before += dongle.told()
        unmount()
        base[:] = data
    print("cuts", tried, "went on behind the hour", recovered, "hours", lap)


def flash_new(flash):
    import vfs

    vfs.VfsLfs2.mkfs(flash)


def full():
    """A full flash: what is there stays, the ledger's sums go on; with room again, so do the books."""
    flash = Flash(bytearray(24 * BLOCK))
    flash_new(flash)
    mount(flash)
    dongle = Dongle(EPOCH - 60)
    dongle.live(EPOCH + 2 * HOUR + 600, 60)
    fillers = 0
    try:
        while True:
            with open("filler%d" % fillers, "wb") as f:
                f.write(bytes(BLOCK))
            fillers += 1
    except OSError:
        pass
    dongle.live(EPOCH + 5 * HOUR + 600, 60)
    assert len(dongle.lines) < 30 and all("full" in text for text in dongle.lines), dongle.lines
    assert dongle.keeper.unwritten
    assert dongle.keeper.ledger.last[0] == EPOCH // HOUR + 4
    for n in range(fillers):
        os.remove("filler%d" % n)
    dongle.live(EPOCH + 6 * HOUR + 600, 60)
    assert not dongle.keeper.unwritten
    want = register(EPOCH + 6 * HOUR) - register(EPOCH)
    assert sums(EPOCH, EPOCH + 6 * HOUR) == [(want, 6), (want, 24)], sums(EPOCH, EPOCH + 6 * HOUR)
    unmount()
    print("full", fillers)


def damaged():
    """A damaged state costs what came after the one before; two cost the running hour, not the books. A ledger that stumbles goes on."""
    flash = Flash(bytearray(24 * BLOCK))
    flash_new(flash)
    mount(flash)
    dongle = Dongle(EPOCH - 60)
    dongle.live(EPOCH + 2 * HOUR + 700, 60)
    counts = []
    for slot in (0, 1):
        with open("ledger/state%d" % slot, "rb") as f:
            counts.append(f.read(2)[0])
    newest = "ledger/state%d" % (counts[1] > counts[0])
    with open(newest, "r+b") as f:
        f.seek(30)
        f.write(b"\xaa\x55")
    dongle = Dongle(dongle.now + 60)
    assert "the one before" in str(dongle.lines), dongle.lines
    assert dongle.keeper.ledger.last[0] == EPOCH // HOUR + 1
    dongle.live(EPOCH + 3 * HOUR + 100, 20)
    want = register(EPOCH + 3 * HOUR) - register(EPOCH)
    assert sums(EPOCH, EPOCH + 3 * HOUR) == [(want, 3), (want, 12)], sums(EPOCH, EPOCH + 3 * HOUR)
    # The ledger fails where nobody foresaw it: it goes on from the stored state.
    dongle.keeper.ledger._s[32:] = [0]
    dongle.live(EPOCH + 4 * HOUR + 100, 20)
    assert "stumbled" in str(dongle.lines), dongle.lines
    want = register(EPOCH + 4 * HOUR) - register(EPOCH)
    assert sums(EPOCH, EPOCH + 4 * HOUR) == [(want, 4), (want, 16)], sums(EPOCH, EPOCH + 4 * HOUR)
    for slot, rubbish in ((0, b""), (1, b"rubbish" * 40)):
        with open("ledger/state%d" % slot, "wb") as f:
            f.write(rubbish)
    dongle = Dongle(dongle.now + 20)
    assert "starts anew" in str(dongle.lines), dongle.lines
    dongle.live(EPOCH + 6 * HOUR + 100, 20)
    assert sums(EPOCH, EPOCH + 4 * HOUR) == [(want, 4), (want, 16)]
    want = register(EPOCH + 6 * HOUR) - register(EPOCH + 5 * HOUR)
    assert sums(EPOCH + 5 * HOUR, EPOCH + 6 * HOUR) == [(want, 1), (want, 4)]
    unmount()
    print("damaged")


def wear(days):
    data = bytearray(512 * BLOCK)
    flash = Flash(data)
    flash_new(flash)
    mount(flash)
    # Firmware and settings: they stay where they are.
    for n in range(60):
        with open("static%d" % n, "wb") as f:
            f.write(bytes(5000))
    before = array("I", flash.erases)
    writes = flash.writes
    dongle = Dongle(EPOCH - 60)
    for hour in range(24 * days):
        dongle.live(EPOCH + hour * HOUR + HOUR, 150)
        dongle.told()
        if hour % 240 == 239:
            gc.collect()
    unmount()
    counts = sorted(after - before[n] for n, after in enumerate(flash.erases))
    print("wear", days, "days", sum(counts), "erases", flash.writes - writes, "writes", counts[-1], "of one block")


def size(days):
    data = bytearray(96 * BLOCK)
    flash = Flash(data)
    flash_new(flash)
    mount(flash)
    free = os.statvfs("/flash")[3]
    most = 0
    hour = EPOCH // HOUR
    for index in range(hour, hour + 24 * days):
        rows = [(900, 4 * index + n, 0, 300 + n, 0, 20, 30) for n in range(4)]
        rows.append((HOUR, index, 0, 1206, 0, 80, 120))
        entries.append(rows)
        most = max(most, free - os.statvfs("/flash")[3])
    dongle = Dongle((hour + 24 * days) * HOUR)
    dongle.live(dongle.now + 400, 100)
    most = max(most, free - os.statvfs("/flash")[3])
    last = hour + 24 * days
    found = [sum(1 for _ in books.find(HOUR, last - 396 * 24, last)), sum(1 for _ in books.find(900, 4 * last - 3840, 4 * last))]
    print("size", days, "days", most * BLOCK, "octets", found[0], "hours", found[1], "quarters")


assert han.Reader
if os.getenv("CUTS"):
    full()
    damaged()
    cuts(int(os.getenv("CUTS")))
if os.getenv("DAYS"):
    wear(int(os.getenv("DAYS")))
if os.getenv("SIZE"):
    size(int(os.getenv("SIZE")))
