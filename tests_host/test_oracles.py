"""Other parsers as oracles: where they can read what a simulated meter or a capture sends, ours and theirs say the same, value by value.

What differs stands in KNOWN, with the reason; a row that no longer occurs must go. They run in an environment and a process of their own.
"""

import json
import re
import subprocess
from decimal import Decimal, InvalidOperation

import pytest

from conftest import obtain
from han import Reader
from test_captures import WORDS, entries
from tools import runtime, side_venv
from tools.campaign.repair import repair
from tools.fuzz.sources import captured, simulated
from tools.meter.meters import METERS

READERS = runtime.ROOT / "tests_host" / "oracle_readers.py"

AMSHAN = {"list_ver_id": "list_version", "meter_id": "meter_id", "meter_type": "meter_type", "meter_datetime": "meter_time",
          "power_factor": "power_factor_milli"}
for _name in list(WORDS.values()):
    _theirs = re.sub(r"^energy_(import|export)_wh$", r"active_power_\1_total", _name)
    _theirs = re.sub(r"^reactive_energy_(import|export)_varh$", r"reactive_power_\1_total", _theirs)
    _theirs = re.sub(r"_(w|var|mv|ma|milli)$", "", re.sub(r"^power_(?=import|export)", "active_power_", _theirs))
    if _theirs.startswith(("active_power", "reactive_power", "voltage", "current", "power_factor")):
        AMSHAN[_theirs] = _name
DIALECTS = {"SE": "SWEDEN", "BE": "BELGIUM_FLUVIUS", "HU": "EON_HUNGARY", "IE": "ISKRA_IE"}
DSMR = {**WORDS, "1.0.0": "meter_time"}

# Kaifa's lists without codes, and what stands for a scale where none is on the wire: tools in their range must be told.
POSITIONS = ["0.2.129", "96.1.0", "96.1.7", "1.7.0", "2.7.0", "3.7.0", "4.7.0"]
ONE_PHASE = POSITIONS + ["31.7.0", "32.7.0"]
THREE_PHASES = POSITIONS + ["31.7.0", "51.7.0", "71.7.0", "32.7.0", "52.7.0", "72.7.0"]
REGISTERS = ["1.0.0", "1.8.0", "2.8.0", "3.8.0", "4.8.0"]
KAIFA = {len(codes): codes for codes in (["1.7.0"], ONE_PHASE, THREE_PHASES, ONE_PHASE + REGISTERS, THREE_PHASES + REGISTERS)}
TEXTS = {"0.2.129": "list_version", "96.1.0": "meter_id", "96.1.7": "meter_type", "96.1.1": "meter_type", "0.0.5": "meter_id"}

# (oracle, meters or captures, our names and what theirs is, why it differs)
KNOWN = (
    ("amshan", "kaifa-se-ct", ".*", "takes a list with 64-bit energies for one of Kamstrup's, and finds the clock alone"),
    ("amshan", "kamstrup-ct", "current_l._ma", "has one scale for all Kamstrup meters; those behind transformers send mA"),
    ("amshan", "kamstrup-se", ".*energy.*", "has one scale for all Kamstrup meters; this type counts 1 Wh instead of 10"),
    ("amshan", "landis-no", "meter_id", "keeps the octets 0 that fill up the number"),
    ("amshan", "landis-zmf100", "message", "does not know Landis+Gyr's swapped tags"),
    ("amshan", "p1-aidon-1ph|dsmrparser_iskra_ie.txt", "message", "looks for the `!` at the beginning of a line"),
    ("amshan", "dlmsparser_hdlc_iskra550.hex|nodedsmr_slovenia_list_1.hex", "message", "does not know Iskraemeco's lists"),
    ("amshan", "nodedsmr_aidon_example_2_segmented.hex|x_ch_lg_e450_cyprus_gbt.hex", "message", "joins neither segments nor blocks"),
    ("amshan", "p1_openhab_flu5_extra.txt", "(power|voltage|current)_.*", "takes a unit without its `*` for a part of the value"),
    ("amshan", "(p1-|p1_se_|amshan_lgf5_).*", ".*(power|energy)_.* one less", "cuts binary fractions: 1022 W for 1.023 kW"),
    ("amshan", ".*\\.txt", "meter_id|meter_type", "ignores A and B of a code: the number of the meter, 0-0:96.1.1, becomes its type, and the "
                                                "number of a gas meter its own"),
    ("amshan", "dsmrparser_v5_eon_hu.txt", "power_factor.*", "has no names for power factors in telegrams"),
    ("dsmr_parser", ".*", "reactive_power_(import|export)_var", "names reactive power by phase only"),
    ("dsmr_parser", ".*(t210_d_r|est5_austria).txt", ".*energy_.*", "of DSMR 5 it names the registers by tariff only"),
    ("dsmr_parser", "p1_openhab_flu5_extra.txt", "message", "raises for a unit without its `*`"),
    ("gurux", "landis-zmf100", "message", "does not know Landis+Gyr's swapped tags"),
    ("gurux", "nodedsmr_aidon_example_2_segmented.hex", "message", "joins segments only where it may ask for the next one"),
)


def scale_of(vendor, meter_type, name):
    """The decimal exponent of a raw value in the unit of the name, by the maker's papers."""
    if vendor == "Kaifa":
        return {"_ma": 0, "_mv": 2}.get(name[-3:], 0)
    if name.endswith("_ma"):
        return 0 if meter_type.startswith("685") else 1
    return 3 if name.endswith("_mv") else 1 if "energy" in name and meter_type != "6841131BN245101092" else 0


def gurux_says(tree, vendor):
    """The vocabulary's names and values of an A-XDR tree."""
    value = tree["value"]
    said = {"meter_time": tree["time"][:19]} if tree["time"] else {}
    if not isinstance(value, list):
        return said
    if isinstance(value[0], list) and isinstance(value[0][0], list):  # Landis+Gyr E450: what is what stands before the values
        rows = [(item[1], each, (0, 0)) for item, each in zip(value[0], value)]
    elif all(isinstance(item, list) for item in value):
        rows = [(item[0], item[1], item[2] if len(item) > 2 else None) for item in value]
    elif len(value) in KAIFA and vendor == "Kaifa":
        rows = [(code, each, None) for code, each in zip(KAIFA[len(value)], value)]
    else:
        first = 0 if isinstance(value[0], dict) else 1
        if first:
            said["list_version"] = text_of(value[0])
        rows = list(zip(value[first::2], value[first + 1::2], [None] * len(value)))
    for code, each, scaler in rows:
        if isinstance(code, dict):
            octets = bytes.fromhex(code["octets"])
            # The number of the meter everywhere but at Kamstrup, who writes 1-1.
            code = "96.1.0" if octets[:5] == b"\0\0\x60\1\1" else "%d.%d.%d" % tuple(octets[2:5])
        if isinstance(each, int) and code in WORDS:
            name = WORDS[code]
            exponent = scaler[0] + (3 if name.endswith(("_ma", "_mv", "_milli")) else 0) if scaler else \
                scale_of(vendor, said.get("meter_type", ""), name)
            said[name] = int(Decimal(each).scaleb(exponent))
        elif code in TEXTS:
            said.setdefault(TEXTS[code], text_of(each))
        elif code == "1.0.0" and isinstance(each, dict):
            o = bytes.fromhex(each["octets"])
            said["meter_time"] = "%04d-%02d-%02dT%02d:%02d:%02d" % (o[0] << 8 | o[1], o[2], o[3], *o[5:8])
    return {name: each for name, each in said.items() if each != ""}


def text_of(value):
    return bytes.fromhex(value["octets"]).decode("ascii") if isinstance(value, dict) else value


def amshan_says(fields, vendor):
    said = {}
    for field, value in fields.items():
        if field in AMSHAN and value not in ("", None):
            said[AMSHAN[field]] = number(value, AMSHAN[field])
    return said


def dsmr_says(lines, vendor):
    said = {}
    for code, (value, unit) in lines.items():
        if code in DSMR:
            said[DSMR[code]] = number(value, DSMR[code], 3 if unit and unit[0] == "k" else 0)
    return said


def number(value, name, exponent=0):
    """Their value in the unit of our name; texts and times as they are."""
    if name == "meter_time":
        return value[:19]
    if name in ("meter_id", "meter_type", "list_version"):
        return str(value)
    if name.endswith(("_ma", "_mv", "_mhz", "_milli")):
        exponent += 3
    try:
        return int(Decimal(str(value)).scaleb(exponent).to_integral_value())
    except InvalidOperation:
        return str(value)


ORACLES = {"amshan": (amshan_says, set(AMSHAN.values())), "dsmr_parser": (dsmr_says, set(DSMR.values())),
           "gurux": (gurux_says, {*WORDS.values(), "meter_time", *TEXTS.values()})}
PROTOCOLS = {"amshan": ("hdlc", "p1"), "dsmr_parser": ("p1",), "gurux": ("hdlc",)}


def as_notification(frame):
    """The frame as Gurux takes it: a UI frame whose date-time has no tag. Kaifa and Kamstrup's old firmware send it otherwise."""
    at = 3
    for _ in range(2):
        while not frame[at] & 1:
            at += 1
        at += 1
    tag = at + 11  # behind HCS, LLC, and the five octets of the notification's head
    tagged = frame[tag:tag + 2] == b"\x09\x0c"
    if frame[at] != 0x10 and not tagged:
        return frame
    return repair(frame[:at] + b"\x13" + frame[at + 1:tag] + frame[tag + tagged:])


def messages():
    """(name, protocol, dialect, message) of everything that is compared."""
    country = {entry["file"]: entry["country"] for entry in entries()}
    for source in [simulated(name, 1) for name in METERS] + captured(Reader):
        if source.protocol in ("hdlc", "p1"):
            dialect = DIALECTS.get(country.get(source.name, "SE"), "V5")
            for among in source.lists:
                for message in among[:2]:
                    yield source.name, source.protocol, dialect, message


@pytest.fixture(scope="module")
def said():
    """[name, our truth, {oracle: what it said}] of every message."""
    python = obtain(side_venv.python, "oracles")
    asked = list(messages())
    lines = []
    for name, protocol, dialect, message in asked:
        data = message.data if protocol == "hdlc" else message.data[:message.complete] + b"\r\n"
        lines.append(json.dumps([protocol, dialect, data.hex(), as_notification(data).hex() if protocol == "hdlc" else ""]))
    done = subprocess.run([str(python), str(READERS)], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(asked)
    return [(name, message.truth, answer) for (name, _, _, message), answer in zip(asked, answers)]


def differences(oracle, name, ours, theirs):
    """(key, ours, theirs) of whatever is not the same."""
    if theirs is None or "raised" in theirs:
        return [("message", "read", "not read" if theirs is None else theirs["raised"])]
    says, names = ORACLES[oracle]
    theirs = says(theirs, ours.get("vendor"))
    return [(key, ours.get(key), theirs.get(key)) for key in sorted(names) if ours.get(key) != theirs.get(key)]


@pytest.mark.parametrize("oracle", ORACLES)
def test_they_agree_or_it_is_known_why_not(oracle, said):
    known = [row for row in KNOWN if row[0] == oracle]
    occurred = set()
    agreed = 0
    unexplained = []
    for name, ours, answers in said:
        if ours["protocol"] not in PROTOCOLS[oracle]:
            continue
        different = differences(oracle, name, ours, answers[oracle])
        for key, mine, theirs in different:
            what = key + " one less" if isinstance(theirs, int) and isinstance(mine, int) and theirs == mine - 1 else key
            rows = [row for row in known if re.fullmatch(row[1], name) and re.fullmatch(row[2], what)]
            occurred.update(rows)
            if not rows:
                unexplained.append(f"{name}: {key} is {mine}, they say {theirs}")
        if not any(key == "message" for key, _, _ in different):
            agreed += len(ORACLES[oracle][1] & set(ours)) - len(different)
    assert not unexplained, "\n".join(unexplained)
    assert agreed > {"amshan": 600, "dsmr_parser": 200, "gurux": 400}[oracle]
    if entries():  # without the captures some cannot occur
        assert [row for row in known if row not in occurred] == []


def test_a_wrong_value_would_show(said):
    seen = set()
    for name, ours, answers in said:
        for oracle in ORACLES:
            if ours["protocol"] in PROTOCOLS[oracle] and not differences(oracle, name, ours, answers[oracle]):
                for key, value in ours.items():
                    if key in ORACLES[oracle][1] and isinstance(value, int):
                        assert differences(oracle, name, {**ours, key: value + 1}, answers[oracle]) == [(key, value + 1, value)]
                        seen.add((oracle, key))
    assert len(seen) > 50
