"""What is written into the energy's books (books.py). A rare room.

LittleFS changes a file as a whole when it is closed, so records are there or not; whatever else may happen to them, a checksum tells.
No record is ever changed. The oldest segment goes when there are too many.
"""

import os

from energy import journal
from micropython import const

from firmware import books, sentence
from firmware.draft import make_folder

# Segments of hours and of quarter hours: so many where the oldest is as old as it shall be, more where it is not yet.
_HOURS = const(39)
_QUARTERS = const(17)
_MORE = const(9)
# 13 months and 40 days.
_KEEP_HOURS = const(9504)
_KEEP_QUARTERS = const(3840)
# Records that are written at once, and that are kept in memory while the flash fails.
_LOT = const(24)


def write(keeper):
    """Take some of the records that the ledger closes, and write them. Return them, in a list; it is empty when there are no more."""
    taken = []
    for record in keeper.closing:
        taken.append(record)
        if len(taken) == _LOT:
            break
    else:
        keeper.closing = ()
    keeper.unwritten += taken
    try:
        append(keeper.unwritten)
        keeper.unwritten = []
    except OSError as error:
        del keeper.unwritten[:-_LOT]
        keeper.tell(sentence("LEDGER", error.errno))
    except ValueError:
        keeper.unwritten = []
        keeper.tell("an hour does not fit into the books")
    return taken


def append(records, corrected=False):
    """Write records (span, index, quality, Wh, Wh, varh, varh), best in order. corrected: a user made them.
    Raises OSError; ValueError for a record that does not fit: then those of its kind that come before it may be there."""
    for span in (900, 3600):
        own = [record for record in records if record[0] == span]
        while own:
            own = own[_append(span, own, corrected):]


def _append(span, records, corrected):
    """Write as many of the records as go into one segment; return their number."""
    names = books.segments(span)
    number = base = room = 0
    if names:
        number = int(names[-1][1:6], 16)
        base, room = _room(span, names[-1])
    if room and journal.fits(base, records[0][1]):
        name = names[-1]
        data = bytearray()
    else:
        if names and len(names[-1]) == 6:
            names[-1] = _close(names[-1])
        number += 1
        base = records[0][1]
        room = journal.SIZE // journal.RECORD - 1
        _forget(span, names, base)
        make_folder(books.FOLDER[:-1])
        name = "%s%05x" % ("q" if span == 900 else "h", number)
        data = bytearray(journal.head(span, base, number))
    done = 0
    for record in records[:room]:
        if not journal.fits(base, record[1]):
            break
        data += journal.encode(base, record, corrected)
        done += 1
    with open(books.FOLDER + name, "ab") as f:
        f.write(data)
    return done


def _room(span, name):
    """(base, how many records may still be appended): none where it is full, closed, or not as it was written."""
    path = books.FOLDER + name
    size = os.stat(path)[6]
    if len(name) > 6 or size % journal.RECORD:
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
    for base, piece in books.pieces(name):
        for at in range(0, len(piece), journal.RECORD):
            index = books.index(base, piece, at)
            low = min(low, index)
            high = max(high, index)
    new = "%s-%06x-%06x" % (name, max(0, low), high)
    os.rename(books.FOLDER + name, books.FOLDER + new)
    return new


def _forget(span, names, index):
    """Make room for one more segment, which begins with that index: remove what is too old or too much."""
    most, keep = (_QUARTERS, _KEEP_QUARTERS) if span == 900 else (_HOURS, _KEEP_HOURS)
    while len(names) >= most:
        oldest = min(names, key=lambda name: books.reach(name)[1])
        if len(names) < most + _MORE and books.reach(oldest)[1] > index - keep:
            return
        os.remove(books.FOLDER + oldest)
        names.remove(oldest)
