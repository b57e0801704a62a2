"""The capacity tariff and its peaks, the contract, prices and costs: what dues.py and its rooms have found, and what the user says
to them. Entered for one request."""

import asyncio
import json

from energy import zone
from micropython import const

from firmware import HttpError, let_go

# What a room has told last, see dues.py.
_REPORT = const("ledger/%s.json")
# So long a correction may take until it is in the peaks.
_PATIENCE = const(60)
_ACTIONS = const(("confirm", "drop", "put", "undo"))


async def answer(door, request, word, asked):
    dues = door.keeper.dues
    if word == "peaks/":
        return 200, "", await _correct(door.keeper, dues, request.name, asked), ""
    if request.method == "PUT":
        if word == "prices":
            _price(dues, asked)
        else:
            _adopt(dues, word, asked)
        return 200, "", '{"restart":false}', ""
    if word == "peaks":
        return 200, "", _peaks(dues), ""
    if word == "cost":
        return 200, "", _report(dues and dues.priced, "prices", '{"currency":null}'), ""
    return 200, "", _own(word), ""


def _report(counted, room, nothing):
    """What a room has told last; `nothing` where it counts nothing, or not yet."""
    if counted:
        try:
            with open(_REPORT % room) as f:
                return f.read(2048)
        except OSError:
            pass
    return nothing


def _peaks(dues):
    return _report(dues and dues.tariff != "none", "capacity", '{"tariff":null}')


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
    name = "capacity" if word == "tariff" else "prices"
    try:
        room = getattr(__import__("firmware." + name), name)
        room.adopt(dues, text)
    except ValueError as error:
        raise HttpError(422, {"problems": {word: str(error)}})
    except OSError:
        raise HttpError(500, "the flash did not take it")
    finally:
        room = None
        _leave()


def _price(dues, asked):
    """Take spot prices, in the form of energy.spot. A chip's floats are no prices: decimals come as texts."""
    if not dues or not dues.priced:
        raise HttpError(409, "prices are not counted: set that first")
    rows = asked.get("prices")
    if not isinstance(rows, list) or [1 for price in rows if not isinstance(price, (str, int)) or isinstance(price, bool)]:
        raise HttpError(422, {"problems": {"prices": "prices must be a list of texts such as \"0.7123\", or of whole numbers"}})
    from energy.spot import Offer

    try:
        offer = Offer()
        offer.feed(json.dumps(asked).encode())
        asked.clear()
        offer.runs()
        dues.offer = offer
        dues.due[1] = True
    except ValueError as error:
        raise HttpError(422, {"problems": {"prices": str(error)}})
    finally:
        del Offer
        _leave()


async def _correct(keeper, dues, action, asked):
    """Have a peak corrected; the peaks as they are then."""
    if action not in _ACTIONS:
        raise HttpError(404, "there is nothing here")
    if not dues or dues.tariff == "none":
        raise HttpError(409, "no tariff is chosen")
    start = asked.get("start", "")
    watts = asked.get("power_w", 0)
    index = 0
    problems = {}
    if action != "undo":
        utc = zone.read_clock(start[:19]) if isinstance(start, str) and start[19:] == "Z" else -1
        if utc < 0 or utc % keeper.span:
            problems["start"] = "start must be the beginning of an interval such as 2026-01-31T10:00:00Z"
        index = utc // keeper.span
        if action == "put" and (not isinstance(watts, int) or isinstance(watts, bool) or not 0 <= watts <= 1000000):
            problems["power_w"] = "power_w must be a whole number from 0 to 1000000"
    if problems:
        raise HttpError(422, {"problems": problems})
    if not dues.correct(action, index, watts if action == "put" else 0):
        raise HttpError(503, "there are corrections under way", "Retry-After: 5\r\n")
    for _ in range(_PATIENCE):
        await asyncio.sleep_ms(100)
        if not dues.wishes and not dues.busy:
            break
    return _peaks(dues)


def _leave():
    let_go("capacity", "prices", "energy.tariff", "energy.spot", "energy.price", "energy.cost", "energy.windows", "energy.holidays", "energy.peaks",
           "energy.presets", "energy.snapshot", "energy.crc")
