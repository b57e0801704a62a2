"""tools.configure and tools.console: settings onto a board or into a file, secrets unseen; a console that only reads."""

import io
import asyncio
import hashlib
import json
import os
import pty
import stat
import subprocess
import sys
import threading
import time

import pytest

from firmware import password, settings
from serial_board import SerialBoard
from tools import configure, console, remote

SECRETS = ("page_password", "wifi_password", "mqtt_password", "mqtt_psk_key", "meter_key", "meter_auth_key", "meter_title")
KEY = "00112233445566778899AABBCCDDEEFF"
BEFORE = {"wifi_ssid": "Söder", "wifi_password": "hemligt-ord", "mqtt_host": "old.lan", "mqtt_password": "p$w\"d'", "meter_key": KEY}


class Person:
    """Answers the questions: {key: what to type, or a list for one question asked again}; Enter for all others."""

    def __init__(self, **answers):
        self.answers, self.asked, self.heard = answers, [], []

    def _answer(self, prompt):
        key = prompt.split(" ")[0]
        self.asked.append(prompt)
        answer = self.answers.get(key, "")
        return answer.pop(0) if isinstance(answer, list) else answer

    def read(self, prompt):
        assert prompt.split(" ")[0] not in SECRETS
        return self._answer(prompt)

    def read_secret(self, prompt):
        assert prompt.split(" ")[0] in SECRETS
        return self._answer(prompt)

    def ask(self, values):
        return configure.ask(values, self.read, self.read_secret, self.heard.append)

    def saw(self):
        return "\n".join(self.asked + self.heard)


def test_every_field_that_matters_is_asked_with_its_help():
    person = Person()
    defaults = settings.validate({})[0]
    assert person.ask(defaults) == defaults
    others = ("mqtt_pin", "mqtt_psk_id", "mqtt_psk_key", "mqtt_clear_login")
    fields = [field for field in settings.FIELDS if field.key not in others]
    assert [prompt.split(" ")[0] for prompt in person.asked] == [field.key for field in fields]
    assert all(field.help in person.saw() for field in fields)
    assert "mqtt_port [1883]: " in person.asked and "hostname [empty]: " in person.asked


@pytest.mark.parametrize("answers, asked, advice", (
    ({"mqtt_tls": "ca", "mqtt_user": "me"}, (), ("make certificates", "8883")),
    ({"mqtt_tls": "pin", "mqtt_pin": ["12", "AB:" * 31 + "AB"], "mqtt_port": "8883"}, ("mqtt_pin", "mqtt_pin"), ()),
    ({"mqtt_tls": "pin"}, ("mqtt_pin",), ("mqtt_tls=pin needs mqtt_pin", "8883")),
    ({"mqtt_tls": "psk", "mqtt_psk_id": "hus", "mqtt_psk_key": "0f" * 16, "mqtt_port": "8884"}, ("mqtt_psk_id", "mqtt_psk_key"), ()),
    ({"mqtt_user": "me"}, ("mqtt_clear_login",), ("not be sent without TLS",)),
    ({"mqtt_user": "me", "mqtt_clear_login": "yes"}, ("mqtt_clear_login",), ()),
))
def test_what_belongs_to_one_way_of_proof_is_asked_with_it_alone(answers, asked, advice):
    person = Person(**{key: list(value) if isinstance(value, list) else value for key, value in answers.items()})
    values = person.ask(settings.validate({})[0])
    special = ("mqtt_pin", "mqtt_psk_id", "mqtt_psk_key", "mqtt_clear_login")
    assert tuple(key for key in (prompt.split(" ")[0] for prompt in person.asked) if key in special) == asked
    assert all(words in person.saw() for words in advice) and len(configure.advise(values)) == len(advice)
    assert values["mqtt_psk_key"] == answers.get("mqtt_psk_key", "") and "0f0f" not in person.saw()


def test_enter_keeps_dash_empties_bad_is_asked_again():
    values = settings.validate(BEFORE)[0]
    person = Person(mqtt_host=["mqtt://x", "new.lan "], mqtt_port=["ninety", "70000", "8883"], mqtt_password="-", meter_key=["12", ""])
    answers = person.ask(values)
    assert answers == values | {"mqtt_host": "new.lan", "mqtt_port": 8883, "mqtt_password": ""}
    assert person.saw().count("mqtt_port must be a whole number from 1 to 65535") == 2
    assert "must be 32 hex digits" in person.saw()
    for key in SECRETS:
        assert not values[key] or values[key] not in person.saw()


def test_pairs():
    assert configure.parse_pairs('mqtt_host=b.lan  wifi_ssid="My Net" mqtt_port=8883 mqtt_topic=') == {
        "mqtt_host": "b.lan", "wifi_ssid": "My Net", "mqtt_port": 8883, "mqtt_topic": ""}
    assert configure.parse_pairs("mqtt_password='a=b$c'") == {"mqtt_password": "a=b$c"}
    for text, words in (("mqtt_hots=x", "no setting mqtt_hots; there are board, hostname"), ("s3cret", "word 1 is not key=value"),
                        ("mqtt_port=x", "whole number"), ("wifi_password=s3cret", "8 to 63"), ("wifi_ssid='s3cret", "quotation")):
        with pytest.raises(configure.ConfigureError, match=words) as caught:
            configure.parse_pairs(text)
        assert "s3cret" not in str(caught.value)


def test_a_board_without_settings(tmp_path):
    with SerialBoard(tmp_path, {"main.py": b"while True: pass"}) as board:
        person = Person(wifi_ssid="Hem ", wifi_password="hemligt-ord")
        configure.configure(person.ask, remote.Board(board.port), say=person.heard.append)
        assert b"reset with watchdog 600000" in board.ended()
    values, problems = settings.validate(json.loads(board.files()["/settings.json"]))
    assert problems == [] and values["wifi_ssid"] == "Hem " and values["wifi_password"] == "hemligt-ord"
    assert set(board.files()) == {"/main.py", "/settings.json"}


def test_a_board_with_settings_keeps_what_is_not_asked(tmp_path):
    with SerialBoard(tmp_path, {"settings.json": json.dumps(BEFORE).encode()}) as board:
        done = tool(["--port", board.port], "mqtt_host=new.lan")
        board.ended()
    assert done.returncode == 0, done.stderr
    assert json.loads(board.files()["/settings.json"]) == settings.validate(BEFORE)[0] | {"mqtt_host": "new.lan"}
    assert "new.lan" in done.stdout and "Söder" in done.stdout
    for key in SECRETS:
        assert BEFORE.get(key, "\0") not in done.stdout + done.stderr


def test_secrets_stand_in_no_command_line(tmp_path):
    commands = []

    def watch(command, **options):
        commands.append(" ".join(command))
        return subprocess.run(command, **options)
    with SerialBoard(tmp_path, {"settings.json": json.dumps(BEFORE).encode()}) as board:
        configure.configure(lambda values: values | {"wifi_password": "nytt-ord"}, remote.Board(board.port, watch))
    assert len(commands) == 4
    for secret in (BEFORE["wifi_password"], "nytt-ord", KEY):
        assert not any(secret in command for command in commands)


@pytest.mark.parametrize("content, words", [
    (b"{half", "not valid JSON; starting from the defaults"),
    (b"\xff\xfe", "not valid JSON"),
    (b'{"mqtt_port": 0, "mqtt_host": "kept.lan"}', "mqtt_port must be a whole number from 1 to 65535; set back"),
])
def test_damaged_settings_are_told_and_replaced(tmp_path, content, words):
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    heard = []
    values = configure.configure(lambda old: old, path=path, say=heard.append)
    assert words in heard[0]
    assert json.loads(path.read_bytes()) == values
    assert values["mqtt_host"] == ("kept.lan" if b"kept" in content else "")


def tool(words, pairs=None):
    environment = {name: value for name, value in os.environ.items() if name != "HAMN_SET"}
    if pairs is not None:
        environment["HAMN_SET"] = pairs
    return subprocess.run([sys.executable, "-m", "tools.configure", *words], env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)


def test_a_file(tmp_path):
    path = tmp_path / "settings.json"
    done = tool(["--file", str(path)], "mqtt_host=b.lan mqtt_password=s3cret")
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_bytes())["mqtt_password"] == "s3cret" and "s3cret" not in done.stdout + done.stderr
    before = path.read_bytes()
    for words, pairs, sentence in (
        (["--file", str(path)], None, "nobody to ask"),
        (["--file", str(path)], "mqtt_port=x", "whole number"),
        (["--file", str(tmp_path / "no" / "where.json")], "mqtt_port=1", "could not be written"),
        ([], "mqtt_port=1", "which board"),
        (["--port", "/dev/ttyNone"], "mqtt_port=1", "is not there"),
    ):
        done = tool(words, pairs)
        assert done.returncode == 1 and sentence in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert path.read_bytes() == before


def test_a_terminal_shows_no_secret(tmp_path):
    """The tool as a person runs it: a secret that is typed does not come back on the screen."""
    path = tmp_path / "settings.json"
    child, screen = pty.fork()
    if child == 0:
        os.environ.pop("HAMN_SET", None)
        os.execv(sys.executable, [sys.executable, "-m", "tools.configure", "--file", str(path)])
    seen = b""
    answers = {b"mqtt_host": b"b.lan", b"mqtt_password": b"s3cret-typed"}
    deadline = time.monotonic() + 30
    answered = 0
    while time.monotonic() < deadline:
        try:
            seen += os.read(screen, 1024)
        except OSError:
            break
        if seen.endswith(b"]: ") and answered < len(seen):
            answered = len(seen)
            key = seen.rsplit(b"\n", 1)[-1].split(b" ")[0]
            os.write(screen, answers.get(key, b"") + b"\n")
    os.waitpid(child, 0)
    os.close(screen)
    values = json.loads(path.read_bytes())
    assert values["mqtt_host"] == "b.lan" and values["mqtt_password"] == "s3cret-typed"
    assert b"b.lan" in seen and b"s3cret" not in seen


def test_the_console_reads_and_sends_nothing():
    board, line = pty.openpty()
    port, out = os.ttyname(line), io.BytesIO()
    pipe, keys = os.pipe()
    opened = console.open_quietly(port)
    reader = threading.Thread(target=console.read_along, args=(opened, pipe, out))
    reader.start()
    os.write(board, b"listening on p1\r\n")
    os.write(keys, b"hello\x03")
    deadline = time.monotonic() + 10
    while b"p1" not in out.getvalue() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert reader.is_alive()
    os.write(keys, b"\x1d")
    reader.join(10)
    assert not reader.is_alive() and b"listening on p1" in out.getvalue()
    os.set_blocking(board, False)
    with pytest.raises(BlockingIOError):
        os.read(board, 1)
    console.close_quietly(opened)
    for handle in (board, line, pipe, keys):
        os.close(handle)


def test_the_console_notices_a_board_that_goes_away():
    board, line = pty.openpty()
    opened = console.open_quietly(os.ttyname(line))
    os.close(line)
    os.close(board)
    assert console.read_along(opened, None, io.BytesIO()) is False
    console.close_quietly(opened)


def test_the_console_needs_a_port(capsys):
    assert console.main([]) == 1
    assert console.main(["--port", "/dev/ttyNone"]) == 1
    assert console.main(["--port", "/dev/null"]) == 1
    assert capsys.readouterr().err.count("console: ") == 3


def test_the_page_password_is_written_as_its_hash(tmp_path):
    path = tmp_path / "settings.json"
    assert configure.main(["--file", str(path), "--set", 'page_password="open sesame"']) == 0
    kept = json.loads(path.read_text())["page_password"]
    rounds, salt, made = kept.split(":")
    assert hashlib.pbkdf2_hmac("sha256", b"open sesame", bytes.fromhex(salt), int(rounds)).hex() == made
    assert asyncio.run(password.fits("open sesame", kept)) and not asyncio.run(password.fits("open sesam", kept))
    before = path.read_text()
    assert configure.main(["--file", str(path), "--set", "page_password=short"]) == 1
    assert path.read_text() == before
