"""Run under CPython or MicroPython: feed readings to a ledger, stop and start it now and then; print what it says.

Argument: a file of JSON lines: {"said": {…}, "list", "summer", "utc", "uptime", "stop": whether to go on from the stored state}.
A line a record, then totals and the state as hex.
"""

import json
import sys

from energy import Ledger
from energy.peaks import Peaks
from energy.presets import preset
from energy.tariff import Tariff


class Said(dict):
    clock_offset = None
    clock_invalid = False


def main(path):
    ledger = Ledger("Europe/Oslo")
    peaks = Peaks(Tariff(preset("elvia")), ledger.standard)
    with open(path) as file:
        for line in file:
            row = json.loads(line)
            if row["stop"]:
                ledger = Ledger("Europe/Oslo", ledger.state())
                peaks = Peaks(Tariff(preset("elvia")), ledger.standard, peaks.state())
            said = Said()
            said.update(row["said"])
            said.list = row["list"]
            said.clock_summer = row["summer"]
            for record in ledger.note(said, row["utc"], row["uptime"]):
                print(*record)
                if not peaks.note(record):
                    print("anew")
    for channel in range(4):
        print(ledger.total(channel), ledger.so_far(channel), [ledger.since(period, channel) for period in range(4)])
    print(ledger.expected(0), ledger.expected(1, 900), ledger.last, peaks.value(), peaks.fee(), peaks.headroom(ledger.time))
    print("".join(["%02x" % octet for octet in ledger.state() + peaks.state()]))


main(sys.argv[1])
