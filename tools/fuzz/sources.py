"""What the fuzzer starts from: intact messages with what a correct reader makes of them, from simulated meters and from captures."""

import json
import os
import random
import re
from collections import namedtuple
from pathlib import Path

from tools.fuzz.units import units
from tools.meter import clock
from tools.meter.meters import METERS

CAPTURES = Path(os.environ.get("HAMN_CAPTURES", Path(__file__).resolve().parent.parent.parent.parent / "shared" / "telegrams"))

_HOUR_MS = 3_600_000
_BEFORE_MS = 14_000  # the pools begin so long before a full hour, and end with its hourly list
_LISTS = 4           # telegrams of each list in a pool

# One message as sent: its bytes; where it is complete (an HDLC frame with its closing flag, a telegram with the last digit of its
# CRC); the truth, names to values.
Message = namedtuple("Message", "data complete truth")


def truth_of(reading):
    """All that a reading says, in the form of a truth."""
    said = dict(reading.items(), protocol=reading.protocol, vendor=reading.vendor, list=reading.list)
    if reading.other:
        said["other"] = reading.other
    return said


def agrees(said, truth):
    """Whether what a reading says is the truth. A list that does not tell its maker may be taken for the last maker's."""
    return said == truth or "vendor" not in truth and {**said, "vendor": None} == {**truth, "vendor": None}


def complete_at(data):
    """Where a message is complete: only the CR LF behind a telegram's CRC does not count."""
    return len(data) - 2 if data[:1] == b"/" and data.endswith(b"\r\n") else len(data)


class Source:
    """One meter and what it sends: `name`, `protocol`, `lists`, some Messages of each, and `keys`, which its reader is given."""

    def __init__(self, name, protocol, lists, keys=None):
        self.name = name
        self.protocol = protocol
        self.lists = lists
        self.keys = keys or {}

    def fresh(self):
        """The same, for a new stream."""
        return self

    def draw(self, rng):
        """One of its messages, each list as likely as any other."""
        return rng.choice(rng.choice(self.lists))


def simulated(name, seed):
    """The Source of a simulated meter: some messages of each of its lists, around an hour that the seed chooses."""
    meter = METERS[name]
    rng = random.Random(f"{seed} {name}")
    hour_ms = clock.parse("2023-01-01T00:00:00") // _HOUR_MS * _HOUR_MS + rng.randrange(4 * 365 * 24) * _HOUR_MS
    house = meter.house(hour_ms - _BEFORE_MS, rng.randrange(1000))
    lists = {push.name: [] for push in meter.pushes}
    for now_ms, which in meter.due(hour_ms - _BEFORE_MS):
        if now_ms > hour_ms + 60_000:
            break
        if len(lists[which]) < _LISTS:
            data = meter.telegram(now_ms, house, which)
            lists[which].append(Message(data, complete_at(data), meter.truth(now_ms, house, which)))
    return Source(name, meter.protocol, [messages for messages in lists.values() if messages])


def captured(make_reader):
    """Sources from the captures, [] where these are not here: good, unencrypted messages that a fresh reader reads.

    What it makes of them undamaged is their truth here; whether that is right, other tests say.
    """
    if not (CAPTURES / "index.json").exists():
        return []
    found = []
    for entry in json.loads((CAPTURES / "index.json").read_text()):
        if not entry["crc_ok"] or entry["encrypted"]:
            continue
        data = (CAPTURES / entry["file"]).read_bytes()
        if entry["file"].endswith(".hex"):
            data = bytes.fromhex(re.sub(rb"\s", b"", data).decode())
        spans = [(unit.start, unit.end) for unit in units(data)]
        messages = [message for start, end in spans for message in _read(data[start:end], make_reader)]
        if not messages and spans:  # one message in several frames
            messages = _read(data[spans[0][0]:spans[-1][1]], make_reader)
        if messages:
            found.append(Source(entry["file"], messages[0].truth["protocol"], [messages]))
    return found


def _read(data, make_reader):
    readings = list(make_reader().feed(data))
    if len(readings) != 1:
        return []
    truth = truth_of(readings[0])
    if not truth["vendor"]:
        del truth["vendor"]
    return [Message(data, len(data), truth)]
