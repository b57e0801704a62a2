"""Settings: every bad value becomes a sentence and a default, a save is whole or not there, and no secret is repeated."""

import builtins
import errno
import json
import pathlib

import pytest

from firmware import boards, settings
from firmware.settings import FIELDS, SettingsError, load, save, validate

GOOD = {
    "board": "wt32-eth01", "hostname": "meter-1", "wifi_ssid": "Hus 4 ", "wifi_password": "correct horse", "wifi_country": "SE",
    "mqtt_host": "192.168.1.5", "mqtt_tls": "pin", "mqtt_pin": ":".join(["aB"] * 32), "mqtt_psk_id": "hus 4", "mqtt_psk_key": "0f" * 16,
    "mqtt_port": 8883, "mqtt_clear_login": "yes", "mqtt_user": "åke", "mqtt_password": "hemligt", "mqtt_topic": "home/meter",
    "mqtt_layout": "hamn+ams-ha", "power_interval": 10, "power_band": 20, "phases_interval": 60, "phases_band": 5, "ams_topic": "ams",
    "ams_name": "ams-1a2b", "ha_prefix": "home/assistant", "ntp_host": "ntp.se", "meter_line": "mbus-8n1", "meter_key": "00112233445566778899aAbBcCdDeEfF", "meter_auth_key": "",
    "meter_title": "45474D0000000001", "page_password": "4000:" + "5a" * 16 + ":" + "c3" * 32, "open_readings": "on", "language": "sv",
    "fuse_a": 25, "homewizard": "on", "zone": "Europe/Oslo",
    "tariff": "elvia", "limit_w": 9000, "guard_output": "warning", "price_topic": "prices/no1",
}


def test_defaults_are_valid_and_complete():
    clean, problems = validate({})
    assert problems == []
    assert clean == {field.key: field.default for field in FIELDS}


def test_good_values_come_through_unchanged():
    assert validate(GOOD) == (GOOD, [])


def test_boards_agree_with_the_profiles():
    (field,) = [field for field in FIELDS if field.key == "board"]
    assert field.limits == boards.NAMES


@pytest.mark.parametrize("key, value, words", (
    ("page_password", "open sesame", "make configure"), ("page_password", "4000::" + "0" * 64, "hash"), ("fuse_a", 1001, "0 to 1000"), ("limit_w", -1, "0 to 1000000"),
    ("tariff", "tibber", "own"), ("guard_output", "on", "off, alarm, warning"), ("price_topic", "a/+", "+"),
    ("board", "esp33", "one of"), ("board", None, "text"), ("hostname", "x" * 33, "32 bytes"), ("hostname", "-a", "hyphen"),
    ("hostname", "a_b", "letters"), ("hostname", "a.b", "letters"), ("wifi_ssid", "å" * 17, "32 bytes"),
    ("wifi_ssid", "a\nb", "control"), ("wifi_password", "short", "8 to 63"), ("wifi_password", "x" * 64, "8 to 63"),
    ("wifi_password", 12345678, "quotation"), ("wifi_country", "se", "capital"), ("wifi_country", "SWE", "capital"),
    ("mqtt_host", "mqtt://broker", "without mqtt://"), ("mqtt_host", "a b", "plain host"), ("mqtt_port", 0, "1 to 65535"),
    ("mqtt_port", 65536, "1 to 65535"), ("mqtt_port", "1883", "whole number"), ("mqtt_port", True, "whole number"),
    ("mqtt_port", 1883.0, "whole number"), ("mqtt_port", 1 << 64, "whole number"), ("mqtt_user", "u" * 129, "128 bytes"),
    ("mqtt_topic", "a/#", "#"), ("mqtt_topic", "/a", "/"), ("mqtt_topic", "a/", "/"), ("mqtt_topic", "$SYS", "$"),
    ("mqtt_layout", "ams", "one of"), ("power_interval", -1, "0 to 3600"), ("phases_band", 1001, "0 to 1000"), ("ams_name", "ams_1", "letters"),
    ("ha_prefix", "a/+", "+"), ("ha_prefix", "a" * 65, "64 bytes"), ("ntp_host", "", "empty"),
    ("meter_line", "fast", "auto"), ("meter_key", "00112233445566778899aabbccddee", "got 30 characters"),
    ("meter_key", "zz112233445566778899aabbccddeeff", "not all are hex"), ("meter_auth_key", ["a"], "quotation"),
    ("mqtt_user", "\ud800", "control"), ("mqtt_tls", "on", "off, ca, pin, psk"), ("mqtt_pin", "ab" * 31, "got 62 characters"),
    ("mqtt_pin", "ag" * 32, "hex digits"), ("mqtt_pin", ":" * 64, "hex digits"), ("mqtt_psk_key", "0f" * 15, "32 to 96 hex digits"),
    ("mqtt_psk_key", "0f" * 16 + "0", "in pairs"), ("mqtt_psk_key", "0f" * 49, "got 98"), ("mqtt_psk_id", "x" * 129, "128 bytes"),
    ("mqtt_clear_login", True, "text"),
))
def test_each_problem_is_a_sentence_and_costs_only_its_field(key, value, words):
    clean, problems = validate({**GOOD, key: value})
    (default,) = [field.default for field in FIELDS if field.key == key]
    assert clean == {**GOOD, key: default}
    ((named, sentence),) = problems
    assert named == key and sentence.startswith(key + " must ") and words in sentence


@pytest.mark.parametrize("key", [field.key for field in FIELDS if field.kind != "choice"])
def test_no_sentence_repeats_what_was_entered(key):
    # A password typed into any field, too long or too odd for it.
    for entered in ("Tr0ub4dor&3\n", "Tr0ub4dor&3" * 30, {"Tr0ub4dor&3": 1}):
        _, problems = validate({key: entered})
        assert len(problems) == 1 and "Tr0ub4dor" not in repr(problems)


def test_64_hex_digits_are_a_wifi_key():
    assert validate({"wifi_password": "0f" * 32})[1] == []
    assert len(validate({"wifi_password": "0g" * 32})[1]) == 1


def test_unknown_keys_are_reported_and_kept_out():
    clean, problems = validate({"wifi_pasword": "hemligt123", "x" * 99: 1, "a\x1b[2J": 1, 5: 6})
    assert set(clean) == {field.key for field in FIELDS}
    assert len(problems) == 4 and all("unknown setting" in sentence for _, sentence in problems)
    assert "hemligt" not in repr(problems) and "\x1b" not in "".join(sentence for _, sentence in problems)


@pytest.mark.parametrize("values", (None, [], "text", 7, [["board", "x"]]))
def test_what_is_no_object_gives_the_defaults(values):
    clean, problems = validate(values)
    assert clean == validate({})[0] and "JSON object" in problems[0][1]


@pytest.mark.parametrize("content, words", (
    (None, "missing"), (b"", "not valid JSON"), (b"{", "not valid JSON"), (b"\xff\xfe", "not valid JSON"), (b"[" * 4000, "not valid JSON"),
    (b" " * 5000, "larger"), (b"[]", "JSON object"), (b'{"mqtt_port": 1e999}', "whole number"), (b'{"mqtt_user": "\\ud800"}', "control"),
))
def test_load_survives_any_file(tmp_path, content, words):
    path = tmp_path / "settings.json"
    if content is not None:
        path.write_bytes(content)
    clean, problems = load(str(path))
    assert clean == validate({})[0]
    assert words in problems[0][1]


def test_load_of_a_directory(tmp_path):
    _, problems = load(str(tmp_path))
    assert "cannot be read" in problems[0][1]


def test_save_and_load(tmp_path):
    path = str(tmp_path / "settings.json")
    save(GOOD, path)
    assert load(path) == (GOOD, [])
    assert json.loads((tmp_path / "settings.json").read_text()) == GOOD
    assert [entry.name for entry in tmp_path.iterdir()] == ["settings.json"]


def test_save_refuses_bad_values_and_leaves_the_old_file(tmp_path):
    path = str(tmp_path / "settings.json")
    save(GOOD, path)
    with pytest.raises(SettingsError, match="mqtt_port must"):
        save({**GOOD, "mqtt_port": 0}, path)
    assert load(path) == (GOOD, [])


class PowerCut(BaseException):
    pass


class Limited:
    """A file on which `budget[0]` bytes can still be written; then `error` happens."""

    def __init__(self, file, budget, error):
        self.file, self.budget, self.error = file, budget, error

    def write(self, data):
        part = data[:self.budget[0]]
        self.file.write(part)
        self.file.flush()
        self.budget[0] -= len(part)
        if len(part) < len(data):
            raise self.error

    def flush(self):
        self.file.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


def limit_writes(monkeypatch, budget, error):
    real = builtins.open

    def limited(path, mode="r"):
        file = real(path, mode)
        return Limited(file, budget, error) if "w" in mode else file

    monkeypatch.setattr(settings, "open", limited, raising=False)


def test_a_full_file_system_is_said_and_leaves_the_old_file(tmp_path, monkeypatch):
    path = str(tmp_path / "settings.json")
    save(GOOD, path)
    limit_writes(monkeypatch, [40], OSError(errno.ENOSPC, "no space"))
    with pytest.raises(SettingsError, match="full.*old settings stay"):
        save({**GOOD, "mqtt_host": "new"}, path)
    assert load(path) == (GOOD, [])
    assert [entry.name for entry in tmp_path.iterdir()] == ["settings.json"]


def test_a_power_cut_at_any_byte_leaves_old_or_new(tmp_path, monkeypatch):
    path = str(tmp_path / "settings.json")
    new = {**GOOD, "mqtt_host": "new"}
    save(new, path)
    size = (tmp_path / "settings.json").stat().st_size
    for cut in range(size + 1):
        with monkeypatch.context() as patch:
            save(GOOD, path)
            limit_writes(patch, [cut], PowerCut())
            if cut == size:
                save(new, path)
            else:
                with pytest.raises(PowerCut):
                    save(new, path)
        assert load(path) == ((new if cut == size else GOOD), [])


def test_on_littlefs_a_power_cut_or_a_full_flash_leaves_old_or_new(pc_board):
    child = pc_board.start(script=pathlib.Path(__file__).parent / "mp_settings.py")
    try:
        output = child.output.read().decode()
    finally:
        child.stop()
    words = output.split()
    assert words[0] == "cuts" and int(words[3]) >= 5 and int(words[5]) >= 1, output
    assert "the file system is full" in output and "| old | False\n" in output, output
    assert output.count("short: True") == 8, output
