"""OBIS codes C.D.E of the quantities that Nordic meters send, with their vocabulary names and units.

A vendor's layout names codes and scalers; from these rows follows what goes on the wire and what a reader must make of it.
"""

from collections import namedtuple

W, VAR, WH, VARH, A, V = 27, 29, 30, 32, 33, 35  # unit enumeration of the Blue Book, table 4
MILLI = {A: 3, V: 3}                             # the vocabulary counts these in thousandths

LIST_ID, METER_ID, METER_TYPE, CLOCK = "0.2.129", "96.1.0", "96.1.7", "1.0.0"
POWERS = ("1.7.0", "2.7.0", "3.7.0", "4.7.0")
ENERGIES = ("1.8.0", "2.8.0", "3.8.0", "4.8.0")
CURRENTS = ("31.7.0", "51.7.0", "71.7.0")
VOLTAGES = ("32.7.0", "52.7.0", "72.7.0")

QUANTITIES = {
    "1.7.0": ("power_import_w", W), "2.7.0": ("power_export_w", W),
    "3.7.0": ("reactive_power_import_var", VAR), "4.7.0": ("reactive_power_export_var", VAR),
    "1.8.0": ("energy_import_wh", WH), "2.8.0": ("energy_export_wh", WH),
    "3.8.0": ("reactive_energy_import_varh", VARH), "4.8.0": ("reactive_energy_export_varh", VARH),
}
for _phase, _base in ((1, 20), (2, 40), (3, 60)):
    QUANTITIES[f"{_base + 1}.7.0"] = (f"power_import_l{_phase}_w", W)
    QUANTITIES[f"{_base + 2}.7.0"] = (f"power_export_l{_phase}_w", W)
    QUANTITIES[f"{_base + 3}.7.0"] = (f"reactive_power_import_l{_phase}_var", VAR)
    QUANTITIES[f"{_base + 4}.7.0"] = (f"reactive_power_export_l{_phase}_var", VAR)
    QUANTITIES[f"{_base + 11}.7.0"] = (f"current_l{_phase}_ma", A)
    QUANTITIES[f"{_base + 12}.7.0"] = (f"voltage_l{_phase}_mv", V)

# One quantity as sent: `raw` counts in 10**scaler of the unit; `truth` is the same in the unit of the vocabulary name.
Sent = namedtuple("Sent", "code name unit raw scaler truth")


def send(code, value, scaler, signed=True):
    """A Sent from a value in the vocabulary's unit, cut to what the scaler can show. `signed` False drops the sign, as some meters do."""
    name, unit = QUANTITIES[code]
    step = 10 ** (scaler + MILLI.get(unit, 0))
    raw = abs(value) // step
    if value < 0 and signed:
        raw = -raw
    return Sent(code, name, unit, raw, scaler, raw * step)


def send_all(codes, values, scalers, signed=True):
    """A list of Sent for `codes`; `scalers` by unit, 0 where absent."""
    sent = []
    for code in codes:
        name, unit = QUANTITIES[code]
        sent.append(send(code, values[name], scalers.get(unit, 0), signed))
    return sent


def truth(sent):
    """What a reader must make of the quantities: vocabulary name to integer."""
    return {row.name: row.truth for row in sent}
