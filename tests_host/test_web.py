"""The page's server on the PC board, under real MicroPython: every address, whom it lets in, what it refuses."""

import base64
import gzip
import hashlib
import json
import re
import socket
import sys
import threading
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from firmware import settings
from tools import pcboard, runtime
from tools.broker import HOST, Broker
from tools.process import Child
from visitor import Visitor

PASSWORD = "open sesame"
SALT = b"0123456789abcdef"
STORED = f"4000:{SALT.hex()}:{hashlib.pbkdf2_hmac('sha256', PASSWORD.encode(), SALT, 4000).hex()}"
SECRETS = ("wifi_password", "mqtt_password", "mqtt_psk_key", "meter_key", "meter_auth_key", "meter_title", "page_password")


class Dongle:
    """A dongle with a page; with a meter and a broker where wanted. `said`: the console's lines."""

    def __init__(self, folder, settings=None, meter=None, board=None):
        self.board = board or pcboard.PcBoard(folder / "board")
        self.device = self.board.device
        self.said = []
        self.children = []
        self.broker = None
        if meter:
            self.broker = Broker(folder / "broker")
            self.broker.start()
            argv = [sys.executable, "-m", "tools.meter", *meter, "--pty", self.board.uart, "--line", self.board.line]
            with open(folder / "meter.log", "wb") as log:
                self.children.append(Child([str(word) for word in argv], log=log, cwd=runtime.ROOT))
            settings = {"mqtt_host": HOST, "mqtt_port": self.broker.port, **settings}
        if settings is not None:
            (self.device / "settings.json").write_text(json.dumps({"board": "esp32-mbus", **settings}))
        self.start()

    def start(self):
        self.child = self.board.start(pcboard.RESET if self.said else pcboard.POWER_ON)
        self.children.append(self.child)
        threading.Thread(target=self._listen, args=(self.child.output,), daemon=True).start()

    def _listen(self, output):
        for raw in output:
            self.said.append(raw.decode().rstrip())

    def ends(self, seconds=5):
        """Wait for the program's end; why it would start again."""
        return pcboard.restart_cause(self.child.process.wait(seconds))

    def visitor(self, log_in=True):
        visitor = Visitor(self.board.page)
        visitor.wait()
        if log_in:
            assert visitor.log_in(PASSWORD).status == 204
        return visitor

    def settings(self):
        return json.loads((self.device / "settings.json").read_text())

    def close(self):
        for child in self.children:
            child.stop()
        if self.broker:
            self.broker.stop()
        print(*self.said, sep="\n")


SET = {"wifi_ssid": "PC", "wifi_password": "hemligt-ord", "page_password": STORED, "mqtt_password": "hush-hush", "fuse_a": 25}
# The same in a dongle that has saved them all once: what is restored later is the same file.
WHOLE = {**{field.key: field.default for field in settings.FIELDS if field.key not in ("board", "mqtt_host", "mqtt_port")}, **SET}


@pytest.fixture(scope="module")
def house(tmp_path_factory, micropython32, umqtt):
    """A whole house: Norwegian meter, broker, a page with a password."""
    dongle = Dongle(tmp_path_factory.mktemp("house"), WHOLE, ["aidon-no", "--start", "2026-02-02T02:59:50"])
    yield dongle
    dongle.close()


@pytest.fixture(scope="module")
def owner(house):
    """Somebody who is logged in there, with readings of every list in."""
    visitor = house.visitor()
    deadline = time.monotonic() + 60
    while "energy_import_kwh" not in visitor.get("/api/v1/readings").json()["now"]:
        assert time.monotonic() < deadline, "no reading with registers"
        time.sleep(0.5)
    return visitor


@pytest.fixture
def lone(tmp_path, micropython32, umqtt):
    """make(settings): a dongle alone, without meter and broker."""
    made = []

    def make(settings=None, **options):
        made.append(Dongle(tmp_path, settings, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


# What there is

def test_the_page(house):
    visitor = house.visitor(False)
    for path in ("/", "/index.html"):
        answer = visitor.get(path)
        assert answer.status == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-encoding"] == "gzip" and len(answer.body) == int(answer.headers["content-length"])
        page = gzip.decompress(answer.body).decode()
        assert page.startswith("<!doctype html>") and "http://" not in page and "https://" not in page
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        for kind in ("script", "style"):
            (inline,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
            assert f"'sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}'" in policy
    again = visitor.get("/", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status == 304 and again.body == b""
    head = visitor.ask("HEAD", "/")
    assert head.status == 200 and head.body == b"" and head.headers["content-length"] == answer.headers["content-length"]


def fits(value, schema, described, where=""):
    """Hold a value against a JSON schema, as far as the description uses them; AssertionError says where it does not fit."""
    if "$ref" in schema:
        return fits(value, described["components"]["schemas"][schema["$ref"].rpartition("/")[2]], described, where)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    types = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}
    assert not kinds or any(isinstance(value, types[kind]) and (kind == "boolean" or not isinstance(value, bool)) for kind in kinds), (where, value)
    assert value in schema.get("enum", [value]) and value == schema.get("const", value), (where, value)
    if isinstance(value, dict):
        assert set(schema.get("required", ())) <= set(value), (where, set(schema["required"]) - set(value))
        other = schema.get("additionalProperties", {})
        for key, inner in value.items():
            fits(inner, schema.get("properties", {}).get(key, other), described, f"{where}.{key}")
        assert "properties" not in schema or "additionalProperties" in schema or set(value) <= set(schema["properties"]), (where, set(value))
    if isinstance(value, list):
        for inner in value:
            fits(inner, schema.get("items", {}), described, where + "[]")


@pytest.fixture(scope="module")
def described(house):
    """The API's description, as the chip serves it."""
    answer = house.visitor(False).get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    return json.loads(gzip.decompress(answer.body))


def test_the_description_names_what_there_is_and_nothing_else(described):
    routes = re.findall(r"(\S+?):([GPUD]+):(\d):", "".join(re.findall(r'"(.*)"', re.search(
        r"_ROUTES = \((.*?)\)\n", (runtime.ROOT / "firmware/web_routes.py").read_text(), re.DOTALL)[1])))
    assert len(routes) == 30
    letters = {"get": "G", "post": "P", "put": "U", "delete": "D"}
    found = {}
    for path, methods in described["paths"].items():
        word = path.removeprefix("/api/v1/").removeprefix("/").removesuffix("{name}")
        found.setdefault("data" if word == "api" else word, set()).update(letters[method] for method in methods if method in letters)
    assert found == {word: set(methods) for word, methods, _ in routes}


@pytest.mark.parametrize("path", ("session", "tokens", "readings", "history?span=hour", "history?span=day", "energy?span=day", "energy?span=month", "energy?span=day&date=2026-02-01",
                                  "usage", "peaks", "cost", "tariff", "contract", "status",
                                  "log", "settings", "backup", "scan", "wifi"))
def test_answers_are_as_described(owner, described, path):
    answer = owner.get("/api/v1/" + path)
    schema = described["paths"]["/api/v1/" + path.partition("?")[0]]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    fits(answer.json(), schema, described, path)


@pytest.mark.parametrize("path", ("/x", "/api/v1/", "/api/v1/x", "/api/v1/readings/x", "/api/v2/readings", "/index.html/", "//", "/../settings.json",
                                  "/api/v1/events:G", "/settings.json", "/www/index.html.gz", "/api/v1/data", "/api"))
def test_nothing_else_is_there(owner, path):
    answer = owner.get(path)
    assert answer.status == 404 and set(answer.json()) == {"error"}


@pytest.mark.parametrize("method, path, allowed", (
    ("POST", "/", "GET, HEAD"), ("DELETE", "/api/v1/readings", "GET, HEAD"), ("GET", "/api/v1/login", "POST"), ("PUT", "/api/v1/backup", "GET, HEAD, POST"),
    ("POST", "/api/v1/settings", "GET, HEAD, PUT"), ("OPTIONS", "/api/v1/tokens", "GET, HEAD, POST"), ("POST", "/api/v1/tokens/x", "DELETE"), ("BREW", "/metrics", "GET, HEAD"),
    ("GET", "/api/v1/restart", "POST"),
))
def test_other_methods_are_refused(owner, method, path, allowed):
    answer = owner.ask(method, path)
    assert answer.status == 405 and answer.headers["allow"] == allowed


# What it says

def test_readings(owner):
    reading = owner.get("/api/v1/readings").json()
    now = reading["now"]
    assert reading["fuse_a"] == 25 and 0 <= reading["age_s"] <= 5 and reading["registers_age_s"] >= reading["age_s"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", reading["time"])
    # List 1 has the import alone; what lists 2 and 3 said is still there.
    assert {"power_import_w", "power_export_w", "voltage_l1_v", "current_l3_a", "energy_import_kwh", "meter_id", "vendor"} <= set(now)
    assert now["vendor"] == "Aidon" and isinstance(now["power_import_w"], int) and isinstance(now["voltage_l1_v"], float)


def test_history(owner):
    hour = owner.get("/api/v1/history?span=hour").json()
    assert hour["step_s"] == 10 and len(hour["import_w"]) == len(hour["export_w"]) == 360 and hour["start"].endswith("Z")
    known = [value for value in hour["import_w"] if value is not None]
    assert known and all(0 <= value < 20000 for value in known) and hour["import_w"][0] is None
    day = owner.get("/api/v1/history?span=day").json()
    assert day["step_s"] == 300 and len(day["import_w"]) == len(day["export_w"]) == 288
    table = owner.get("/api/v1/history?span=hour&format=csv")
    rows = table.body.decode().split("\r\n")
    assert table.headers["content-type"].startswith("text/csv") and rows[0] == "time,import_w,export_w" and rows[-1] == ""
    assert [int(row.split(",")[1]) for row in rows[1:-1]][:len(known)] == known
    for path in ("history", "history?span=week", "history?span=hour&format=xml", "energy", "energy?span=year"):
        assert owner.get("/api/v1/" + path).status == 400


def test_energy(owner):
    day = owner.get("/api/v1/energy?span=day").json()
    here = datetime.now(ZoneInfo("Europe/Stockholm"))
    assert day["unit"] == "kWh" and day["date"] == here.strftime("%Y-%m-%d") and len(day["slots"]) == here.hour + 1
    assert [slot.get("running", False) for slot in day["slots"]] == [False] * here.hour + [True]
    month = owner.get("/api/v1/energy?span=month").json()
    assert len(month["slots"]) == here.day and month["slots"][-1]["import_kwh"] == day["slots"][-1]["import_kwh"]
    for wrong in ("2026-02-30", "2026-2-1", "26-02-01", "yesterday", "2026-02-01x", "9999-01-01"):
        assert owner.get("/api/v1/energy?span=day&date=" + wrong).status == 400


def test_status(house, owner):
    status = owner.get("/api/v1/status").json()
    assert status["port"]["state"] == "good" and status["port"]["line"] == "2400 8E1" and status["port"]["telegrams"] > 0
    assert status["link"]["kind"] == "wifi" and status["link"]["address"] == "127.0.0.1" and status["link"]["rssi_dbm"] == -61
    assert status["broker"]["connected"] is True and status["broker"]["sent"] > 0 and status["broker"]["sentence"] == "connected to the broker"
    assert status["memory"]["free_b"] > 5000 and status["memory"]["largest_b"] > 0
    assert status["chip"] == pcboard.CHIP_ID and status["board"] == "esp32-mbus" and status["uptime_s"] > 0


def test_the_log_has_the_last_lines_and_no_secrets(house, owner):
    lines = owner.get("/api/v1/log").json()["lines"]
    assert lines and all(re.match(r"(\d+d )?\d\d:\d\d:\d\d \w+: ", line) for line in lines)
    assert all(any(line == said for said in house.said) for line in lines)
    assert not any("reading:" in line or "hemligt" in line or "hush" in line for line in lines)


def test_the_telegram_tells_nobody_whose_it_is(owner):
    number = owner.get("/api/v1/readings").json()["now"]["meter_id"]
    answer = owner.get("/api/v1/telegram")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain")
    frame = bytes.fromhex(answer.body.decode().replace("\n", ""))
    assert frame[:1] == frame[-1:] == b"\x7e" and number.encode() not in frame


def test_metrics(owner):
    answer = owner.get("/metrics")
    assert answer.status == 200 and answer.headers["content-type"] == "text/plain; version=0.0.4"
    values = {}
    for line in answer.body.decode().splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert kind in ("gauge", "counter") and name not in values
        else:
            name, value = line.split()
            assert re.fullmatch(r"[a-z_0-9]+", name)
            values[name] = float(value)
    assert values["hamn_broker_connected"] == 1 and values["hamn_energy_import_kwh"] > 0 and values["hamn_parser_frames_total"] > 0
    assert not any("meter_id" in name for name in values)


def events(visitor, seconds):
    """(event, data) pairs that come within so long."""
    found = []
    with socket.create_connection(("127.0.0.1", visitor.port), timeout=seconds) as connection:
        connection.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{visitor.port}\r\nCookie: {visitor.cookie}\r\n\r\n".encode())
        data = b""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                break
            if not piece:
                break
            data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    for block in rest.decode().split("\n\n")[:-1]:
        if block.startswith("event: "):
            name, _, text = block.partition("\ndata: ")
            found.append((name[7:], json.loads(text)))
    return head.decode(), found


def test_events(owner):
    head, found = events(owner, 8)
    assert head.startswith("HTTP/1.1 200") and "text/event-stream" in head
    names = [name for name, _ in found]
    assert names.count("reading") >= 3 and names.count("status") >= 1
    assert all("power_import_w" in data["now"] for name, data in found if name == "reading")


# Who may

READABLE = ("readings", "events", "history?span=hour", "energy?span=day", "status")
OWN = ("log", "telegram", "settings", "backup", "tokens", "scan", "wifi")


def test_nothing_without_a_log_in(house):
    stranger = house.visitor(False)
    for path in (*READABLE, *OWN):
        answer = stranger.get("/api/v1/" + path)
        assert answer.status == 401 and set(answer.json()) == {"error"}, path
    assert stranger.get("/metrics").status == 401
    for path in ("restart", "factory-reset", "restore", "backup", "tokens", "wifi"):
        assert stranger.post("/api/v1/" + path, {"confirm": True}).status == 401, path
    assert stranger.put("/api/v1/settings", {"language": "no"}).status == 401
    assert stranger.get("/api/v1/session").json() == {
        "authorised": False, "set_up": True, "portal": False, "language": "en", "open_readings": False, "name": f"hamn-{pcboard.CHIP_ID}", "version": "0.1"}
    assert stranger.get("/api/v1/readings", headers={"Cookie": "hamn=" + "0" * 32}).status == 401
    assert stranger.get("/api/v1/readings", headers={"Authorization": "Bearer " + "0" * 32}).status == 401


def test_log_in_and_out(house):
    visitor = house.visitor(False)
    answer = visitor.log_in(PASSWORD)
    assert answer.status == 204
    cookie = answer.headers["set-cookie"]
    assert re.fullmatch(r"hamn=[0-9a-f]{32}; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200", cookie)
    assert visitor.get("/api/v1/session").json()["authorised"] is True
    kept = visitor.cookie
    assert visitor.post("/api/v1/logout").status == 204
    assert visitor.get("/api/v1/log", headers={"Cookie": kept}).status == 401


def test_a_foreign_name_or_page_gets_nothing(house, owner):
    for host in ("evil.example", "127.0.0.1.evil.example", "10.0.0.1", ""):
        answer = owner.get("/api/v1/readings", headers={"Host": host})
        assert answer.status in (400, 421), host
    port = owner.port
    for host in (f"127.0.0.1:{port}", "127.0.0.1", f"hamn-{pcboard.CHIP_ID}.local", f"HAMN-{pcboard.CHIP_ID}"):
        assert owner.get("/api/v1/readings", headers={"Host": host}).status == 200, host
    for origin in ("http://evil.example", "null", "https://127.0.0.1", f"http://127.0.0.1:{port + 1}"):
        for ask in (lambda: owner.put("/api/v1/settings", {"language": "no"}, headers={"Origin": origin}),
                    lambda: owner.get("/api/v1/readings", headers={"Origin": origin}),
                    lambda: owner.post("/api/v1/login", {"password": PASSWORD}, headers={"Origin": origin})):
            assert ask().status == 403, origin
    assert owner.get("/api/v1/readings", headers={"Origin": f"http://127.0.0.1:{port}"}).status == 200


def test_machines_read_with_a_token_and_no_more(owner):
    made = owner.post("/api/v1/tokens", {"name": "grafana"})
    token = made.json()["token"]
    assert made.status == 200 and re.fullmatch(r"[0-9a-f]{32}", token)
    machine = Visitor(owner.port)
    fields = {"Authorization": "Bearer " + token}
    for path in ("/metrics", *("/api/v1/" + path for path in READABLE if path != "events")):
        assert machine.get(path, headers=fields).status == 200, path
    for path in OWN:
        assert machine.get("/api/v1/" + path, headers=fields).status == 401, path
    assert machine.put("/api/v1/settings", {"language": "no"}, headers=fields).status == 401
    assert owner.get("/api/v1/tokens").json() == {"tokens": ["grafana"]}
    assert set(owner.post("/api/v1/tokens", {"name": "grafana"}).json()["problems"]) == {"name"}
    for name in ("", "a b", "x" * 33, "å", 5, None):
        assert owner.post("/api/v1/tokens", {"name": name}).status == 422
    assert owner.ask("DELETE", "/api/v1/tokens/grafana").status == 204
    assert owner.ask("DELETE", "/api/v1/tokens/grafana").status == 404
    assert machine.get("/metrics", headers=fields).status == 401


def test_bodies_are_checked(owner):
    def status(body, kind="application/json", path="/api/v1/tokens"):
        return owner.post(path, body, headers={"Content-Type": kind}).status

    assert status(b'{"name": "a"}', "text/plain") == status(b'{"name": "a"}', "application/x-www-form-urlencoded") == 415
    for body in (b"[]", b"{", b'{"a": 1', b"nonsense", b'"a"', b"{}}", b"\xff{}", b"[" * 50):
        assert status(body) == 400, body
    assert status(b" " * 17000) == 413
    stranger = Visitor(owner.port)
    assert stranger.post("/api/v1/login", b" " * 600).status == 413
    for body in ({}, {"password": 1}, {"password": ""}, {"password": None}):
        assert stranger.post("/api/v1/login", body).status == 400


def test_settings_go_in_and_secrets_never_come_out(house, owner):
    answer = owner.get("/api/v1/settings")
    shown = answer.json()
    fields = {field["key"]: field for field in shown["fields"]}
    assert set(fields) == set(shown["values"]) and fields["mqtt_port"]["limits"] == [1, 65535] and fields["language"]["limits"] == ["en", "sv", "no"]
    assert all(set(field) == {"key", "kind", "limits", "default", "help", "secret"} for field in fields.values())
    assert {key for key, field in fields.items() if field["secret"]} == set(SECRETS)
    assert shown["values"]["mqtt_password"] is True and shown["values"]["meter_key"] is False
    for secret in (b"hush", b"hemligt", STORED.encode()):
        assert secret not in answer.body
    # What is wrong is said beside its field, and nothing is taken.
    before = house.settings()
    answer = owner.put("/api/v1/settings", {"mqtt_port": 0, "mqtt_host": "good", "hostname": "-x", "nonsense": 1, "page_password": "short",
                                            "meter_key": "secret-not-hex"})
    assert answer.status == 422 and set(answer.json()["problems"]) == {"mqtt_port", "hostname", "nonsense", "page_password", "meter_key"}
    assert b"secret-not-hex" not in answer.body and house.settings() == before
    # What is right is kept, secrets that are not sent stay.
    answer = owner.put("/api/v1/settings", {"mqtt_user": "me", "mqtt_password": True})
    assert answer.status == 200 and answer.json() == {"restart": True}
    after = house.settings()
    assert after["mqtt_user"] == "me" and after["mqtt_password"] == "hush-hush" and after["wifi_password"] == "hemligt-ord"
    # Some take effect at once.
    assert owner.put("/api/v1/settings", {"language": "sv", "fuse_a": 20}).json() == {"restart": False}
    assert owner.get("/api/v1/session").json()["language"] == "sv" and owner.get("/api/v1/readings").json()["fuse_a"] == 20
    owner.put("/api/v1/settings", {"language": "en", "fuse_a": 25})


def test_readings_are_open_to_all_only_when_the_user_says_so(owner):
    stranger = Visitor(owner.port)
    assert owner.put("/api/v1/settings", {"open_readings": "on"}).json() == {"restart": False}
    try:
        for path in ("/metrics", *("/api/v1/" + path for path in READABLE if path != "events")):
            assert stranger.get(path).status == 200, path
        for path in OWN:
            assert stranger.get("/api/v1/" + path).status == 401, path
    finally:
        owner.put("/api/v1/settings", {"open_readings": "off"})
    assert stranger.get("/api/v1/readings").status == 401


def test_homewizard_is_there_only_when_the_user_says_so(owner):
    stranger = Visitor(owner.port)
    assert owner.put("/api/v1/settings", {"homewizard": "on"}).json() == {"restart": False}
    try:
        who = stranger.get("/api").json()
        assert who["product_type"] == "HWE-P1" and who["serial"] == pcboard.CHIP_ID and who["api_version"] == "v1"
        data = stranger.get("/api/v1/data").json()
        now = owner.get("/api/v1/readings").json()["now"]
        assert data["total_power_import_kwh"] == now["energy_import_kwh"] and isinstance(data["active_power_w"], int)
        assert data["active_voltage_l1_v"] > 100 and data["wifi_ssid"] == "PC" and 0 <= data["wifi_strength"] <= 100
        assert "active_power_l1_w" not in data and data["external"] == []
        assert stranger.get("/api/v1/telegram").status == 200
        assert stranger.get("/api/v1/readings").status == 401
    finally:
        owner.put("/api/v1/settings", {"homewizard": "off"})
    assert stranger.get("/api").status == 404


def test_backup_and_restore(house, owner):
    plain = owner.get("/api/v1/backup")
    assert "attachment" in plain.headers["content-disposition"]
    kept = plain.json()
    assert set(kept) == {"hamn", "settings"} and not set(SECRETS) & set(kept["settings"])
    assert owner.post("/api/v1/backup", {"password": "short"}).status == 422
    answer = owner.post("/api/v1/backup", {"password": "backup password"})
    whole = answer.json()
    assert b"hush" not in answer.body and whole["secrets"]["rounds"] == 10000
    before = house.settings()
    assert owner.put("/api/v1/settings", {"mqtt_user": "other", "mqtt_password": "other"}).status == 200
    for spoilt in ({**whole, "secrets": {**whole["secrets"], "data": whole["secrets"]["data"][:-8] + "AAAAAAA="}},
                   {**whole, "secrets": {**whole["secrets"], "rounds": 10**9}}, {**whole, "secrets": {"data": 5}}):
        answer = owner.post("/api/v1/restore", {"file": spoilt, "password": "backup password"})
        assert answer.status == 422 and set(answer.json()["problems"]) == {"password"}
    answer = owner.post("/api/v1/restore", {"file": whole, "password": "wrong password"})
    assert answer.status == 422 and set(answer.json()["problems"]) == {"password"} and house.settings()["mqtt_user"] == "other"
    answer = owner.post("/api/v1/restore", {"file": whole, "password": "backup password"})
    assert answer.status == 200 and answer.json()["restart"] is True and house.settings() == before
    assert owner.post("/api/v1/restore", {"file": {**kept, "settings": {**kept["settings"], "mqtt_port": 0}}}).json()["problems"].keys() == {"mqtt_port"}
    answer = owner.post("/api/v1/restore", {"file": {**kept, "settings": {**kept["settings"], "of_tomorrow": 1}}})
    assert answer.json()["ignored"] == ["of_tomorrow"] and house.settings() == before
    for nonsense in (5, None, [], {}, {"settings": 5}, "nonsense", ""):
        assert owner.post("/api/v1/restore", {"file": nonsense}).status == 422


def test_an_amsreader_moves_in(house, owner):
    before = house.settings()
    text = ("version 2.4.1\nboardType 5\nhostname ams-1a2b\nssid Hus 4 \npsk hemligt-ord-2\nmdns 1\nmqttHost 192.168.1.5\nmqttPort 1884\n"
            "mqttClientId ams-1a2b\nmqttPublishTopic ams\nmqttUsername me\nmqttPassword hush 2\nmqttPayloadFormat 4\nmqttSsl 0\n"
            "homeAssistantDiscoveryPrefix homeassistant\nmeterBaud 2400\nmeterParity 8E1\nmeterInvert 0\nmeterMainFuse 35\n"
            "meterEncryptionKey 00112233445566778899AABBCCDDEEFF\nntpServer ntp.se\ngpioHanPin 3\npriceArea NO1\n"
            "dayplot 6 1700000000 0.000 0 1 2 3\n")
    answer = owner.post("/api/v1/restore", {"file": text})
    assert answer.status == 200, answer.body
    assert {"mqttSsl", "gpioHanPin", "priceArea", "dayplot", "boardType"} <= set(answer.json()["ignored"])
    after = house.settings()
    assert {**before, "hostname": "ams-1a2b", "wifi_ssid": "Hus 4 ", "wifi_password": "hemligt-ord-2", "mqtt_host": "192.168.1.5", "mqtt_port": 1884,
            "mqtt_user": "me", "mqtt_password": "hush 2", "ams_topic": "ams", "mqtt_layout": "ams-ha", "ams_name": "ams-1a2b",
            "meter_line": "mbus-8e1", "fuse_a": 35, "ntp_host": "ntp.se", "meter_key": "00112233445566778899AABBCCDDEEFF"} == after
    (house.device / "settings.json").write_text(json.dumps(before))


def test_scan_and_wifi(owner):
    assert owner.get("/api/v1/scan").json() == {"networks": [{"ssid": "PC", "rssi_dbm": -61, "secure": True}]}
    assert owner.get("/api/v1/wifi").json() == {"state": "idle"}


# Who misbehaves

def test_wrong_passwords_slow_down_and_a_right_one_gets_in_again(lone):
    dongle = lone(SET)
    visitor = dongle.visitor(False)
    for _ in range(3):
        assert visitor.log_in("wrong").status == 401
    answer = visitor.log_in(PASSWORD)
    assert answer.status == 429 and int(answer.headers["retry-after"]) >= 1
    time.sleep(2.1)
    assert visitor.log_in("wrong").status == 401
    assert visitor.log_in(PASSWORD).status == 429
    time.sleep(3.1)
    assert visitor.log_in(PASSWORD).status == 204
    assert visitor.log_in("wrong").status == 401, "and the count begins anew"
    assert any("a wrong password was given" in line for line in dongle.said) and not any("wrong\"" in line for line in dongle.said)


def test_a_new_password_locks_others_out(lone):
    dongle = lone(SET)
    owner, other = dongle.visitor(), dongle.visitor()
    assert owner.put("/api/v1/settings", {"page_password": "another sesame"}).json() == {"restart": False}
    assert other.get("/api/v1/log").status == 401 and owner.get("/api/v1/log").status == 200
    rounds, salt, made = dongle.settings()["page_password"].split(":")
    assert hashlib.pbkdf2_hmac("sha256", b"another sesame", bytes.fromhex(salt), int(rounds)).hex() == made
    assert other.log_in(PASSWORD).status == 401 and other.log_in("another sesame").status == 204


def test_the_first_limit_brings_the_guard_with_a_restart(lone):
    owner = lone({**SET, "fuse_a": 0}).visitor()
    assert owner.put("/api/v1/settings", {"fuse_a": 20}).json() == {"restart": True}
    assert owner.put("/api/v1/settings", {"fuse_a": 0}).json() == {"restart": False}


def test_restart_and_factory_reset(lone):
    dongle = lone(SET)
    owner = dongle.visitor()
    assert owner.post("/api/v1/tokens", {"name": "x"}).status == 200
    assert owner.put("/api/v1/contract", {"contract": {"currency": "NOK"}}).json() == {"restart": True}
    for path in ("restart", "factory-reset"):
        assert owner.post("/api/v1/" + path, {}).status == owner.post("/api/v1/" + path, {"confirm": 1}).status == 400
    assert owner.post("/api/v1/restart", {"confirm": True}).json() == {"restart": True}
    assert dongle.ends() == pcboard.RESET
    dongle.start()
    owner = dongle.visitor()
    (dongle.device / "history").mkdir()
    (dongle.device / "history/2026").write_text("x")
    label = (dongle.device / "label.txt")
    label.write_text("abcd-efgh-jkmn\n")
    assert owner.post("/api/v1/factory-reset", {"confirm": True}).status == 200
    assert dongle.ends() == pcboard.RESET
    left = {path.name for path in dongle.device.iterdir()} - {".rtc-memory"}
    assert left == {"boot.py", "main.py", "firmware", "lib", "www", "label.txt"} and label.read_text() == "abcd-efgh-jkmn\n"


# Set-up

def dns(port, name, kind=1):
    """What the name server of the set-up answers: (header, rest)."""
    question = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0" + b"".join(bytes([len(part)]) + part for part in name.split(b".")) + b"\0" + bytes((0, kind, 0, 1))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(5)
        asking.sendto(question, ("127.0.0.1", port))
        return question, asking.recv(512)


def test_from_the_shop_to_the_first_connection(lone, tmp_path, micropython32, umqtt):
    board = pcboard.PcBoard(tmp_path / "board")
    board.wifi_key = "hemligt-ord"
    dongle = lone(board=board)
    phone = Visitor(board.page)
    session = phone.wait()
    label = (dongle.device / "label.txt").read_text().strip()
    assert re.fullmatch(r"[a-km-np-z2-9]{4}(-[a-km-np-z2-9]{4}){2}", label)
    assert any(label in line for line in dongle.said)
    # Whoever is in our Wi-Fi may set up.
    assert session["authorised"] and session["portal"] and not session["set_up"]
    assert label not in json.dumps(phone.get("/api/v1/log").json())
    # Phones are led to the page.
    question, answer = dns(board.dns, b"connectivitycheck.gstatic.com")
    assert answer[:2] == question[:2] and answer[2] & 0x80 and answer[6:8] == b"\0\1" and answer[-4:] == bytes((127, 0, 0, 1))
    question, answer = dns(board.dns, b"captive.apple.com", 28)
    assert answer[3] & 0x0F == 0 and answer[6:8] == b"\0\0", "no such address, but the name exists"
    for host, path in (("connectivitycheck.gstatic.com", "/generate_204"), ("captive.apple.com", "/hotspot-detect.html"),
                       ("www.msftconnecttest.com", "/connecttest.txt")):
        answer = phone.get(path, headers={"Host": host})
        assert answer.status == 302 and answer.headers["location"] == "http://127.0.0.1/"
    # Wi-Fi is tried before it is kept.
    assert phone.get("/api/v1/scan").json()["networks"][0]["ssid"] == "PC"
    answer = phone.post("/api/v1/wifi", {"ssid": "PC", "password": "not-this-one"})
    assert answer.status == 422 and "password was refused" in answer.json()["problems"]["wifi_password"]
    assert phone.get("/api/v1/wifi").json()["state"] == "failed" and not (dongle.device / "settings.json").exists()
    for wrong in ({"ssid": "", "password": ""}, {"ssid": "x" * 33}, {"ssid": "PC", "password": "short"}, {"ssid": 5}):
        assert phone.post("/api/v1/wifi", wrong).status == 422
    answer = phone.post("/api/v1/wifi", {"ssid": "PC", "password": "hemligt-ord"})
    assert answer.status == 200 and answer.json() == {"address": "127.0.0.1", "restart": True}
    assert phone.put("/api/v1/settings", {"page_password": PASSWORD, "language": "sv", "board": "esp32-mbus"}).status == 200
    assert phone.post("/api/v1/restart", {"confirm": True}).status == 200
    assert dongle.ends() == pcboard.RESET
    dongle.start()
    owner = dongle.visitor()
    status = owner.get("/api/v1/status").json()
    assert status["link"]["address"] == "127.0.0.1"
    session = Visitor(board.page).get("/api/v1/session").json()
    assert not session["authorised"] and not session["portal"] and session["set_up"] and session["language"] == "sv"


def test_before_a_password_is_set_the_label_opens_the_page(lone):
    dongle = lone({"wifi_ssid": "PC"})
    visitor = Visitor(dongle.board.page)
    visitor.wait()
    time.sleep(1)
    label = (dongle.device / "label.txt").read_text().strip()
    stranger = Visitor(dongle.board.page)
    assert stranger.get("/api/v1/session").json()["authorised"] is False and stranger.get("/api/v1/readings").status == 401
    assert stranger.log_in("abcd-efgh-jkmn").status == 401 and stranger.log_in(label).status == 204


def test_the_button_opens_the_set_up_and_held_on_forgets_everything(lone):
    dongle = lone({**SET, "board": "esp32-p1"})
    visitor = dongle.visitor()
    assert visitor.get("/api/v1/session").json()["portal"] is False
    dongle.board.button.touch()
    time.sleep(1)
    dongle.board.button.unlink()
    time.sleep(0.5)
    assert visitor.get("/api/v1/session").json()["portal"] is False, "a touch is nothing"
    dongle.board.button.touch()
    time.sleep(4)
    session = Visitor(dongle.board.page).get("/api/v1/session").json()
    assert session["portal"] is True and session["authorised"] is False, "with a password set, only who knows it gets in"
    assert dongle.ends(10) == pcboard.RESET
    dongle.board.button.unlink()
    assert not (dongle.device / "settings.json").exists() and (dongle.device / "label.txt").exists()
