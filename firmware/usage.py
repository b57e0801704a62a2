"""How the hour stands, in words for the console and as T/usage. Entered once a minute, and when an hour is over."""

from energy import zone
from han.reading import decimal
from micropython import const

from firmware.clock import iso

_HOUR = const(3600)
_WORDS = const(("measured", "split", "estimated", "missing"))
_PERIODS = const(("today", "yesterday", "month", "last_month"))


def tell(keeper):
    """Say how the running hour stands."""
    ledger = keeper.ledger
    if not ledger.time:
        return
    text = "this hour %s kWh, %s kWh expected" % (_kwh(ledger.so_far(0)), _kwh(ledger.expected(0)))
    if ledger.so_far(1):
        text += "; fed in %s kWh" % _kwh(ledger.so_far(1))
    keeper.log.line("energy", text)
    keeper.uplink.put((keeper.uplink.topic + "/usage").encode(), message(keeper), True)


def closed(keeper, records):
    """Say what hours are over; of many the last."""
    hours = [record for record in records if record[0] == _HOUR]
    for record in hours[-2:]:
        begin = zone.local(keeper.standard, record[1] * _HOUR) % 86400 // _HOUR
        text = "%02d:00-%02d:00: %s kWh" % (begin, (begin + 1) % 24, _kwh(record[3]))
        if record[4]:
            text += ", fed in %s kWh" % _kwh(record[4])
        keeper.log.line("energy", "%s, %s" % (text, _WORDS[record[2]]))


def message(keeper):
    """T/usage: bytes of JSON."""
    ledger = keeper.ledger
    text = '{"hour_import_kwh":%s,"hour_export_kwh":%s,"hour_expected_kwh":%s' % (
        _kwh(ledger.so_far(0)), _kwh(ledger.so_far(1)), _kwh(ledger.expected(0)))
    if keeper.span != _HOUR:
        text += ',"quarter_import_kwh":%s,"quarter_export_kwh":%s,"quarter_expected_kwh":%s' % (
            _kwh(ledger.so_far(0, 900)), _kwh(ledger.so_far(1, 900)), _kwh(ledger.expected(0, 900)))
    last = ledger.last
    if last[0]:
        text += ',"last_hour_import_kwh":%s,"last_hour_export_kwh":%s,"last_hour_quality":"%s"' % (
            _kwh(last[2]), _kwh(last[3]), _WORDS[last[1]])
    for period, name in enumerate(_PERIODS):
        drawn, fed = ledger.since(period, 0), ledger.since(period, 1)
        # Before the first midnight there is no yesterday.
        if drawn or fed or not period & 1:
            text += ',"%s_import_kwh":%s,"%s_export_kwh":%s' % (name, _kwh(drawn), name, _kwh(fed))
    return (text + ',"time":"%s"}' % iso(ledger.time)).encode()


def _kwh(energy):
    return decimal(energy, 3, 3)
