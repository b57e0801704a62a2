"""The tariff and the contract in the short forms that energy.checking makes of them, kept so that it is seldom needed. A rare room.

`tariff.json` holds a tariff of the user's own, as energy.tariff describes it; `contract.json` what a kWh costs in the end: {"currency":
"NOK", "import": {…}, "export": {…}}, both as energy.contract describes them. Without it, and of what it does not say, the spot price
alone counts. `ledger/terms` and `ledger/contract` are what was made of them: JSON, from what, and the form.
"""

import json

from energy.crc import crc16
from micropython import const

from firmware import VERSION, let_go
from firmware.draft import write

_LARGEST = const(3072)


def tariff(word):
    """(the form of a tariff, a checksum of it): of the preset of that name or, with "own", of the user. Raises DataError."""
    text = _read("tariff.json") if word == "own" else None
    form = _kept("ledger/terms", "%s %s" % (word, VERSION if text is None else crc16(text)), word, text)
    return form, crc16(json.dumps(form).encode())


def contract():
    """[currency ("" where it says none), the form of what a kWh drawn costs, of what one fed in earns]. Raises DataError."""
    text = _read("contract.json")
    return _kept("ledger/contract", str(crc16(text)), None, text)


def adopt(name, text):
    """Take "tariff" or "contract" of the user, bytes of JSON. Raises DataError; then the old one stays; and OSError."""
    _make(name == "tariff" and "own" or None, text)
    write(name + ".json", text)


def _read(path):
    try:
        with open(path, "rb") as f:
            return f.read(_LARGEST)
    except OSError:
        return b"{}" if path[0] == "c" else b""


def _kept(path, key, word, text):
    try:
        with open(path, "rb") as f:
            known, form = json.loads(f.read().decode())
        if known == key:
            return form
    except (OSError, ValueError):
        pass
    form = _make(word, text)
    write(path, json.dumps([key, form]).encode())
    return form


def _make(word, text):
    """The form of what is read, or of the preset `word`; of a contract with None. Raises DataError."""
    try:
        from energy import checking

        if text is None:
            from energy import presets

            return checking.tariff(presets.preset(word))
        name = "tariff" if word else "contract"
        if not text:
            raise checking.DataError("tariff.json is missing: give the tariff on the page, or choose another")
        try:
            data = json.loads(text.decode()) if len(text) < _LARGEST else None
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise checking.DataError("a %s must be one JSON object of less than %d bytes" % (name, _LARGEST))
        if word:
            return checking.tariff(data)
        return [checking.currency(data), checking.contract(data.get("import", {})), checking.contract(data.get("export", {}))]
    finally:
        checking = presets = None
        let_go("energy.checking", "energy.presets", "energy.errors")
