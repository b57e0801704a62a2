"""The settings out of an amsreader's configuration file: a key, a blank and its value a line. Pure; entered for one file.

Its prices, peaks and plots have no place here, and its pins are another board's: those keys are only named.
"""

_SAME = {
    "hostname": "hostname", "ssid": "wifi_ssid", "psk": "wifi_password", "mqttHost": "mqtt_host", "mqttPort": "mqtt_port",
    "mqttUsername": "mqtt_user", "mqttPassword": "mqtt_password", "mqttPublishTopic": "ams_topic",
    "homeAssistantDiscoveryPrefix": "ha_prefix", "homeAssistantDiscoveryHostname": "ams_name", "ntpServer": "ntp_host",
    "meterMainFuse": "fuse_a", "meterEncryptionKey": "meter_key", "meterAuthenticationKey": "meter_auth_key",
}
_NUMBERS = ("mqtt_port", "fuse_a")
_LAYOUTS = {"0": "ams-json", "4": "ams-ha"}
_LINES = {"2400 8E1": "mbus-8e1", "2400 8N1": "mbus-8n1"}
_FORM = ("mqttPayloadFormat", "meterBaud", "meterParity")
# So many keys without use are named; no line that means anything is longer.
_MOST = 80
_LONGEST = 160


def read(text):
    """({key of ours: value}, [its keys that have none here]); ({}, []) where this is no such file."""
    found = {}
    ignored = set()
    form = {}
    known = False
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        if end < 0:
            end = len(text)
        # Not stripped: a Wi-Fi's name may end in a blank.
        key, blank, value = text[at:min(end, at + _LONGEST)].rstrip("\r").partition(" ")
        at = end + 1
        if not (blank and key.isalpha() or key in ("use11b", "dns1", "dns2")):
            continue
        if value:
            known = known or key in ("mqttHost", "ssid", "hostname")
        elif key in _SAME:
            continue  # what it does not know is left as it is here
        ours = _SAME.get(key)
        if ours in _NUMBERS:
            if value.isdigit():
                value = int(value)
            else:
                ours = None
        if ours:
            found[ours] = value
        elif key in _FORM:
            form[key] = value
        elif len(ignored) < _MOST:
            ignored.add(key)
    if not known:
        return {}, []
    layout = _LAYOUTS.get(form.get("mqttPayloadFormat"))
    if layout:
        found["mqtt_layout"] = layout
        if layout == "ams-ha" and not found.get("ams_name"):
            found["ams_name"] = found.get("hostname", "")
    elif "mqttPayloadFormat" in form:
        ignored.add("mqttPayloadFormat")
    # But for what belongs to a network or a broker that comes with it.
    for key, others in (("wifi_ssid", ("wifi_password",)), ("mqtt_host", ("mqtt_user", "mqtt_password"))):
        if key in found:
            for other in others:
                found.setdefault(other, "")
    line = _LINES.get("%s %s" % (form.get("meterBaud"), form.get("meterParity")))
    if line:
        found["meter_line"] = line
    return found, sorted(ignored)
