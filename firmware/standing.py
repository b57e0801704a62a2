"""How the month's peaks and the costs stand: T/peaks and T/cost, and the same in files, `ledger/capacity.json` and `ledger/prices.json`;
and T/guard. A rare room: errands.py and guarding.py enter it.
"""

import json
import time

from han.reading import decimal
from micropython import const

from firmware.clock import iso
from firmware.draft import write

_QUALITIES = const(("measured", "split", "estimated", "missing"))
_LEVELS = const(("clear", "warning", "alarm"))
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
    keeper.uplink.put((keeper.uplink.topic + ("/cost" if n else "/peaks")).encode(), data, True)
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


def guard(keeper, found):
    """Say how the guard stands: T/guard, and lines on the console. found: a firmware.guarding.Guard.

    "interval" and "fuse" are clear, warning or alarm, null where it is not known.
    """
    ledger = keeper.ledger
    interval, fuse = found.levels
    limit = found.limit(keeper)
    text = '{"interval":%s,"fuse":%s' % tuple(["null" if level is None else '"%s"' % _LEVELS[level] for level in found.levels])
    if limit is not None:
        text += ',"limit_w":%d' % limit
    if interval is not None and limit is not None:
        span = keeper.span
        expected = max(ledger.so_far(keeper.channel, span), ledger.expected(keeper.channel, span)) * 3600 // span
        text += ',"expected_w":%d' % expected
        keeper.log.line("guard", "%s: %d W expected of the interval, %d W allowed" % (_LEVELS[interval], expected, limit))
    if fuse is not None:
        keeper.log.line("guard", "%s: main fuse" % _LEVELS[fuse])
    if found.pin:
        text += ',"output":"%s"' % ("on" if found.active else "off")
    when = keeper.clock.iso_utc()
    if when:
        text += ',"time":"%s"' % when
    keeper.uplink.put((keeper.uplink.topic + "/guard").encode(), (text + "}").encode(), True)
