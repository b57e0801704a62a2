"""How the month's peaks and the costs stand: T/peaks and T/cost, and the same in files, `ledger/capacity.json` and `ledger/prices.json`.
A rare room: errands.py enters it.
"""

import json
import time

from han.reading import decimal
from micropython import const

from firmware.errands import iso, publish, write

_QUALITIES = const(("measured", "split", "estimated", "missing"))
_PERIODS = const(("hour", "today", "month", "yesterday", "last_month"))


def tell(keeper, n, found):
    """Tell what capacity.py (n 0) or prices.py (1) has found, where it is new. Raises OSError."""
    data = ((_cost if n else _peaks)(keeper, found) + "}").encode()
    path = "ledger/%s.json" % ("prices" if n else "capacity")
    try:
        with open(path, "rb") as f:
            last = f.read()
        if last == data:
            return
    except OSError:
        last = b""
    if last[:17] != data[:17] and keeper.uplink.announcer:
        # Another currency: Home Assistant has to be told.
        keeper.uplink.announcer.at = time.ticks_ms()
    publish(keeper, n, data)
    write(path, data)


def _peaks(keeper, found):
    currency, name, year, month, span, value, fee, step, step_fee, last_value, last_fee, corrections, rows = found
    text = '{"currency":%s,"tariff":%s,"month":"%04d-%02d","span_s":%d,"power_w":%d,"fee":%s' % (
        json.dumps(currency), json.dumps(name), year, month, span, value, _money(fee))
    if step is not None:
        text += ',"next_step_w":%d,"next_fee":%s' % (step, _money(step_fee))
    if keeper.limit is not None:
        text += ',"limit_w":%d' % keeper.limit
    if last_value is not None:
        text += ',"last_month_power_w":%d,"last_month_fee":%s' % (last_value, _money(last_fee))
    peaks = ['{"start":"%s","power_w":%d,"counted_w":%d,"quality":"%s","state":"%s"}' % (
        iso(utc), watts, counted, _QUALITIES[quality], state) for utc, watts, counted, quality, state in rows]
    return text + ',"corrections":%d,"peaks":[%s]' % (corrections, ",".join(peaks))


def _cost(keeper, found):
    currency, prices, sums, unpriced, until, cheapest = found
    text = '{"currency":%s' % json.dumps(currency)
    for price, name in zip(prices, ("price", "price_export")):
        if price is not None:
            text += ',"%s":%s' % (name, decimal(price, 5, 5))
    for (cost, income), name in zip(sums, _PERIODS):
        text += ',"%s_cost":%s,"%s_income":%s' % (name, _money(cost), name, _money(income))
    text += ',"unpriced_kwh":%s' % decimal(unpriced, 3, 3)
    if until:
        text += ',"known_until":"%s"' % iso(until)
    for hours, utc in cheapest:
        text += ',"cheapest_%dh":"%s"' % (hours, iso(utc))
    return text


def _money(value):
    """Crowns with two decimals, of 1/1000 öre."""
    return decimal((value + 500) // 1000, 2, 2)
