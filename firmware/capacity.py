"""The capacity tariff: the month's peaks out of what the ledger has closed. A rare room: errands.py enters it; monthly.py says what they
come to.

`ledger/peaks` has the peaks: the interval from which on nothing was looked at yet, the tariff's length of interval, flow and checksum,
a checksum of these, then energy.peaks' state.
"""

import struct

from energy import zone
from energy.crc import crc16
from micropython import const

from firmware import let_go
from firmware.draft import write

_STATE = const("ledger/peaks")
# Seconds after which the state is stored even where no peak is new.
_DAY_S = const(86400)
_LOT = const(8)


def opened(keeper, word):
    """(the Tariff of that word, its checksum, the Peaks, up to which interval all was looked at). Under another tariff the last is
    None, and the peaks are those that the user corrected. Raises DataError."""
    from firmware import terms

    form, mark = terms.tariff(word)
    del terms
    let_go("terms")
    from energy.tariff import Tariff

    tariff = Tariff(form)
    from energy.peaks import Peaks

    try:
        with open(_STATE, "rb") as f:
            data = f.read()
        if len(data) > 10 and not crc16(data, 11):
            upto, span, channel, stored = struct.unpack("<IHBH", data[:9])
            if (span, channel) == (tariff.span, tariff.channel):
                peaks = Peaks(tariff, keeper.standard, data[11:])
                if stored == mark:
                    return tariff, mark, peaks, upto
                peaks.clear()
                return tariff, mark, peaks, None
    except (OSError, ValueError):
        pass
    return tariff, mark, Peaks(tariff, keeper.standard), None


def work(dues, records, more):
    """Look at records of the ledger; unless `more` of them come, make the user's corrections. Yields now and then. Sets the first of
    dues.since where it is None, or where all of the month has to be looked at again. Return whether that was all. Raises DataError."""
    keeper = dues.keeper
    tariff, mark, peaks, known = opened(keeper, dues.tariff)
    span = tariff.span
    day = zone.local(keeper.standard, keeper.ledger.time) // 86400
    first = zone.midnight(keeper.standard, day - zone.date(day)[2] + 1) // span
    upto = first if known is None else known
    if dues.since[0] is None or span != dues.spans[0]:
        dues.since[0] = upto
        dues.spans[0] = keeper.span = keeper.uplink.span = span
        keeper.channel = tariff.channel
        if known is None:
            _store(tariff, mark, upto, peaks.state())
        return False
    # Of the state its checksum does.
    before = peaks.state()[-2:]
    yield
    for n, record in enumerate(records):
        if not peaks.note(record):
            more = True
            peaks.clear()
            dues.since[0] = upto = first
            break
        upto = max(upto, record[1] + 1)
        if n % _LOT == _LOT - 1:
            yield
    wishes = dues.wishes[:]
    for what, index, power in wishes:
        try:
            found = peaks.change(what, index, power)
        except KeyError:
            found = False
        keeper.log.line("peaks", ("corrected: " if found else "nothing there to correct: ") + what)
    if wishes:
        let_go("energy.changing")
    now = peaks.state()
    if now[-2:] != before or not 0 <= upto - known < _DAY_S // span:
        _store(tariff, mark, upto, now)
    del dues.wishes[:len(wishes)]
    return not more


def _store(tariff, mark, upto, state):
    head = struct.pack("<IHBH", upto, tariff.span, tariff.channel, mark)
    write(_STATE, head + struct.pack(">H", crc16(head)) + state)
