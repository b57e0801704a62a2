"""What chargers, batteries and Home Assistant ask of a HomeWizard P1 meter: its local API, version 1. Entered for one request.

Off unless the user switches it on: it claims another's product name, which is what its readers look for.
"""

import json

import machine

from firmware import VERSION

# Its key and ours, in pairs.
_SAME = ("total_power_import_kwh energy_import_kwh total_power_import_t1_kwh energy_import_t1_kwh "
         "total_power_import_t2_kwh energy_import_t2_kwh total_power_import_t3_kwh energy_import_t3_kwh "
         "total_power_import_t4_kwh energy_import_t4_kwh total_power_export_kwh energy_export_kwh "
         "total_power_export_t1_kwh energy_export_t1_kwh total_power_export_t2_kwh energy_export_t2_kwh "
         "total_power_export_t3_kwh energy_export_t3_kwh total_power_export_t4_kwh energy_export_t4_kwh "
         "active_voltage_l1_v voltage_l1_v active_voltage_l2_v voltage_l2_v active_voltage_l3_v voltage_l3_v "
         "active_current_l1_a current_l1_a active_current_l2_a current_l2_a active_current_l3_a current_l3_a "
         "active_frequency_hz frequency_hz").split()


async def answer(door, request, word, asked):
    serial = machine.unique_id().hex()
    if request.path == "/api":
        return 200, "", json.dumps({"product_type": "HWE-P1", "product_name": "Hamn", "serial": serial, "firmware_version": VERSION,
                                    "api_version": "v1"}), ""
    return 200, "", data(door.live.latest, door.settings["wifi_ssid"], _percent(door.link.strength())), ""


def _percent(dbm):
    """The strength of the Wi-Fi as HomeWizard counts: -100 dBm is nothing, -50 dBm everything. None with a cable."""
    return None if dbm is None else min(100, max(0, 2 * (dbm + 100)))


def data(latest, ssid, strength):
    """The JSON of /api/v1/data. What the meter did not send is left out."""
    parts = ['"wifi_ssid":%s' % json.dumps(ssid)]
    if strength is not None:
        parts.append('"wifi_strength":%d' % strength)
    if latest is None:
        return "{" + ",".join(parts) + "}"
    if latest.protocol == "p1":
        parts.append('"smr_version":50')
    parts.append('"meter_model":%s' % json.dumps((latest.vendor + " " + latest.get("meter_type", "")).strip()))
    have = dict(latest.customary())
    for at in range(0, len(_SAME), 2):
        if _SAME[at + 1] in have:
            parts.append('"%s":%s' % (_SAME[at], have[_SAME[at + 1]]))
    for phase in ("", "_l1", "_l2", "_l3"):
        drawn = latest.get("power_import%s_w" % phase)
        if drawn is not None:
            parts.append('"active_power%s_w":%d' % (phase, drawn - latest.get("power_export%s_w" % phase, 0)))
    return "{" + ",".join(parts) + ',"external":[]}'
