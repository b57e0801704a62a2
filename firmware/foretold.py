"""What Home Assistant is told of the ledger: the running hour, the guard, the month's peaks, prices and costs; as discovery.py does of
the meter, and after that. The last of the announcer's `about` has a letter for each that there is: u, g, f (the main fuse), o (the
output), p, c.
"""

import json

from micropython import const

from firmware import VERSION

# T/usage comes every minute.
_USAGE_S = const(195)

# A letter, the topic of the values, a word for that of the message.
_MESSAGES = const((("u", "usage", "hour"), ("u", "usage", "day"), ("u", "usage", "month"), ("g", "guard", "guard"), ("p", "peaks", "peaks"),
                   ("c", "cost", "price"), ("c", "cost", "cost"), ("c", "cost", "cheapest")))
# Of each of the first three: a period that runs and one that is over, and what people call them.
_PERIODS = {"hour": (("hour", "this hour"), ("last_hour", "last hour")), "day": (("today", "today"), ("yesterday", "yesterday")),
                  "month": (("month", "this month"), ("last_month", "last month"))}
_HEAD = const('{"dev":{"ids":["%s"],"name":%s,"mf":"Hamn","mdl":%s,"sw":"%s"},"o":{"name":"Hamn","sw":"%s"},"avty_t":%s,"stat_t":%s,"cmps":{')
_TEMPLATE = const('"%s":{"p":"%s","name":"%s","uniq_id":"%s_%s","val_tpl":"{{ %s }}"%s}')
_ENERGY = const('"dev_cla":"energy","unit_of_meas":"kWh","sug_dsp_prc":2')
_POWER = const('"dev_cla":"power","stat_cla":"measurement","unit_of_meas":"W","sug_dsp_prc":0')
_MONEY = const('"dev_cla":"monetary","unit_of_meas":"%s","sug_dsp_prc":2')
_LEVELS = const('"dev_cla":"enum","ops":["clear","warning","alarm"]')
_QUALITIES = const('"dev_cla":"enum","ops":["measured","split","estimated","missing"]')
_ALARM = const("'ON' if value_json.%s == 'alarm' else 'OFF' if value_json.%s else None")


async def tell(announcer, before, client, beat):
    """Publish it; take back what is not there any longer, once a session, and all of it under the prefix `before` where that is another
    one. Raises MqttError."""
    prefix, identity = announcer.about[:2]
    if before and before != prefix:
        for topic in topics(before, identity):
            await client.publish(topic, b"", True, 1)
            beat()
    if prefix and len(announcer.about) > 6:
        for topic, payload in messages(announcer.about, announcer.vendor):
            if payload or not announcer.greeted:
                await client.publish(topic, payload, True, 1)
                beat()


def topics(prefix, identity):
    """All topics on which anything may have been told, bytes."""
    for _, _, word in _MESSAGES:
        yield ("%s/device/%s/ledger_%s/config" % (prefix, identity, word)).encode()


def messages(about, vendor):
    """(topic, payload) pairs, bytes, to be published retained; empty where there is nothing of the kind."""
    topic = about[2]
    head = about[1], json.dumps(about[3]), json.dumps((vendor + " electricity meter").strip()), VERSION, VERSION, json.dumps(topic + "/status")
    places = topics(about[0], about[1])
    for letter, group, word in _MESSAGES:
        parts = []
        if letter in about[6]:
            for key, kind, name, value, rest in _components(letter, word, about):
                parts.append(_TEMPLATE % (key, kind, name, about[1], key, value, "," + rest if rest else ""))
        yield next(places), (_HEAD % (head + (json.dumps("%s/%s" % (topic, group)),)) + ",".join(parts) + "}}").encode() if parts else b""


def _components(letter, word, about):
    """(key, platform, name, template, more) of each component of a message."""
    if letter == "u":
        expires = ',"exp_aft":%d' % _USAGE_S
        total = ',"stat_cla":"total_increasing"'
        for period, name in _PERIODS[word]:
            for way in ("import", "export"):
                key = "%s_%s" % (period, way)
                yield key, "sensor", "Energy %s %s" % (way, name), "value_json.%s_kwh | is_defined" % key, _ENERGY + total + expires
            total = ""
        if word == "hour":
            yield "hour_expected", "sensor", "Energy expected this hour", "value_json.hour_expected_kwh", _ENERGY + expires
        if word == "day":
            # Where there is room for it.
            yield "last_hour_quality", "sensor", "Quality of last hour", "value_json.last_hour_quality | is_defined", _QUALITIES + expires
    elif word == "guard":
        for letter, key, name in (("g", "interval", "Power limit"), ("f", "fuse", "Main fuse")):
            if letter in about[6]:
                yield key + "_alarm", "binary_sensor", name + " alarm", _ALARM % (key, key), '"dev_cla":"problem"'
                yield key + "_level", "sensor", name + " level", "value_json." + key, _LEVELS
        if "o" in about[6]:
            yield "output", "binary_sensor", "Guard output", "value_json.output", '"pl_on":"on","pl_off":"off"'
    elif word == "peaks":
        yield "month_peak", "sensor", "Peak power this month", "value_json.power_w", _POWER + ',"json_attr_t":"%s/peaks"' % about[2]
        for key, name in (("next_step_w", "Next tariff step"), ("limit_w", "Power limit")):
            yield key[:-2], "sensor", name, "value_json.%s | default(none)" % key, _POWER
        money = _currency("capacity")
        if money:
            yield "capacity_fee", "sensor", "Capacity fee this month", "value_json.fee", _MONEY % money
    elif word == "price":
        money = _currency("prices")
        if money:
            for way in ("", "_export"):
                yield "price" + way, "sensor", "Price" + way.replace("_", " "), "value_json.price%s | default(none)" % way, \
                    '"stat_cla":"measurement","unit_of_meas":"%s/kWh"' % money
    elif word == "cost":
        money = _currency("prices")
        if money:
            for period, name in (("hour", "last hour"), ("today", "today"), ("month", "this month")):
                for way in ("cost", "income"):
                    key = "%s_%s" % (period, way)
                    yield key, "sensor", "%s %s" % ("Cost" if way == "cost" else "Income", name), "value_json." + key, _MONEY % money
    else:
        for hours in (1, 3, 6):
            yield "cheapest_%dh" % hours, "sensor", "Cheapest %d h" % hours, "value_json.cheapest_%dh | default(none)" % hours, '"dev_cla":"timestamp"'


def _currency(room):
    """What standing.py has told last of it; "" before that."""
    try:
        with open("ledger/%s.json" % room) as f:
            return json.load(f)["currency"]
    except (OSError, ValueError, KeyError):
        return ""
