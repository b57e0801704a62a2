"""Real captures decode to what they are known to say, and damaged ones to nothing, on CPython and on MicroPython."""

import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
CAPTURES = pathlib.Path(os.environ.get("HAMN_CAPTURES", ROOT.parent / "shared" / "telegrams"))
FEED = ROOT / "tests_host" / "device" / "feed_files.py"

pytestmark = pytest.mark.skipif(not (CAPTURES / "index.json").exists(),
                                reason="the captures (../shared/telegrams) are not here")

# C.D.E to name and unit, written out once more, so that a slip in the parser's tables shows.
WORDS = {"1.7.0": "power_import_w", "2.7.0": "power_export_w",
         "3.7.0": "reactive_power_import_var", "4.7.0": "reactive_power_export_var",
         "1.8.0": "energy_import_wh", "2.8.0": "energy_export_wh",
         "3.8.0": "reactive_energy_import_varh", "4.8.0": "reactive_energy_export_varh",
         "13.7.0": "power_factor_milli", "14.7.0": "frequency_mhz",
         "33.7.0": "power_factor_l1_milli", "53.7.0": "power_factor_l2_milli", "73.7.0": "power_factor_l3_milli"}
for _phase, _c in ((1, 0), (2, 20), (3, 40)):
    WORDS.update({"%d.7.0" % (21 + _c): "power_import_l%d_w" % _phase,
                  "%d.7.0" % (22 + _c): "power_export_l%d_w" % _phase,
                  "%d.7.0" % (23 + _c): "reactive_power_import_l%d_var" % _phase,
                  "%d.7.0" % (24 + _c): "reactive_power_export_l%d_var" % _phase,
                  "%d.7.0" % (32 + _c): "voltage_l%d_mv" % _phase,
                  "%d.7.0" % (31 + _c): "current_l%d_ma" % _phase,
                  "%d.8.0" % (21 + _c): "energy_import_l%d_wh" % _phase,
                  "%d.8.0" % (22 + _c): "energy_export_l%d_wh" % _phase})
for _t in (1, 2, 3, 4):
    WORDS.update({"1.8.%d" % _t: "energy_import_t%d_wh" % _t, "2.8.%d" % _t: "energy_export_t%d_wh" % _t})
TEXTS = {"0.2.129": "list_version", "list-id": "list_version", "96.1.7": "meter_type", "0.0.5": "meter_id",
         "96.1.0": "meter_id"}
THOUSANDTHS = ("_mv", "_ma", "_mhz", "_milli")


def wanted(expected):
    """The vocabulary's names and integers of an index entry's `expected`; what has no name there is left out."""
    names = {}
    for code, entry in expected.items():
        value, unit = entry["value"], entry["unit"] or ""
        a_b, _, cde = code.rpartition(":")
        if cde in WORDS and (a_b in ("1-0", "1-1") or a_b == "0-0" and ".8." in cde) and not isinstance(value, list):
            name = WORDS[cde]
            if isinstance(value, str):
                if "power_factor" not in name:
                    continue
                value = float(value)
            if unit[:1] == "k":
                value *= 1000
            if name.endswith(THOUSANDTHS):
                value *= 1000
            names.setdefault(name, int(abs(value) + 0.5) * (1 if value >= 0 else -1))
        elif cde == "1.0.0":
            if re.fullmatch(r"\d{12}[WS ]?", str(value)):
                value = "20%s-%s-%sT%s:%s:%s" % tuple(value[i:i + 2] for i in range(0, 12, 2))
            names["meter_time"] = value
        elif cde == "96.1.1" and a_b == "1-1":
            names["meter_type"] = value
        elif cde == "96.1.1" and a_b == "0-0":
            names.setdefault("meter_id", value)
        elif cde in TEXTS and a_b[-2:] in ("-0", "-1", "") and not (a_b == "0-1" and cde.startswith("96")):
            names[TEXTS[cde]] = value
    return {k: v for k, v in names.items() if v != ""}


def entries():
    if not (CAPTURES / "index.json").exists():
        return []
    return json.loads((CAPTURES / "index.json").read_text())


def same(got, expected, name):
    """Assert that one reading says what the index expects, and names nothing else; return how many values that were."""
    want = wanted(expected)
    assert {k: got.get(k) for k in want} == want, name
    extra = set(got) - set(want) - {"protocol", "vendor", "list", "other", "meter_time"}
    assert not extra, (name, extra)
    unnamed = [code for code in expected if re.fullmatch(r"#\d+|\d+-\d+:\d+\.\d+\.\d+", code)
               and not set(wanted({code: expected[code]})) & set(want)]
    # The first element of a list may be its clock; the rest of what has no name is kept under its code.
    missing = [code for code in unnamed if code not in got["other"] and expected[code]["value"] != got.get("meter_time")
               and expected[code]["value"] not in ("", got.get("meter_id")) and code != "1-1:96.1.1"]
    assert not missing, (name, missing)
    return len(want) + len(unnamed)


def run(interpreter, mode, tmp_path, environment):
    listing = tmp_path / "files"
    listing.write_text("".join(" ".join(filter(None, (str(CAPTURES / e["file"]), e.get("key"), e.get("auth_key")))) + "\n"
                               for e in entries()))
    out = subprocess.run([*interpreter, str(FEED), str(listing), mode, "20261122"], check=True, timeout=120,
                         env={**os.environ, **environment}, capture_output=True, text=True).stdout
    lines = [json.loads(line) for line in out.splitlines()]
    return {pathlib.Path(line["file"]).name: line for line in lines}


def check(results):
    values = 0
    for entry in entries():
        name = entry["file"]
        got = results[name]["readings"]
        messages = entry.get("expected_messages") or ([entry["expected"]] if entry["expected"] else [])
        if entry["crc_ok"]:
            if name == "roarfred_kaifa_stream_6min.hex":
                assert len(got) == 180
                got = got[:len(messages)]
            assert len(got) == len(messages), name
            for reading, message in zip(got, messages):
                values += same(reading, message, name)
                assert reading["vendor"] in (entry["vendor"], ""), name
        elif entry["crc_ok"] is False:
            messages = entry.get("expected_messages") or []
            assert len(got) == len(messages), name
            for reading, message in zip(got, messages):
                values += same(reading, message, name)
        elif name == "x_lu_smarty_encrypted.hex":
            # No checksum, but a tag, which is better.
            assert len(got) == 1
            values += same(got[0], entry["expected"], name)
        else:
            assert got == [], name
    assert values > 2500


@pytest.mark.parametrize("mode", ("whole", "bytes", "pieces"))
def test_on_cpython(mode, tmp_path):
    check(run([sys.executable], mode, tmp_path, {"PYTHONPATH": "%s:%s" % (ROOT / "lib", ROOT / "tools/crypto")}))


@pytest.mark.parametrize("mode", ("whole", "bytes", "pieces"))
def test_on_micropython(mode, tmp_path, micropython32):
    # Six minutes of readings in one JSON text are more than a chip is ever asked for.
    check(run([*micropython32, "-X", "heapsize=4m"], mode, tmp_path, {"MICROPYPATH": ".frozen:" + str(ROOT / "lib")}))
