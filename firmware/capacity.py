"""The capacity tariff: the month's peaks, what they cost, and what the running interval may have. A rare room: errands.py enters it.

`tariff.json` holds a tariff of the user's own, as energy.tariff describes it. `ledger/peaks` has the peaks: the interval from which on
nothing was looked at yet, the tariff's length of interval, flow and checksum, a checksum of these, then energy.peaks' state. Each of
the files is written aside and renamed.
"""

import json
import struct

from energy import zone
from energy.crc import crc16
from energy.errors import DataError
from micropython import const

from firmware import let_go
from firmware.errands import write

_OWN = const("tariff.json")
_STATE = const("ledger/peaks")
_LARGEST = const(3072)
# Intervals after which the state is stored even where no peak is new.
_DAY_S = const(86400)
_LOT = const(8)


def terms(word):
    """(a tariff's data, a checksum of them) of the preset of that name or, with "own", of the user. Raises DataError."""
    if word != "own":
        from energy import presets

        data = presets.preset(word)
        del presets
        let_go("energy.presets")
        return data, crc16(repr(sorted(data.items())).encode())
    try:
        with open(_OWN, "rb") as f:
            text = f.read(_LARGEST)
        data = json.loads(text.decode())
        if isinstance(data, dict):
            return data, crc16(text)
    except OSError:
        raise DataError(_OWN + " is missing: give the tariff on the page, or choose another")
    except ValueError:
        pass
    raise DataError(_OWN + " is no JSON object of less than %d bytes" % _LARGEST)


def adopt(dues, text):
    """Take a tariff of the user's own, bytes of JSON. dues: a firmware.dues.Dues, or None. Raises DataError; then the old one stays."""
    try:
        data = json.loads(text.decode())
    except ValueError:
        raise DataError("this is not JSON")
    if not isinstance(data, dict) or len(text) >= _LARGEST:
        raise DataError("a tariff must be one JSON object of less than %d bytes" % _LARGEST)
    from energy.tariff import Tariff

    Tariff(data)
    write(_OWN, text)
    if dues and dues.tariff == "own":
        dues.since[0] = None
        dues.due[0] = True


def work(dues, records, more):
    """Look at records of the ledger; unless `more` of them come, make the user's corrections and return what standing.py tells of it.
    Yields now and then. Sets the first of dues.since where it is None, or where all of the month has to be looked at again. Raises DataError."""
    keeper = dues.keeper
    data, mark = terms(dues.tariff)
    from energy.tariff import Tariff

    tariff = Tariff(data)
    span = tariff.span
    from energy.peaks import Peaks

    standard = keeper.standard
    known, state = _stored(tariff, mark)
    try:
        peaks = Peaks(tariff, standard, state)
    except ValueError:
        known, state, peaks = None, None, Peaks(tariff, standard)
    first = _begin(standard, keeper.ledger.time) // span
    upto = known
    if known is None:
        # Another tariff, or the first time: what the user said of the peaks stays where the intervals are the same.
        peaks.clear()
        upto = first
    if dues.since[0] is None or span != dues.spans[0]:
        dues.since[0] = upto
        dues.spans[0] = keeper.span = keeper.uplink.span = span
        keeper.channel = tariff.channel
        if known is None:
            write(_STATE, _head(tariff, mark, upto) + peaks.state())
        return None
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
    for wish in wishes:
        _set(keeper, peaks, *wish)
    now = peaks.state()
    if now != state or not 0 <= upto - known < _DAY_S // span:
        write(_STATE, _head(tariff, mark, upto) + now)
    del dues.wishes[:len(wishes)]
    if more:
        return None
    yield
    keeper.limit = _most(tariff, peaks, keeper.ledger.time)
    return _describe(tariff, peaks) if peaks.month else None


def _most(tariff, peaks, utc):
    """W of the running interval. A price a kW makes every W of a month's first peaks dearer: a limit begins behind them."""
    if tariff.data.get("steps") or len(peaks.top()) == tariff.count:
        return peaks.headroom(utc)
    return None


def _begin(standard, utc):
    """UTC of the beginning of its month."""
    day = zone.local(standard, utc) // 86400
    return zone.midnight(standard, day - zone.date(day)[2] + 1)


def _set(keeper, peaks, what, index, power):
    try:
        if what == "put":
            peaks.put(index, power)
        elif what == "undo":
            if not peaks.undo():
                raise KeyError(index)
        elif what == "drop":
            peaks.drop(index)
        else:
            peaks.confirm(index)
        keeper.log.line("peaks", "corrected: " + what)
    except KeyError:
        keeper.log.line("peaks", "nothing there to correct: " + what)


def _head(tariff, mark, upto):
    head = struct.pack("<IHBH", upto, tariff.span, tariff.channel, mark)
    return head + struct.pack(">H", crc16(head))


def _stored(tariff, mark):
    """(the interval up to which all was looked at, state) as it was stored; (None, the state) under another tariff with intervals of
    the same length, else (None, None)."""
    try:
        with open(_STATE, "rb") as f:
            data = f.read()
    except OSError:
        return None, None
    if len(data) < 11 or crc16(data, 11):
        return None, None
    upto, span, channel, stored = struct.unpack("<IHBH", data[:9])
    if (span, channel) != (tariff.span, tariff.channel):
        return None, None
    return upto if stored == mark else None, data[11:]


def _describe(tariff, peaks):
    """How the month stands, without anything of the tariff's code."""
    value = peaks.value()
    month = peaks.month % 12 + 1
    step = tariff.next_step(value)
    rows = []
    for found, state in ((peaks.top(), "counted"), (peaks.doubtful(), "doubtful"), (peaks.dropped(), "dropped")):
        for row in found[:10]:
            rows.append((row[0] * tariff.span, row[1], row[2], row[3], "confirmed" if row[4] == 1 else state))
    return (tariff.data.get("currency", ""), tariff.data.get("name", ""), 2000 + peaks.month // 12, month, tariff.span, value, peaks.fee(),
            step, step and tariff.fee(step, month), peaks.last_value, peaks.last_fee, peaks.left(), rows)
