"""What people see of MQTT messages on a terminal."""

import json

_WIDTH = 34


def _joined(values, start, unit):
    found = [str(value) for key, value in values.items() if key.startswith(start) and "_l" in key]
    return f"{' '.join(found)} {unit}" if found else ""


def summary(values):
    """Return one line for the reading `values` (a dict as in the JSON messages, together)."""
    parts = [
        f"import {values['power_import_w']} W" if "power_import_w" in values else "",
        f"export {values['power_export_w']} W" if values.get("power_export_w") else "",
        _joined(values, "voltage_", "V"),
        _joined(values, "current_", "A"),
        f"register {values['energy_import_kwh']} kWh" if "energy_import_kwh" in values else "",
    ]
    return "   ".join(part for part in parts if part) or f"list {values.get('list')}, {len(values)} values"


def pairs(values):
    """Return one line that names every value: what is no reading."""
    return ", ".join(f"{key} {value}" for key, value in values.items())


def message(payload):
    """Return the dict of a JSON message with its numbers as the message writes them; ValueError when it is not one JSON object."""
    values = json.loads(payload, parse_float=str, parse_int=str)
    if not isinstance(values, dict):
        raise ValueError("a message must be a JSON object")
    return values


def table(values):
    """Return lines, one a value."""
    return [f"  {key:{_WIDTH}}{value}" for key, value in values.items()]
