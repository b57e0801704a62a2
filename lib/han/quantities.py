"""The words of a reading: which OBIS code is which quantity, and in which unit.

A quantity is a small number, its index in NAMES. Tables are bytes, indexed by that number or by the C group of the
code (IEC 62056-6-1: C 21 to 33 is phase L1, 41 to 53 L2, 61 to 73 L3; D 7 is instantaneous, D 8 a register).
"""

from ._const import const

NAMES = (
    "power_import_w", "power_export_w", "reactive_power_import_var", "reactive_power_export_var",
    "power_import_l1_w", "power_export_l1_w", "reactive_power_import_l1_var", "reactive_power_export_l1_var",
    "power_import_l2_w", "power_export_l2_w", "reactive_power_import_l2_var", "reactive_power_export_l2_var",
    "power_import_l3_w", "power_export_l3_w", "reactive_power_import_l3_var", "reactive_power_export_l3_var",
    "voltage_l1_mv", "voltage_l2_mv", "voltage_l3_mv",
    "current_l1_ma", "current_l2_ma", "current_l3_ma",
    "energy_import_wh", "energy_export_wh", "reactive_energy_import_varh", "reactive_energy_export_varh",
    "energy_import_l1_wh", "energy_export_l1_wh", "energy_import_l2_wh", "energy_export_l2_wh",
    "energy_import_l3_wh", "energy_export_l3_wh",
    "energy_import_t1_wh", "energy_import_t2_wh", "energy_import_t3_wh", "energy_import_t4_wh",
    "energy_export_t1_wh", "energy_export_t2_wh", "energy_export_t3_wh", "energy_export_t4_wh",
    "power_factor_milli", "power_factor_l1_milli", "power_factor_l2_milli", "power_factor_l3_milli",
    "frequency_mhz",
    "meter_time", "meter_id", "meter_type", "list_version",
)

NONE = const(255)
_CURRENT = const(19)
_VOLTAGE = const(16)
_ENERGY = const(22)
_ENERGY_PHASE = const(26)
_ENERGY_TARIFF = const(32)
_POWER_FACTOR = const(40)
_FREQUENCY = const(44)
METER_TIME = const(45)
METER_ID = const(46)
METER_TYPE = const(47)
LIST_VERSION = const(48)

# Units by number as DLMS does, Blue Book table "unit enumeration".
W, VAR, WH, VARH, A, V, HZ, NO_UNIT = 27, 29, 30, 32, 33, 35, 44, 255
UNIT_NAMES = {W: "W", VAR: "var", WH: "Wh", VARH: "varh", A: "A", V: "V", HZ: "Hz",
              28: "VA", 31: "VAh", 9: "°C", 13: "m3", 14: "m3", 7: "s"}

# The unit of each quantity; text has none.
UNITS = bytes((
    W, W, VAR, VAR,
    W, W, VAR, VAR, W, W, VAR, VAR, W, W, VAR, VAR,
    V, V, V, A, A, A,
    WH, WH, VARH, VARH, WH, WH, WH, WH, WH, WH,
    WH, WH, WH, WH, WH, WH, WH, WH,
    NO_UNIT, NO_UNIT, NO_UNIT, NO_UNIT, HZ,
    0, 0, 0, 0))

# How far the integer stands above the unit: 3 where it counts thousandths (mV, mA, mHz, 1/1000), 0 where it counts units.
SHIFTS = bytes(3 if u in (V, A, HZ, NO_UNIT) else 0 for u in UNITS)


def _instantaneous():
    table = bytearray(b"\xff" * 74)
    for n in range(4):
        table[1 + n] = n
    table[13] = _POWER_FACTOR
    table[14] = _FREQUENCY
    for phase in range(3):
        for n in range(4):
            table[21 + 20 * phase + n] = 4 + 4 * phase + n
        table[31 + 20 * phase] = _CURRENT + phase
        table[32 + 20 * phase] = _VOLTAGE + phase
        table[33 + 20 * phase] = _POWER_FACTOR + 1 + phase
    return table


_INSTANTANEOUS = _instantaneous()


def quantity(a, b, c, d, e):
    """The quantity of OBIS code a-b:c.d.e, an index into NAMES, or NONE.

    Electricity is a 1 with b 0 or 1 (Kamstrup writes 1-1), for some Landis+Gyr registers a 0 too; other b are further
    meters behind this one, whose values must not be taken for its own. Identifiers and clocks are not looked up here.
    """
    if b > 1 or a > 1 or c > 73 or a == 0 and b:
        return NONE
    if d == 7:
        return _INSTANTANEOUS[c] if e == 0 else NONE
    if d != 8 or c == 0:
        return NONE
    if e == 0:
        if c <= 4:
            return _ENERGY - 1 + c
        if c in (21, 22, 41, 42, 61, 62):
            return _ENERGY_PHASE + (c // 20 - 1) * 2 + c % 20 - 1
        return NONE
    if c <= 2 and e <= 4:
        return _ENERGY_TARIFF + (c - 1) * 4 + e - 1
    return NONE
