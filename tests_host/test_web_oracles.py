"""Others read the dongle's API: who reads HomeWizard meters, and who holds every answer against the API's description.

They run in environments and processes of their own, against the whole firmware on the PC board with a simulated meter.
"""

import hashlib
import json
import subprocess

import pytest

from conftest import obtain
from tools import runtime, side_venv
from tools.outages.house import House
from visitor import Visitor

PASSWORD = "open sesame"
SALT = b"0123456789abcdef"
STORED = f"4000:{SALT.hex()}:{hashlib.pbkdf2_hmac('sha256', PASSWORD.encode(), SALT, 4000).hex()}"
LIMIT_S = 40

# Fields of the reader, and ours.
SAME = {**{f"total_energy_{way}{tariff}_kwh": f"energy_{way}{tariff}_kwh" for way in ("import", "export") for tariff in ("", "_t1", "_t2", "_t3", "_t4")},
        **{f"active_{name}_l{phase}_{unit}": f"{name}_l{phase}_{unit}" for name, unit in (("voltage", "v"), ("current", "a")) for phase in (1, 2, 3)},
        "active_frequency_hz": "frequency_hz"}
POWERS = {f"active_power{phase}_w": (f"power_import{phase}_w", f"power_export{phase}_w") for phase in ("", "_l1", "_l2", "_l3")}
# What it says besides: about the Wi-Fi and the meter.
OTHER = {"wifi_ssid", "wifi_strength", "smr_version", "meter_model", "external_devices"}


@pytest.fixture
def house(tmp_path, micropython32, umqtt):
    """make(meter, start): a house whose dongle has a page with a password, and somebody who is logged in there."""
    obtain(runtime.mosquitto)
    houses = []

    def make(meter="aidon-no", start="2026-02-02T02:59:45"):
        running = House(tmp_path, meter, start, settings={"homewizard": "on", "page_password": STORED, "fuse_a": 25})
        houses.append(running)
        running.__enter__()
        running.configure()
        running.plug_in()
        running.switch_on()
        owner = Visitor(running.board.page)
        owner.wait()
        assert owner.log_in(PASSWORD).status == 204
        running.wait(lambda: "energy_import_kwh" in owner.get("/api/v1/readings").json()["now"], 45, "no registers", 0.5)
        return running, owner

    yield make
    for each in houses:
        each.__exit__()


def ask(python, script, *arguments):
    """What a script in another environment prints."""
    ran = subprocess.run([python, script, *arguments], capture_output=True, text=True, timeout=LIMIT_S)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("meter, phases", (("p1-landis", True), ("aidon-no", False)))
def test_who_reads_homewizard_meters_reads_what_the_dongle_says(house, meter, phases):
    python = obtain(side_venv.python, "homewizard")
    running, owner = house(meter)
    # Nothing changes any more: both speak of the same telegram.
    running.unplug()
    now = owner.get("/api/v1/readings").json()["now"]
    said = ask(python, runtime.ROOT / "tests_host/homewizard_reader.py", f"127.0.0.1:{owner.port}")
    assert owner.get("/api/v1/readings").json()["now"] == now
    device, data = said["device"], said["data"]
    assert device["api_version"] == "v1" and device["product"]["model"] == device["product_type"] == "HWE-P1"
    assert device["serial"] == owner.get("/api/v1/status").json()["chip"]
    expected = {theirs: now[ours] for theirs, ours in SAME.items() if ours in now}
    for theirs, (drawn, fed) in POWERS.items():
        if drawn in now:
            expected[theirs] = now[drawn] - now.get(fed, 0)
    # Where there is no register for both tariffs together, it takes that of the first.
    assert {name: value for name, value in data.items() if name not in OTHER} == expected
    assert set(data) >= {"wifi_ssid", "wifi_strength", "meter_model", "active_power_w", "active_voltage_l1_v", "active_current_l1_a",
                         "total_energy_import_kwh", "total_energy_export_kwh"}
    assert data["wifi_ssid"] == "PC" and data["meter_model"].startswith(now["vendor"]) and data["external_devices"] == {}
    assert ("active_power_l1_w" in data) is ("smr_version" in data) is phases
