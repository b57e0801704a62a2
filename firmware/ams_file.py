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


def read(text):
    """({key of ours: value}, [its keys that have none here]); ({}, []) where this is no such file."""
    found = {}
    ignored = []
    seen = {}
    for line in text.split("\n"):
        # Not stripped: a Wi-Fi's name may end in a blank.
        key, blank, value = line.rstrip("\r").partition(" ")
        if blank and key.isalpha() or key in ("use11b", "dns1", "dns2"):
            seen[key] = value
    if not ("mqttHost" in seen or "ssid" in seen or "hostname" in seen):
        return {}, []
    for key, value in seen.items():
        ours = _SAME.get(key)
        if ours in _NUMBERS:
            if not value.isdigit():
                ours = None
            else:
                value = int(value)
        if ours:
            found[ours] = value
        elif key not in ("mqttPayloadFormat", "meterBaud", "meterParity"):
            ignored.append(key)
    layout = _LAYOUTS.get(seen.get("mqttPayloadFormat"))
    if layout:
        found["mqtt_layout"] = layout
        if layout == "ams-ha" and not found.get("ams_name"):
            found["ams_name"] = seen.get("hostname", "")
    elif "mqttPayloadFormat" in seen:
        ignored.append("mqttPayloadFormat")
    line = _LINES.get("%s %s" % (seen.get("meterBaud"), seen.get("meterParity")))
    if line:
        found["meter_line"] = line
    return found, sorted(ignored)
