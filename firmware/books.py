"""The ledger's books in flash: hours of 13 months, quarter hours of 40 days, and the ledger's state. A rare room.

The folder `energy` holds segments as energy.journal describes them. A segment's name is h or q, its number (5 hex digits), and once
another one has begun, the lowest and the highest index in it, so that nobody has to look into it for other times. The state lies in
state0 and state1 by turns, behind a count of the turns and its complement: what happens to the one leaves the other.
"""

import errno
import os
import struct

from energy import Ledger, journal
from energy.crc import crc16
from micropython import const

from firmware import sentence

_FOLDER = const("energy")
# Segments of hours and of quarter hours: so many where their oldest is as old as they shall be, more where it is not yet.
_HOURS = const(39)
_QUARTERS = const(17)
_MORE = const(9)
_KEEP_HOURS = const(9504)
_KEEP_QUARTERS = const(3840)
# Records that are written at once, and that are kept in memory while the flash fails.
_LOT = const(24)
# Records that are read at once; intervals that are put in order at once.
_READ = const(32)
_ORDER = const(64)
_MIDDLE = const(4096)


def recover(keeper):
    """The ledger as it was stored last; a new one where there is none, or none that can be trusted."""
    found = None
    damaged = False
    for slot in (0, 1):
        try:
            count, state = _stored(slot)
            if found is None or (count - found[0]) & 0xFFFF < 0x8000:
                found = count, Ledger(keeper.zone, state)
        except ValueError:
            damaged = True
        except OSError as error:
            damaged = damaged or error.errno != errno.ENOENT
    if found and keeper.trusted:
        if damaged:
            keeper.log.line("ledger", "its last state is damaged: it goes on from the one before")
        return found[1]
    if found or damaged:
        keeper.log.line("ledger", "its state is damaged: it starts anew; the hours that are in the books stay")
    return Ledger(keeper.zone)


def store(keeper):
    """Store the ledger's state, unless records that lead to it are not in the flash yet. Return whether that went well."""
    try:
        if keeper.unwritten:
            _write(keeper)
        counts = []
        for slot in (0, 1):
            try:
                counts.append(_stored(slot)[0])
            except (OSError, ValueError):
                counts.append(None)
        slot = 0
        if counts[0] is not None and (counts[1] is None or (counts[0] - counts[1]) & 0xFFFF < 0x8000):
            slot = 1
        last = counts[1 - slot]
        count = 0 if last is None else last + 1 & 0xFFFF
        data = struct.pack("<HH", count, count ^ 0xFFFF) + keeper.ledger.state()
        _make_folder()
        with open(_FOLDER + "/state%d" % slot, "wb") as f:
            f.write(data)
        keeper.trusted = True
        return True
    except OSError as error:
        keeper.tell(sentence("LEDGER", error.errno))
        return False


def write(keeper):
    """Take some of the records that the ledger closes, and write them. Return them, in a list; it is empty when there are no more."""
    taken = []
    for record in keeper.closing:
        taken.append(record)
        if len(taken) == _LOT:
            break
    else:
        keeper.closing = ()
    if taken:
        keeper.unwritten += taken
        try:
            _write(keeper)
        except OSError as error:
            del keeper.unwritten[:-_LOT]
            keeper.tell(sentence("LEDGER", error.errno))
        except ValueError:
            keeper.unwritten = []
            keeper.tell("an hour does not fit into the books")
    return taken


def _write(keeper):
    append(keeper.unwritten)
    keeper.unwritten = []


def append(records, corrected=False):
    """Write records (span, index, quality, Wh, Wh, varh, varh), those of one span in order. corrected: a user made them.
    Raises OSError, ValueError for a record that does not fit."""
    for span in (900, 3600):
        own = [record for record in records if record[0] == span]
        while own:
            own = own[_append(span, own, corrected):]


def find(span, since, until):
    """Yield (index, quality, Wh, Wh, varh, varh, corrected) of the intervals from index `since` up to before `until`, in order, each
    as it was said last. Raises OSError. What is written meanwhile may or may not be seen."""
    for start in range(since, until, _ORDER):
        found = _sorted(span, start, min(until, start + _ORDER))
        for place in range(0, len(found), journal.RECORD):
            word, a, b, c, d, e, f, g, h = struct.unpack_from("<HHBHBHBHB", found, place)
            if word & 8:
                yield (start + place // journal.RECORD, word >> 1 & 3, b << 16 | a, d << 16 | c, f << 16 | e, h << 16 | g, word & 1)


def _sorted(span, start, end):
    """Records of these intervals, one behind the other: their first word is quality and correction, and 8; 0 where there is none."""
    found = bytearray(journal.RECORD * (end - start))
    for name in segments(span):
        low, high = _range(name)
        if low >= end or high < start:
            continue
        for base, piece in _pieces(name):
            for at in range(0, len(piece), journal.RECORD):
                word = piece[at] | piece[at + 1] << 8
                place = base - _MIDDLE + (word >> 3) - start
                if 0 <= place < end - start:
                    record = piece[at:at + journal.RECORD]
                    if not crc16(record):
                        record[0] = word & 7 | 8
                        record[1] = 0
                        found[place * journal.RECORD:(place + 1) * journal.RECORD] = record
    return found


def _pieces(name):
    """Yield (base, some whole records) of a segment; the octets are good until the next ones come."""
    piece = bytearray(_READ * journal.RECORD)
    with open(_FOLDER + "/" + name, "rb") as f:
        try:
            base = journal.read_head(f.read(16))[1]
        except ValueError:
            return
        size = f.readinto(piece)
        while size >= journal.RECORD:
            yield base, piece if size == len(piece) else piece[:journal.whole(piece[:size])]
            size = f.readinto(piece)


def segments(span):
    """The names of the segments, in the order in which they were written. Raises OSError."""
    try:
        names = os.listdir(_FOLDER)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
        return []
    letter = "q" if span == 900 else "h"
    return sorted([name for name in names if name[0] == letter and len(name) in (6, 20)])


def _range(name):
    """The lowest and the highest index in a segment, as far as its name says."""
    if len(name) == 6:
        return 0, 1 << 29
    return int(name[7:13], 16), int(name[14:], 16)


def _append(span, records, corrected):
    """Write as many of the records as go into one segment; return their number."""
    names = segments(span)
    number = base = room = 0
    if names:
        number = int(names[-1][1:6], 16)
        base, room = _room(span, names[-1])
    if not room or not journal.fits(base, records[0][1]):
        if names and len(names[-1]) == 6:
            names[-1] = _close(names[-1])
        number += 1
        base = records[0][1]
        room = journal.SIZE // journal.RECORD - 1
        _forget(span, names, base)
        _make_folder()
        name = "%s%05x" % ("q" if span == 900 else "h", number)
        data = bytearray(journal.head(span, base, number))
    else:
        name = names[-1]
        data = bytearray()
    done = 0
    for record in records[:room]:
        if not journal.fits(base, record[1]):
            break
        data += journal.encode(base, record, corrected)
        done += 1
    with open(_FOLDER + "/" + name, "ab") as f:
        f.write(data)
    return done


def _room(span, name):
    """(base, how many records may still be appended): none where it is full, closed, or not as it was written."""
    path = _FOLDER + "/" + name
    size = os.stat(path)[6]
    if len(name) > 6 or size < 16 or size % journal.RECORD:
        return 0, 0
    with open(path, "rb") as f:
        try:
            found, base, _ = journal.read_head(f.read(16))
        except ValueError:
            return 0, 0
    return base, max(0, journal.SIZE - size) // journal.RECORD if found == span else 0


def _close(name):
    """Give a segment that gets no more records the name that says what is in it. Return that."""
    low, high = 0xFFFFFF, 0
    for base, piece in _pieces(name):
        for at in range(0, len(piece), journal.RECORD):
            index = base - _MIDDLE + ((piece[at] | piece[at + 1] << 8) >> 3)
            low = min(low, index)
            high = max(high, index)
    new = "%s-%06x-%06x" % (name, max(0, low), high)
    os.rename(_FOLDER + "/" + name, _FOLDER + "/" + new)
    return new


def _forget(span, names, index):
    """Make room for one more segment, which begins with that index: remove what is too old or too much."""
    most, keep = (_QUARTERS, _KEEP_QUARTERS) if span == 900 else (_HOURS, _KEEP_HOURS)
    while len(names) >= most:
        oldest = min(names, key=lambda name: _range(name)[1])
        if len(names) < most + _MORE and _range(oldest)[1] > index - keep:
            return
        os.remove(_FOLDER + "/" + oldest)
        names.remove(oldest)


def _make_folder():
    try:
        os.mkdir(_FOLDER)
    except OSError:
        pass  # it is there; or what is wrong shows when a file is opened


def _stored(slot):
    """(count, state) of one of the two. Raises OSError, ValueError."""
    with open(_FOLDER + "/state%d" % slot, "rb") as f:
        data = f.read(1024)
        if len(data) < 4:
            raise ValueError
        count, check = struct.unpack_from("<HH", data, 0)
        if count ^ check != 0xFFFF:
            raise ValueError
        return count, data[4:]
