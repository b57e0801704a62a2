"""Run under MicroPython: the heap that the ledger takes. Prints octets: its code and state, with the state's codec, and the greatest state's size.

It lives through hours of lists 1 to 3 with some that are missing, so that its spans are all there.
"""

import gc


def used():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def live(ledger):
    said = Said()
    utc = 877_000_000 - 877_000_000 % 3600
    for n in range(5 * 360):
        said.clear()
        said["power_import_w"] = 1000 + n
        said["reactive_power_export_var"] = 90
        said.list = "2"
        if n == 1:
            said.list = "3"
            said["energy_import_wh"] = said["energy_export_wh"] = 1_200_000_000
            said["meter_time"] = "2027-10-16T00:00:10"
        for _ in ledger.note(said, utc + 10 * n, 10000 * n):
            pass


class Said(dict):
    clock_offset = clock_summer = None
    clock_invalid = False


before = used()
from energy import Ledger  # noqa: E402

ledger = Ledger("Europe/Oslo")
live(ledger)
taken = used() - before
state = ledger.state()
size = len(state)
state = None
print(taken, used() - before, size)
