"""Honest hours from an electricity meter: a ledger, and rooms for tariffs, prices and tables that are entered when needed.

Pure: no clock, no files, no network, integers only; the same files run on CPython 3.11+ and MicroPython 1.24+. Times are seconds
since 2000-01-01T00:00:00Z; energies Wh (channels 0 import, 1 export) and varh (2 reactive import, 3 reactive export); money is
1/1000 öre.

Resident, while readings come:

    ledger = Ledger("Europe/Oslo", state)              # state: bytes of ledger.state(), None at first; ValueError where damaged
    for record in ledger.note(reading, utc, uptime_ms): # utc 0 while unknown
        journal.append(record)                          # (span, index, quality, Wh, Wh, varh, varh); span 3600 or 900
    ledger.state()                                      # to be stored behind the records, and every few minutes
    ledger.so_far(0), ledger.expected(0)                # this hour; with span 900 this quarter hour
    ledger.last, ledger.since(0, 0)                     # the last hour; today, yesterday (1), this month (2), last month (3)

note() is lazy: after three weeks without power it says 2500 records, one by one. What was not taken is lost to the caller, not to
the sums. Quality: 0 measured (registers at both ends), 1 split (shared out by power that was seen), 2 estimated, 3 missing (what
was seen is a part). An estimate is said when an hour's register is late, and said again, better, when it comes.

The ledger itself enters zone, timing, anchoring, closing and snapshot when an hour or a quarter hour ends, when the time is set or
when the state is stored, and lets them go.

Entered when needed:

    snapshot    the state as bytes                       journal   records as bytes, in segments for flash
    tariff      capacity tariffs as data                 presets   those of grid companies
    checking    what people write of tariffs and contracts, put into short forms; errors
    peaks       a month's peaks; headroom, changing: the room that is left, corrections
    price       spot prices, the cheapest times          spot      spot prices out of JSON text
    contract    what a kWh costs in the end              cost      what hours, days, months cost and earned
    guard       warning, alarm, all-clear                table     lines of CSV
    zone, windows, holidays   civil time
"""

import sys


def room(name):
    """The module energy.`name` for one use: unless somebody keeps it loaded, it goes with the last reference to it."""
    path = __name__ + "." + name
    kept = path in sys.modules
    __import__(path)
    module = sys.modules[path]
    if not kept:
        del sys.modules[path]
        globals().pop(name, None)
    return module


from .ledger import Ledger  # noqa: E402

__all__ = ("Ledger", "room")
