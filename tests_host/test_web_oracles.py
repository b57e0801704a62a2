"""Others read the dongle's API: who reads HomeWizard meters, and who holds every answer against the API's description.

They run in environments and processes of their own, against the whole firmware on the PC board with a simulated meter.
"""

import gzip
import hashlib
import itertools
import json
import re
import subprocess
import time
from urllib.parse import urlsplit

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
    """make(meter, word): a house whose dongle has a page with a password and has read that word, and somebody who is logged in there."""
    obtain(runtime.mosquitto)
    houses = []

    def make(meter="aidon-no", word="energy_import_kwh"):
        running = House(tmp_path, meter, "2026-02-02T02:59:45", settings={"homewizard": "on", "page_password": STORED, "fuse_a": 25})
        houses.append(running)
        running.__enter__()
        running.configure()
        running.plug_in()
        running.switch_on()
        owner = Visitor(running.board.page)
        owner.wait()
        assert owner.log_in(PASSWORD).status == 204
        running.wait(lambda: word in owner.get("/api/v1/readings").json()["now"], 45, "no " + word, 0.5)
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
    assert {name: value for name, value in data.items() if name not in OTHER} == expected
    assert set(data) >= {"wifi_ssid", "wifi_strength", "meter_model", "active_power_w", "active_voltage_l1_v", "active_current_l1_a",
                         "total_energy_import_kwh", "total_energy_export_kwh"}
    assert data["wifi_ssid"] == "PC" and data["meter_model"].startswith(now["vendor"]) and data["external_devices"] == {}
    assert ("active_power_l1_w" in data) is ("smr_version" in data) is phases


# Held against the API's description

CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,"
          "negative_data_rejection,allow_header_conformance,use_after_free,ignored_auth")
# 503 asks to come back later, and the description makes it say when; 413 and 429 refuse what is too much.
CONFIGURATION = """[checks]
not_a_server_error.expected-statuses = ["2xx", "4xx", 503]
negative_data_rejection.expected-statuses = [400, 401, 404, 405, 413, 415, 422, 429, 503]
"""
# What ends the run, the session or never: a stranger tries them all the same.
ENDING = ("restart", "factoryReset", "tryWifi", "logout", "events")


@pytest.fixture
def schemathesis(tmp_path):
    """run(location, *options): (exit status, what it printed, [(method, path, status)] of the requests). May run several times at once."""
    python = obtain(side_venv.python, "schemathesis")
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION)
    numbers = itertools.count()

    def run(location, *options):
        report = tmp_path / f"requests{next(numbers)}.har"
        ran = subprocess.run(
            [python.with_name("st"), "--config-file", configuration, "run", location, "--checks", CHECKS, "--generation-deterministic", "--no-shrink",
             "--continue-on-failure", "--no-color", "--request-timeout", "15", "--generation-with-security-parameters", "false",
             "--report-har-path", report, *options], cwd=tmp_path, capture_output=True, text=True, timeout=2 * LIMIT_S)
        print(ran.stdout, ran.stderr)
        assert ran.returncode in (0, 1), ran.stderr
        entries = json.loads(report.read_text())["log"]["entries"]
        asked = [(each["request"]["method"], urlsplit(each["request"]["url"]).path, each["response"]["status"]) for each in entries]
        return ran.returncode, ran.stdout, asked

    return run


def test_every_answer_is_as_the_description_says(house, schemathesis, tmp_path):
    running, owner = house(word="power_import_w")
    location = f"http://127.0.0.1:{owner.port}/openapi.json"
    described = json.loads(gzip.decompress(owner.get("/openapi.json").body))
    cookie = ("--header", f"Cookie:{owner.cookie}")

    # A description that says something else of an answer is found out.
    wrong = json.loads(json.dumps(described))
    wrong["components"]["schemas"]["Session"]["properties"]["name"]["type"] = "integer"
    (tmp_path / "wrong.json").write_text(json.dumps(wrong))
    status, said, _ = schemathesis(tmp_path / "wrong.json", "--url", location.removesuffix("/openapi.json"), "--phases", "fuzzing",
                                   "--max-examples", "1", "--include-operation-id", "session")
    assert status == 1 and "is not of type" in said

    # Somebody who is logged in.
    began = time.monotonic()
    excluded = [word for each in ENDING for word in ("--exclude-operation-id", each)]
    status, said, asked = schemathesis(location, "--phases", "coverage,fuzzing", "--max-examples", "5", *cookie, *excluded)
    assert status == 0, said
    busy = sum(each == 503 for _, _, each in asked)
    print(f"{len(asked)} requests in {time.monotonic() - began:.1f} s, {busy} answered with 503")
    for path, methods in described["paths"].items():
        if "get" in methods and methods["get"]["operationId"] not in ENDING:
            assert ("GET", path, 200) in asked
    assert busy * 10 < len(asked) > 200

    # Somebody who is not: nothing that needs a log-in is done, whatever is sent.
    status, said, asked = schemathesis(location, "--phases", "fuzzing", "--max-examples", "2", "--mode", "positive")
    assert status == 0, said
    own = {operation["operationId"]: (method.upper(), re.compile(path.replace("{name}", "[^/]+"))) for path, methods in described["paths"].items()
           for method, operation in methods.items() if method != "parameters" and operation.get("security") == [{"session": []}]}
    assert {"restart", "factoryReset", "tryWifi", "set"} <= set(own)
    for name, (method, path) in own.items():
        found = {each for verb, where, each in asked if verb == method and path.fullmatch(where)}
        assert found and found <= {401, 503}, (name, found)

    # And the dongle has done its work meanwhile.
    assert owner.get("/api/v1/session").json()["authorised"] is True
    sent = running.unplug()
    running.wait(lambda: running.counts()["telegrams"] >= sent["telegrams"], 5, "the parser misses telegrams")
    counts = running.counts()
    print(f"the meter sent {sent}; the dongle says {counts}")
    assert counts["telegrams"] == sent["telegrams"] and counts["checksum_errors"] == 0 and counts["restarts"] == 0
    assert not running.heard("a request failed") and not running.heard("MemoryError")
