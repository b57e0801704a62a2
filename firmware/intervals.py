"""T/interval: what is new in the energy's books, to the broker, in the order in which it was written. A rare room.

ledger/told says up to where the broker has it: for each length of interval the number of a segment, and octets of it.
"""

import json
import os

from energy import journal
from han.reading import decimal
from micropython import const

from firmware import books
from firmware.clock import iso
from firmware.draft import write

_TOLD = const("ledger/told")
_WORDS = const(("measured", "split", "estimated", "missing"))
_NAMES = const(("energy_import_kwh", "energy_export_kwh", "reactive_energy_import_kvarh", "reactive_energy_export_kvarh"))
# Of a segment's head, too.
_RECORD = const(16)
# So many confirmed records at most are sent again after a power cut; the flash is written for each lot.
_LOT = const(48)


def left(topic, span):
    """Messages (topic, payload) of the intervals that the broker has not confirmed: hours, and with span 900 quarter hours. Asking for
    the next one says that the last one was acknowledged. Raises OSError; can be closed at any time."""
    told = _told()
    for kind in (3600, 900)[:2 if span == 900 else 1]:
        place = told.get(str(kind)) or _end(kind)[:1] + (_RECORD,)
        fresh = 0
        try:
            while True:
                found = _next(kind, *place)
                if not found:
                    break
                yield topic, message(found[2])
                place = found[0], found[1] + _RECORD
                fresh += 1
                if fresh % _LOT == 0:
                    _keep(told, kind, place)
        finally:
            if fresh % _LOT:
                _keep(told, kind, place)


def skip():
    """Take all that is in the books for told: it was brought there. Raises OSError."""
    told = _told()
    for kind in (3600, 900):
        _keep(told, kind, _end(kind))


def message(record):
    """The payload for (span, index, quality, Wh, Wh, varh, varh, corrected)."""
    text = '{"start":"%s","span_s":%d' % (iso(record[0] * record[1]), record[0])
    for at, name in enumerate(_NAMES):
        text += ',"%s":%s' % (name, decimal(record[3 + at], 3, 3))
    text += ',"quality":"%s"' % _WORDS[record[2]]
    return (text + (',"corrected":true}' if record[7] else "}")).encode()


def _next(kind, number, at):
    """(number of the segment, octets before it, the record) of the first good one from there on; None without one."""
    for name in books.segments(kind):
        n = int(name[1:6], 16)
        if n < number:
            continue
        if n > number:
            at = _RECORD
        with open(books.FOLDER + name, "rb") as f:
            head = f.read(_RECORD)
            f.seek(at)
            record = f.read(_RECORD)
            try:
                while len(record) == _RECORD:
                    for found in journal.records(head + record):
                        return n, at, found
                    at += _RECORD
                    record = f.read(_RECORD)
            except ValueError:
                pass  # a segment without a head
        number = n
    return None


def _end(kind):
    """(number of the newest segment, its size)."""
    names = books.segments(kind)
    if not names:
        return 0, _RECORD
    return int(names[-1][1:6], 16), os.stat(books.FOLDER + names[-1])[6]


def _told():
    """{length of the interval, as text: where those that are told end}; where that is not known, the newest segment is told again."""
    try:
        with open(_TOLD) as f:
            told = json.load(f)
        return {kind: (told[kind][0] + 0, told[kind][1] // _RECORD * _RECORD) for kind in told}
    except (OSError, ValueError, TypeError, IndexError, KeyError):
        return {}


def _keep(told, kind, place):
    told[str(kind)] = place
    write(_TOLD, json.dumps(told).encode())
