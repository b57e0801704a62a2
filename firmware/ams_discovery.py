"""What an amsreader tells Home Assistant of one of its values. Entered for each message: ams.py says when.

The identifiers are the amsreader's, made of its host name, so that its entities live on with what they have recorded. How long a
value lasts differs: three times the interval of a Norwegian list at least, so that one lost telegram makes nothing flicker.
"""

import json

from firmware import VERSION

# By the key without its phase: name, topic, device class, state class, unit, seconds.
_ROWS = {
    "P": ("Power import", "power", "power", "measurement", "W", 75),
    "PO": ("Power export", "power", "power", "measurement", "W", 75),
    "Q": ("Reactive power import", "power", "reactive_power", "measurement", "var", 75),
    "QO": ("Reactive power export", "power", "reactive_power", "measurement", "var", 75),
    "I": ("Current", "power", "current", "measurement", "A", 75),
    "U": ("Voltage", "power", "voltage", "measurement", "V", 75),
    "PF": ("Power factor", "power", "power_factor", "measurement", "%", 75),
    "t": ("Time of the reading", "power", "timestamp", "", "", 75),
    "tPI": ("Energy import", "energy", "energy", "total_increasing", "kWh", 19200),
    "tPO": ("Energy export", "energy", "energy", "total_increasing", "kWh", 19200),
    "tQI": ("Reactive energy import", "energy", "", "total_increasing", "kvarh", 19200),
    "tQO": ("Reactive energy export", "energy", "", "total_increasing", "kvarh", 19200),
    "rtc": ("Time of the registers", "energy", "timestamp", "", "", 19200),
    "rssi": ("Wi-Fi signal", "state", "signal_strength", "measurement", "dBm", 195),
    "up": ("Uptime", "state", "duration", "measurement", "s", 195),
}


def message(prefix, host, topic, key):
    """(topic, payload, True), bytes, that describe the value `key` of the amsreader's layout under `topic`."""
    phase = key[-1] if key[-1] in "123" else ""
    name, place, kind, state, unit, seconds = _ROWS[key[:-1] if phase else key]
    if phase:
        name += " L" + phase
        if place == "energy":
            place = "power"  # the registers of a phase go with its power
    uid = "%s_%s" % (host, key)
    text = '{"name":"%s","stat_t":%s,"uniq_id":"%s","default_entity_id":"sensor.%s",' \
        '"val_tpl":"{{ value_json.%s | is_defined }}","expire_after":%d,' \
        '"dev":{"ids":["%s"],"name":"AMS reader","mdl":"Hamn","sw":"%s","mf":"Hamn"}' % (
            name, json.dumps("%s/%s" % (topic, place)), uid, uid, key, seconds, host, VERSION)
    for option, value in (("dev_cla", kind), ("stat_cla", state), ("unit_of_meas", unit)):
        if value:
            text += ',"%s":"%s"' % (option, value)
    return ("%s/sensor/%s/config" % (prefix, uid)).encode(), (text + "}").encode(), True
