"""The simulated meters against captures: a layout that is given a capture's values must give its bytes, checksums and all."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tools.meter import clock, obis
from tools.meter.aidon import AidonNorway, AidonSweden
from tools.meter.house import REGISTERS, State
from tools.meter.kaifa import Kaifa
from tools.meter.kamstrup import Kamstrup
from tools.meter.meters import METERS

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "telegrams"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no captures in {FOLDER}")

AIDON, KAIFA, KAIFA_SE, KAMSTRUP = "7359990000000000", "6970630000000000", "7340150000000000", "5706560000000000"
CAPTURES = (
    ("x_no_aidon6534_list1_20221015.hex", AidonNorway("6534", AIDON), "1"),
    ("x_no_aidon_list1_7d_in_data.hex", AidonNorway("6534", AIDON), "1"),
    ("x_no_aidon6534_list2_20221015.hex", AidonNorway("6534", AIDON), "2"),
    ("x_no_aidon6534_list3_20221015.hex", AidonNorway("6534", AIDON), "3"),
    ("x_no_aidon6515_1ph_export_negcurrent.hex", AidonNorway("6515", AIDON, ("31.7.0",), ("32.7.0",)), "2"),
    ("x_no_aidon6540_ct_list2_20221003.hex", AidonNorway("6540", AIDON, ("31.7.0", "71.7.0")), "2"),
    ("hassams_aidon_se_3ph.hex", AidonSweden(), "3"),
    ("aviborg_aidon_se_20201108.hex", AidonSweden(), "3"),
    ("hassams_kaifa_ma304h4_short.hex", Kaifa("MA304H4", KAIFA), "1"),
    ("hassams_kaifa_ma304h4_long.hex", Kaifa("MA304H4", KAIFA), "2"),
    ("hassams_kaifa_ma304h3e_long.hex", Kaifa("MA304H3E", KAIFA, dead_voltage="52.7.0"), "2"),
    ("x_no_kaifa_ma304h3e_list3_20221016.hex", Kaifa("MA304H3E", KAIFA, dead_voltage="52.7.0"), "3"),
    ("hassams_kaifa_1ph_short.hex", Kaifa("MA105H2E", KAIFA, 1), "2"),
    ("hassams_kaifa_1ph_hourly.hex", Kaifa("MA105H2E", KAIFA, 1), "3"),
    ("hassams_kaifa_ma304h4_se.hex", Kaifa("MA304H4", KAIFA_SE, swedish=True, pairs=True), "3"),
    ("x_se_kaifa_ma304h4_pos_20240107a.hex", Kaifa("MA304H4", KAIFA_SE, swedish=True), "3"),
    ("hassams_kamstrup.hex", Kamstrup("6841138AN243101090", KAMSTRUP), "2"),
    ("x_se_kamstrup_6841138_20220124.hex", Kamstrup("6841138BN245101090", KAMSTRUP), "2"),
    ("hassams_kamstrup_hourly.hex", Kamstrup("6841121BN243101040", KAMSTRUP), "3"),
    ("roarfred_kamstrup_oldfw_list2.hex", Kamstrup("6841121BN243101040", KAMSTRUP, old_firmware=True), "2"),
    ("roarfred_kamstrup_oldfw_list3.hex", Kamstrup("6841121BN243101040", KAMSTRUP, old_firmware=True), "3"),
    ("amshan_kamstrup_no_list_1_single_phase_real.hex", Kamstrup("6861111BN242101040", "5705700000000000", 1), "2"),
    ("amshan_kamstrup_no_list_2_single_phase_real.hex", Kamstrup("6861111BN242101040", "5705700000000000", 1), "3"),
    ("dlmsparser_hdlc_landis_gyr_zmf100.hex", METERS["landis-zmf100"].layout, "3"),
    ("p1_se_ell5_20210217.txt", METERS["p1-sagemcom"].layout, "p1"),
    ("p1_se_lgf5_20241015.txt", METERS["p1-landis"].layout, "p1"),
    ("p1_se_adn9_20240217.txt", METERS["p1-aidon"].layout, "p1"),
    ("p1_se_kam5_20231117.txt", METERS["p1-kamstrup"].layout, "p1"),
    ("p1_se_kfm5_20210524.txt", METERS["p1-kaifa"].layout, "p1"),
)
FACTOR = {"W": 1, "var": 1, "Wh": 1, "varh": 1, "A": 1000, "V": 1000, "kw": 1000, "kvar": 1000, "kwh": 1000, "kvarh": 1000}


def _row(name):
    rows = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
    return next(row for row in rows if row["file"] == name)


def _bytes(name):
    path = FOLDER / name
    return path.read_bytes() if name.endswith(".txt") else bytes.fromhex(path.read_text(encoding="ascii"))


def _state(expected):
    """A house's state that shows what the capture shows."""
    values = {}
    for code, entry in expected.items():
        name, _ = obis.QUANTITIES.get(code.split(":")[-1], (None, None))
        if name:
            unit = entry["unit"] if entry["unit"] in FACTOR else entry["unit"].lower()
            values[name] = round(entry["value"] * FACTOR[unit])
    values.setdefault("voltage_l2_mv", 0)
    return State(values, {name: values.get(name, 0) for name in REGISTERS})


def _wall(data, expected):
    """What the meter's clock showed: from the clock object, else from the notification's header; any time where neither is sent."""
    for code, entry in expected.items():
        if code.endswith(":1.0.0"):
            text = entry["value"]
            return datetime.strptime(text, "%y%m%d%H%M%SW") if text.endswith("W") else datetime.fromisoformat(text)
    header = re.search(rb"\xe6\xe7\x00\x0f....\x09?\x0c(.{8})", data, re.DOTALL)
    if header is None:
        return datetime(2024, 1, 1)
    year_high, year_low, month, day, _, hour, minute, second = header[1]
    return datetime(year_high << 8 | year_low, month, day, hour, minute, second)


def _now_ms(layout, wall):
    """The time at which the layout's clock shows `wall`: Swedish and old clocks keep normal time."""
    at = (wall - clock.EPOCH) // timedelta(milliseconds=1) - 3_600_000
    normal = isinstance(layout, AidonSweden) or layout.protocol == "p1" or getattr(layout, "swedish", False) or getattr(layout, "old_firmware", False)
    return at if normal or clock.local_time(at) == wall else at - 3_600_000


@pytest.mark.parametrize("name, layout, list_name", CAPTURES, ids=[row[0] for row in CAPTURES])
def test_a_layout_with_the_values_of_a_capture_gives_its_bytes(name, layout, list_name):
    row, data = _row(name), _bytes(name)
    now_ms = _now_ms(layout, _wall(data, row["expected"]))
    built = layout.telegram(now_ms, _state(row["expected"]), list_name)
    if row["protocol"] == "dlms-apdu":  # kept without its frame
        start = built.index(b"\xe6\xe7\x00")
        built = built[start:start + len(data)]
    elif not row["crc_ok"]:             # the capture's own FCS is wrong
        built, data = built[:-3], data[:-3]
    assert built.hex(" ") == data.hex(" ")
