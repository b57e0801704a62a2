"""Spot prices from whoever has them. Entered for one request."""

import json

from firmware import HttpError, let_go


async def answer(door, request, word, asked):
    """Take prices, in the form of energy.spot. A chip's floats are no prices: decimals come as texts."""
    dues = door.keeper.dues
    rows = asked.get("prices")
    if not isinstance(rows, list) or [1 for price in rows if not isinstance(price, (str, int)) or isinstance(price, bool)]:
        raise HttpError(422, {"problems": {"prices": "prices must be a list of texts such as \"0.7123\", or of whole numbers"}})
    if not dues or not dues.priced:
        raise HttpError(404, "prices are not counted: set that first")
    if dues.busy:
        raise HttpError(503, "something is being counted", "Retry-After: 2\r\n")
    from energy.spot import Offer

    try:
        offer = Offer()
        offer.feed(json.dumps(asked).encode())
        asked.clear()
        dues.offer = offer.currency, offer.runs()
        dues.due[1] = True
        dues.again = 0
    except ValueError as error:
        raise HttpError(422, {"problems": {"prices": str(error)}})
    finally:
        del Offer
        let_go("energy.spot", "energy.errors")
    return 200, "", '{"restart":false}', ""
