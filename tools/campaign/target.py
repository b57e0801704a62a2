"""What the campaign holds for every input, and the process that searches for inputs with atheris.

The first octet of an input says how to read the others: bit 0, checksums are made to fit before (see tools/campaign/repair.py);
bit 1, the reader has a key, bit 2 an authentication key too; bit 3, it takes telegrams without CRC; bits 4 and 5, how the octets are cut.

    python -m tools.campaign.target FILE...     holds it for these inputs, and prints them as they were fed
    python -m tools.campaign.target --search …  searches; what follows goes to libFuzzer
"""

import importlib
import json
import pkgutil
import sys
from contextlib import nullcontext
from pathlib import Path

from tools.campaign.repair import AUTH_KEY, KEY, repair
from tools.fuzz.units import units

_PIECES = (1, 7, 64, 1000)


class Broken(Exception):
    """Something that must hold does not."""


def load(instrument):
    """Import the parser in the context that `instrument` makes; return (its Reader in each form, names of the vocabulary)."""
    with instrument:
        from tools.fuzz.forms import FORMS, PARSER
        for form in FORMS.values():  # the parser itself imports most of it when it is first needed
            package = form.__module__.partition(".")[0]
            for module in pkgutil.iter_modules([str(PARSER)]):
                importlib.import_module(f"{package}.{module.name}")
        from han import quantities
    return list(FORMS.values()), {quantities.name(quantity) for quantity in range(quantities._LIST_VERSION + 1)}


def octets(data):
    """The octets of an input as they are fed."""
    return repair(data[1:]) if data[:1] and data[0] & 1 else data[1:]


def hold(data, forms, names):
    """Read the input, whole and in pieces, in each form of the parser. Raises Broken, or whatever the parser raises."""
    if not data:
        return
    fed = octets(data)
    keys = {"key": KEY if data[0] & 2 else None, "auth_key": AUTH_KEY if data[0] & 4 else None, "unchecked": bool(data[0] & 8)}
    readings = _read(forms[0](**keys), [fed])
    said = [_said(reading) for reading in readings]
    size = _PIECES[data[0] >> 4 & 3]
    for form in forms:
        pieces = [_said(reading) for reading in _read(form(**keys), [fed[at:at + size] for at in range(0, len(fed), size)])]
        if said != pieces:
            raise Broken(f"whole: {said}, in pieces of {size}, by {form.__module__}: {pieces}")
    for reading in readings:
        _hold_reading(reading, names)
    if readings and not data[0] & 10 and not units(fed):
        raise Broken(f"no checksum covers {said}")


def _read(reader, pieces):
    readings = [reading for piece in pieces for reading in reader.feed(piece)]
    stats = dict(reader.stats.items())
    if stats["bytes"] != sum(map(len, pieces)) or stats["dropped"] > stats["bytes"] or stats["readings"] != len(readings):
        raise Broken(f"{len(readings)} readings from {sum(map(len, pieces))} octets, and the counters say {stats}")
    return readings


def _said(reading):
    return reading.protocol, reading.vendor, reading.list, list(reading.items()), reading.other


def _hold_reading(reading, names):
    items = list(reading.items())
    if len({name for name, _ in items}) != len(items) or len(items) != len(reading):
        raise Broken(f"a name comes twice: {items}")
    for name, value in items:
        if name not in names or type(value) not in (int, str) or reading[name] != value or reading.get(name) != value or name not in reading:
            raise Broken(f"{name} is {value!r}")
        if type(value) is int and not -1 << 63 <= value < 1 << 63:
            raise Broken(f"{name} is as large as {value}")
    if not items and not reading.other:
        raise Broken("an empty reading")
    _hold_plain(reading.other)
    for (name, value), (_, text) in zip(items, reading.customary(), strict=True):
        written = text if type(value) is str else json.loads(text, parse_constant=Broken)
        if type(written) is str and written != value:
            raise Broken(f"{name} is {value}, written as {text}")


def _hold_plain(value):
    if type(value) is dict:
        for key, each in value.items():
            _hold_plain(key)
            _hold_plain(each)
    elif type(value) in (list, tuple):
        for each in value:
            _hold_plain(each)
    elif value is not None and type(value) not in (int, str):
        raise Broken(f"{value!r} in other")


def search(arguments):
    """Search until libFuzzer ends the process."""
    import atheris

    forms, names = load(atheris.instrument_imports(include=["han", "han_of_the_chip"]))
    atheris.Setup([sys.argv[0], *arguments], lambda data: hold(data, forms, names))
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--search"]:
        search(sys.argv[2:])
    loaded = load(nullcontext())
    for file in sys.argv[1:]:
        content = Path(file).read_bytes()
        print(octets(content).hex(), flush=True)
        hold(content, *loaded)
