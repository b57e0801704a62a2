"""What the user says of money: a capacity tariff of one's own, the contract for energy. Entered for one request."""

import json

from firmware import HttpError, let_go


async def answer(door, request, word, asked):
    dues = door.keeper.dues
    if request.method == "PUT":
        _adopt(dues, word, asked)
        # Without a contract at the start nobody counts costs; a tariff counts where the settings, which take one, say so.
        late = word == "contract" and not (dues and dues.priced)
        return 200, "", '{"restart":%s}' % ("true" if late else "false"), ""
    return 200, "", _own(word), ""


def _kept(path):
    """A JSON object of the user's in flash, as JSON; null where there is none."""
    try:
        with open(path) as f:
            return json.dumps(json.load(f))
    except (OSError, ValueError):
        return "null"


def _own(word):
    """Pieces of JSON: the user's own tariff with the ones to choose from, or the contract."""
    if word == "contract":
        yield '{"contract":' + _kept("contract.json") + "}"
        return
    yield '{"tariff":' + _kept("tariff.json") + ',"presets":{'
    from energy import presets

    between = ""
    for name in presets.names():
        yield '%s"%s":%s' % (between, name, json.dumps(presets.preset(name)))
        between = ","
    del presets
    let_go("energy.presets")
    yield "}}"


def _adopt(dues, word, asked):
    """Take the user's own tariff, or the contract, when it is right."""
    data = asked.get(word)
    if not isinstance(data, dict):
        raise HttpError(422, {"problems": {word: "%s must be a JSON object" % word}})
    asked.clear()
    text = json.dumps(data).encode()
    data = None
    at = text.find(b"\xed")
    while at >= 0:
        # MicroPython lets pass what JSON's \u makes and no UTF-8 has.
        if text[at + 1] > 0x9F:
            raise HttpError(422, {"problems": {word: "%s has half of a character" % word}})
        at = text.find(b"\xed", at + 1)
    try:
        from firmware import terms

        terms.adopt(word, text)
        if dues:
            dues.renew()
    except ValueError as error:
        raise HttpError(422, {"problems": {word: str(error)}})
    except OSError:
        raise HttpError(500, "the flash did not take it")
    finally:
        terms = None
        let_go("terms", "draft", "energy.crc")
