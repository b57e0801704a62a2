"""The ledger's state in flash, so that a start goes on where the last one was. A rare room.

It lies in ledger/state0 and ledger/state1 by turns, behind a count of the turns and its complement: what happens to the one leaves
the other.
"""

import errno
import os
import struct

from energy import Ledger
from micropython import const

from firmware import sentence

_LARGEST = const(1024)


def recover(keeper):
    """The ledger as it was stored last; a new one where there is none, or none that can be trusted."""
    found = None
    damaged = False
    for slot in (0, 1):
        try:
            count, state = _stored(slot)
            if found is None or _later(count, found[0]):
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
        keeper.log.line("ledger", "its state is damaged: it starts anew; what is in the books stays")
    return Ledger(keeper.zone)


def store(keeper):
    """Store the ledger's state. Return whether that went well."""
    last = None
    slot = 0
    for n in (0, 1):
        try:
            count = _stored(n)[0]
            if last is None or _later(count, last):
                last = count
                slot = 1 - n
        except (OSError, ValueError):
            pass
    count = 0 if last is None else last + 1 & 0xFFFF
    try:
        data = struct.pack("<HH", count, count ^ 0xFFFF) + keeper.ledger.state()
        try:
            os.mkdir("ledger")
        except OSError:
            pass  # it is there; or what is wrong shows next
        with open(_path(slot), "wb") as f:
            f.write(data)
        return True
    except OSError as error:
        keeper.tell(sentence("LEDGER", error.errno))
        return False


def _later(a, b):
    return 0 < (a - b) & 0xFFFF < 0x8000


def _path(slot):
    return "ledger/state%d" % slot


def _stored(slot):
    """(count, state) of one of the two. Raises OSError, ValueError."""
    with open(_path(slot), "rb") as f:
        data = f.read(_LARGEST)
    if len(data) < 4:
        raise ValueError
    count, check = struct.unpack_from("<HH", data, 0)
    if count ^ check != 0xFFFF:
        raise ValueError
    return count, data[4:]
