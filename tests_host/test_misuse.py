"""What people and programs get wrong, held against the firmware under real MicroPython: values that no setting can have, files that
are no backup, sessions that are over."""

import copy
import json
import socket
import time

import pytest

from firmware import settings
from test_set_up import shortened, until
from test_web import PASSWORD, SET, Dongle
from tools import pcboard
from visitor import Visitor


@pytest.fixture(scope="module")
def dongle(tmp_path_factory, micropython32, umqtt):
    """A dongle alone, with every kind of secret set."""
    made = Dongle(tmp_path_factory.mktemp("dongle"), {**SET, "meter_key": "0f" * 16})
    yield made
    made.close()


@pytest.fixture(scope="module")
def owner(dongle):
    visitor = dongle.visitor()
    assert visitor.put("/api/v1/settings", {}).status == 200  # which writes every setting down
    return visitor


# Values

# As they stand in JSON: not every value can be made of Python's.
NASTY = ("null", "[]", "{}", "[[1]]", "false", "-1", "1.5", "1e400", "-0.0", "123456789012345678901234567890", '"\\u0000"', '"a\\nb"', '"\\ud800"', '"\u0085"',
         json.dumps("x" * 300), json.dumps("å" * 150, ensure_ascii=False), '"<script>alert(1)</script>"', '"; rm -rf /"', '"mqtt://a b"', '" "', '"#"', '"\\"}"')


@pytest.mark.parametrize("value", NASTY)
def test_no_value_does_harm(dongle, owner, value):
    """Each setting takes it as it is by its own rules, or refuses it beside its name; several at once."""
    before = dongle.settings()
    try:
        meant = json.loads(value)
    except ValueError:
        meant = None
    fields = list(settings.FIELDS)
    wrong = {key for key, _ in settings.validate({field.key: meant for field in fields})[1]}
    if isinstance(meant, str) and 8 <= len(meant) <= 64:
        wrong.discard("page_password")  # the password itself, of which the hash is kept
    for n in range(0, len(fields), 8):
        # One that always refuses keeps the others from being saved.
        keys = {field.key for field in fields[n:n + 8]} | {"fuse_a"}
        body = "{" + ",".join(f'"{key}":{value if key != "fuse_a" else "-5"}' for key in sorted(keys)) + "}"
        answer = owner.ask("PUT", "/api/v1/settings", body.encode())
        assert answer.status == 422, answer.body
        problems = answer.json()["problems"]
        assert set(problems) == wrong & keys | {"fuse_a"} and all(len(sentence) > len(key) + 5 for key, sentence in problems.items())
        if isinstance(meant, str) and len(meant.strip()) > 3:
            assert meant not in answer.body.decode()
    assert dongle.settings() == before and dongle.child.running()


def test_each_kind_of_setting_refuses_alone(dongle, owner):
    before = dongle.settings()
    wrong = {"choice": "maybe", "int": 70000, "text": "x" * 300, "host": "http://x/", "name": "-x", "topic": "a/#", "psk": "short", "country": "sweden",
             "hexkey": "0f" * 15, "hex": "0f0", "password": "1234567"}
    assert {field.kind for field in settings.FIELDS} == set(wrong)
    for field in settings.FIELDS:
        value = wrong[field.kind] if field.kind != "int" else field.limits[1] + 1
        answer = owner.put("/api/v1/settings", {field.key: value})
        assert answer.status == 422 and set(answer.json()["problems"]) == {field.key}, field
    assert dongle.settings() == before


def test_names_that_are_no_setting(dongle, owner):
    before = dongle.settings()
    for key in ("", "Board", "mqtt_host ", "__class__", "x" * 2000, "\u0000", "å"):
        answer = owner.put("/api/v1/settings", {key: "x"})
        assert answer.status == 422 and len(answer.json()["problems"]) == 1 and len(answer.body) < 300, key
    for body in ({}, {"wifi_password": True, "meter_key": True}):
        assert owner.put("/api/v1/settings", body).json() == {"restart": False}
    assert dongle.settings() == before


# Files

@pytest.fixture(scope="module")
def sealed(owner):
    """A backup with everything, its password is "a password to keep"."""
    return owner.post("/api/v1/backup", {"password": "a password to keep"}).json()


def spoilt(sealed, *path, value):
    made = copy.deepcopy(sealed)
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return made


@pytest.mark.parametrize("path, value", (
    (("secrets", "data"), ""), (("secrets", "data"), "AAAA"), (("secrets", "data"), "not base64!"), (("secrets", "data"), 5), (("secrets", "mac"), "AAAA"), (("secrets", "iv"), "AAAA"),
    (("secrets", "salt"), None), (("secrets", "rounds"), 0), (("secrets", "rounds"), 10**9), (("secrets", "rounds"), "10000"), (("secrets", "rounds"), 1), (("secrets",), []), (("secrets",), "x"),
    (("secrets",), 5), (("secrets",), {"data": "AAAA"}), (("settings",), None), (("settings",), []), (("settings",), "x"), (("settings", "mqtt_port"), "1883"), (("settings", "board"), "toaster"),
    (("settings", "wifi_ssid"), {"a": 1}),
))
def test_a_damaged_backup_changes_nothing(dongle, owner, sealed, path, value):
    before = dongle.settings()
    answer = owner.post("/api/v1/restore", {"file": spoilt(sealed, *path, value=value), "password": "a password to keep"})
    if path == ("secrets",) and value == []:
        assert answer.status == 200, "as one without secrets"
    else:
        assert answer.status == 422 and answer.json()["problems"], answer.body
    assert dongle.settings() == before and dongle.child.running()


def test_a_backup_of_another_version(dongle, owner, sealed):
    before = dongle.settings()
    made = spoilt(sealed, "settings", "flux_capacitor", value=88)
    made["settings"].pop("mqtt_port")
    # No secret stands in the open part; where one does, the sealed one counts.
    made["settings"]["page_password"] = "in the clear"
    answer = owner.post("/api/v1/restore", {"file": made, "password": "a password to keep"})
    assert answer.status == 200 and answer.json()["ignored"] == ["flux_capacitor"] and "mqtt_port" not in answer.json()["taken"]
    assert dongle.settings() == before


@pytest.mark.parametrize("file", (
    None, 5, True, [], [1, 2], {}, {"hamn": "0.1"}, {"settings": 5}, "", " ", "{", "\u0000\u0001", "hello", "x" * 4000, '{"settings": {}}', "GIF89a\u0000", "ssid", "ssid\nmqttHost\n",
    "mqttHost \nssid \n" * 100, "-----BEGIN CERTIFICATE-----\nMIIB\n",
))
def test_a_foreign_file_changes_nothing(dongle, owner, file):
    before = dongle.settings()
    answer = owner.post("/api/v1/restore", {"file": file})
    assert answer.status == 422 and answer.json()["problems"], answer.body
    assert dongle.settings() == before and dongle.child.running()


# An amsreader's file as its own program writes it, and what may have become of it on the way.
AMS = ("amsConfig 1\nversion 2.4.1\nboardType 5\nhostname ams-1a2b\nssid Fyren\npsk hemligt-ord\nmqttHost 10.0.0.7\nmqttPort 1883\nmqttClientId x\nmqttPublishTopic ams/1a2b\n"
       "mqttPayloadFormat 0\nmeterBaud 2400\nmeterParity 8E1\nmeterMainFuse 25\nmeterEncryptionKey \nntpServer pool.ntp.org\nhomeAssistantDiscoveryPrefix homeassistant\n")


@pytest.mark.parametrize("change, taken", (
    (lambda text: text, {"wifi_ssid": "Fyren", "wifi_password": "hemligt-ord", "mqtt_host": "10.0.0.7", "ams_topic": "ams/1a2b", "mqtt_layout": "ams-json", "meter_line": "mbus-8e1",
                         "fuse_a": 25, "meter_key": "0f" * 16, "mqtt_password": "", "hostname": "ams-1a2b"}),
    (lambda text: text.replace("\n", "\r\n"), {"wifi_ssid": "Fyren", "mqtt_host": "10.0.0.7"}),
    (lambda text: text.rstrip(), {"ha_prefix": "homeassistant"}),
    (lambda text: "\ufeff" + text, {"mqtt_host": "10.0.0.7"}),
    (lambda text: text + text.replace("Fyren", "Boden"), {"wifi_ssid": "Boden"}),
    (lambda text: text.replace("mqttPort 1883", "mqttPort -1"), {"mqtt_port": 1883}),
    (lambda text: text.replace("mqttPayloadFormat 0", "mqttPayloadFormat 3"), {"mqtt_layout": "hamn"}),
    (lambda text: "\n\n# comment\n=\n" + text + "\n nonsense\nx" * 50, {"wifi_ssid": "Fyren"}),
    (lambda text: text.replace("psk hemligt-ord\n", "psk \n").replace("ntpServer pool.ntp.org", "ntpServer "), {"wifi_ssid": "Fyren", "wifi_password": "", "ntp_host": "pool.ntp.org"}),
    (lambda text: "\n".join(reversed(text.splitlines())), {"wifi_ssid": "Fyren", "fuse_a": 25}),
), ids=range(10))
def test_an_amsreaders_file_however_it_got_here(dongle, owner, change, taken):
    before = dongle.settings()
    try:
        answer = owner.post("/api/v1/restore", {"file": change(AMS)})
        assert answer.status == 200, answer.body
        after = dongle.settings()
        assert {key: after[key] for key in taken} == taken
        assert after["page_password"] == before["page_password"] and after["board"] == before["board"]
    finally:
        (dongle.device / "settings.json").write_text(json.dumps(before))


@pytest.mark.parametrize("line, key", (
    ("mqttPort 0", "mqtt_port"), ("mqttPort 99999999999999999999", "mqtt_port"), ("meterMainFuse 5000", "fuse_a"), ("psk short", "wifi_password"), ("ssid " + "x" * 33, "wifi_ssid"),
    ("mqttHost mqtt://x", "mqtt_host"), ("meterEncryptionKey zz", "meter_key"), ("mqttPublishTopic a/#", "ams_topic"), ("hostname a_b", "hostname"),
))
def test_an_amsreaders_file_with_what_cannot_be(dongle, owner, line, key):
    before = dongle.settings()
    answer = owner.post("/api/v1/restore", {"file": AMS + line + "\n"})
    assert answer.status == 422 and set(answer.json()["problems"]) == {key}, answer.body
    assert dongle.settings() == before


# Sessions

def stream(visitor, field=None):
    """An open connection on which events come."""
    connection = socket.create_connection(("127.0.0.1", visitor.port), timeout=30)
    connection.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{visitor.port}\r\n{field or 'Cookie: ' + visitor.cookie}\r\n\r\n".encode())
    assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    return connection


def ended(connection):
    """Seconds until the other side closes it."""
    began = time.monotonic()
    while connection.recv(4096):
        pass
    connection.close()
    return time.monotonic() - began


def test_a_session_expires_and_with_it_what_it_looks_at(tmp_path, micropython32, umqtt):
    board = pcboard.PcBoard(tmp_path / "board")
    shortened(board, "web_access", SESSION_S=6)
    dongle = Dongle(tmp_path, SET, board=board)
    try:
        visitor = dongle.visitor(False)
        assert visitor.log_in(PASSWORD).headers["set-cookie"].endswith("Max-Age=6")
        began = time.monotonic()
        with stream(visitor) as watching:
            assert visitor.get("/api/v1/log").status == 200
            # Looking does not prolong it.
            until(12, lambda: visitor.get("/api/v1/log").status == 401)
            assert 4 <= time.monotonic() - began
            assert ended(watching) < 16
        for path in ("readings", "events", "settings", "status"):
            assert visitor.get("/api/v1/" + path).status == 401, path
        assert visitor.get("/api/v1/session").json()["authorised"] is False
        assert visitor.log_in(PASSWORD).status == 204 and visitor.get("/api/v1/log").status == 200
        # Expired ones take nobody's place.
        for _ in range(10):
            assert Visitor(board.page).log_in(PASSWORD).status == 204
    finally:
        dongle.close()


def test_what_somebody_looks_at_ends_with_the_right_to_see_it(dongle, owner):
    leaver, other = Visitor(owner.port), Visitor(owner.port)
    assert leaver.log_in(PASSWORD).status == other.log_in(PASSWORD).status == 204
    token = owner.post("/api/v1/tokens", {"name": "screen"}).json()["token"]
    watching = [stream(leaver), stream(other), stream(owner, f"Authorization: Bearer {token}")]
    assert leaver.post("/api/v1/logout").status == 204
    assert owner.ask("DELETE", "/api/v1/tokens/screen").status == 204
    assert owner.put("/api/v1/settings", {"page_password": "another sesame"}).status == 200
    assert sum(ended(connection) for connection in watching) < 20
    assert owner.get("/api/v1/log").status == 200, "who changed the password stays"
    assert owner.put("/api/v1/settings", {"page_password": PASSWORD}).status == 200
