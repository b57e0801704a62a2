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
_POWER_FACTOR = const(40)
_FREQUENCY = const(44)
METER_TIME = const(45)
METER_ID = const(46)
METER_TYPE = const(47)
LIST_VERSION = const(48)

# Units by number as DLMS does, Blue Book table "unit enumeration".
W = const(27)
VAR = const(29)
WH = const(30)
VARH = const(32)
A = const(33)
V = const(35)
HZ = const(44)
NO_UNIT = const(255)
UNIT_NAMES = {27: "W", 28: "VA", 29: "var", 30: "Wh", 31: "VAh", 32: "varh", 33: "A", 35: "V", 44: "Hz",
              7: "s", 9: "°C", 13: "m3", 14: "m3"}

# The unit of each quantity; text has none.
UNITS = (bytes((W, W, VAR, VAR)) * 4 + bytes((V, V, V, A, A, A, WH, WH, VARH, VARH)) + bytes((WH,)) * 14
         + bytes((NO_UNIT,)) * 4 + bytes((HZ, 0, 0, 0, 0)))

# How far the integer stands above the unit: 3 where it counts thousandths (mV, mA, mHz, 1/1000), 0 where it counts units.
SHIFTS = bytes(3 if u in (V, A, HZ, NO_UNIT) else 0 for u in UNITS)

# The quantity of an OBIS code by its C group: with D.E 7.0, and with D.E 8.0.
INSTANTANEOUS = bytearray(b"\xff" * 74)
REGISTERS = bytearray(b"\xff" * 74)


def _fill():
    for n in range(4):
        INSTANTANEOUS[1 + n] = n
        REGISTERS[1 + n] = _ENERGY + n
    INSTANTANEOUS[13] = _POWER_FACTOR
    INSTANTANEOUS[14] = _FREQUENCY
    for phase in range(3):
        c = 20 * phase
        for n in range(4):
            INSTANTANEOUS[21 + c + n] = 4 + 4 * phase + n
        INSTANTANEOUS[31 + c] = _CURRENT + phase
        INSTANTANEOUS[32 + c] = _VOLTAGE + phase
        INSTANTANEOUS[33 + c] = _POWER_FACTOR + 1 + phase
        REGISTERS[21 + c] = _ENERGY_PHASE + 2 * phase
        REGISTERS[22 + c] = _ENERGY_PHASE + 2 * phase + 1


_fill()
