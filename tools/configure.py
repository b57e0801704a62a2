"""The settings of a board: asked for one by one, checked at once by the firmware's own rules, written so that a power cut is safe.

Read from the board first, so that Enter keeps what is there. Secrets are typed unseen and never printed. Instead of a board
a file can be filled in, for `make flash SETTINGS=file`; instead of questions, values can be given.

    python -m tools.configure --port /dev/ttyUSB0 | --file settings.json  [--set "mqtt_host=broker.lan wifi_ssid=Home"]
"""

import argparse
import getpass
import hashlib
import json
import os
import pathlib
import shlex
import sys
import tempfile

from firmware import password, settings
from tools import remote

PATH = "/settings.json"
_FIELDS = {field.key: field for field in settings.FIELDS}
# Asked only where the answer to another question was one of these.
_ASKED_WITH = {
    "mqtt_pin": ("mqtt_tls", ("pin",)), "mqtt_psk_id": ("mqtt_tls", ("psk",)), "mqtt_psk_key": ("mqtt_tls", ("psk",)),
    "mqtt_clear_login": ("mqtt_tls", ("off",)),
}
_EMPTY = "-"  # typed in place of a value: make it empty, since Enter alone keeps


class ConfigureError(Exception):
    """The settings cannot be had or written; the text says why and what to do."""


def present(data, where):
    """(values, sentences) from the bytes of a settings file: what is good of it, and what is not. None: defaults, no complaint."""
    if data is None:
        return settings.validate({})[0], []
    try:
        values = json.loads(data.decode("utf-8"))
    except ValueError:
        return settings.validate({})[0], ["the settings on %s are not valid JSON; starting from the defaults" % where]
    clean, problems = settings.validate(values)
    return clean, ["%s; set back or left out" % sentence for _, sentence in problems]


def convert(field, text):
    """The value for a field from what a person typed; raises ValueError with the sentence that says what is wrong."""
    value = text
    if field.kind == "int":
        try:
            value = int(text)
        except ValueError:
            pass  # the text goes on as it is, and the rules refuse it with their own sentence
    if field.kind == "password" and text:
        low, high = field.limits
        if not low <= len(text) <= high:
            raise ValueError("%s must have %d to %d characters, got %d" % (field.key, low, high, len(text)))
        salt = os.urandom(16)
        value = "%d:%s:%s" % (password.ROUNDS, salt.hex(), hashlib.pbkdf2_hmac("sha256", text.encode(), salt, password.ROUNDS).hex())
    problems = [sentence for key, sentence in settings.validate({field.key: value})[1] if key == field.key]
    if problems:
        raise ValueError(problems[0])
    return value


def parse_pairs(text):
    """{key: value} from `key=value key="two words"`; raises ConfigureError that never repeats a value."""
    try:
        words = shlex.split(text)
    except ValueError:
        raise ConfigureError("SET has a quotation mark without its partner") from None
    found = {}
    for number, word in enumerate(words, 1):
        key, equals, value = word.partition("=")
        if not equals:
            raise ConfigureError("SET: word %d is not key=value; values with spaces go in quotation marks" % number)
        if key not in _FIELDS:
            raise ConfigureError("there is no setting %s; there are %s" % (key, ", ".join(_FIELDS)))
        try:
            found[key] = convert(_FIELDS[key], value)
        except ValueError as error:
            raise ConfigureError(str(error)) from None
    return found


def ask(values, read=input, read_secret=getpass.getpass, say=print):
    """Ask for every field that matters; Enter keeps the value in `values`, "-" empties it. Returns the new values."""
    say("Enter keeps the value in [brackets]; %s alone empties it; Ctrl-C stops and changes nothing." % _EMPTY)
    answers = dict(values)
    for field in settings.FIELDS:
        other, wanted = _ASKED_WITH.get(field.key, (field.key, (answers[field.key],)))
        if answers[other] not in wanted or (field.key == "mqtt_clear_login" and not answers["mqtt_user"]):
            continue
        say("\n%s" % field.help)
        if field.kind == "choice":
            say("  one of: %s" % ", ".join(field.limits))
        while True:
            old = answers[field.key]
            shown = ("set, unseen" if old else "empty") if field.secret else old if old != "" else "empty"
            typed = (read_secret if field.secret else read)("%s [%s]: " % (field.key, shown))
            # A Wi-Fi password may end in a space; a host name never does.
            typed = typed if field.secret or field.kind == "text" else typed.strip()
            if not typed:
                break
            try:
                answers[field.key] = convert(field, "" if typed == _EMPTY else typed)
                break
            except ValueError as error:
                say("  %s" % error)
    for advice in advise(answers):
        say("\n%s" % advice)
    return answers


def advise(values):
    """What the settings still need before the dongle can reach its broker, as sentences."""
    mode = values["mqtt_tls"]
    found = []
    if mode == "ca":
        found.append("The authority's certificate has to be on the board too: make certificates PORT=... CA=ca.pem")
    for key, needed_by in (("mqtt_pin", "pin"), ("mqtt_psk_id", "psk"), ("mqtt_psk_key", "psk")):
        if mode == needed_by and not values[key]:
            found.append("mqtt_tls=%s needs %s" % (mode, key))
    if mode != "off" and values["mqtt_port"] == 1883:
        found.append("Port 1883 is usually the one without TLS; 8883 the one with it: mqtt_port")
    if mode == "off" and values["mqtt_user"] and values["mqtt_clear_login"] != "yes":
        found.append("User name and password will not be sent without TLS: set up mqtt_tls, or allow it with mqtt_clear_login=yes")
    return found


def summary(values):
    """What a person may see of the settings: a line a field, secrets only as set or empty."""
    lines = []
    for field in settings.FIELDS:
        value = values[field.key]
        lines.append("  %-16s %s" % (field.key, ("set" if value else "empty") if field.secret else value))
    return "\n".join(lines)


def write_file(values, path):
    """Write the settings to a file on the PC that only its owner may read; raises settings.SettingsError."""
    old_mask = os.umask(0o077)
    try:
        settings.save(values, str(path))
    finally:
        os.umask(old_mask)


def write_board(values, board, free=None):
    """Write the settings to the remote.Board; old or new whatever happens. Raises remote.RemoteError."""
    with tempfile.TemporaryDirectory(prefix="hamn-") as place:
        local = pathlib.Path(place) / "settings.json"
        write_file(values, local)
        board.replace({PATH: local}, (), free)


def configure(change, board=None, path=None, say=print):
    """Read the present settings from a remote.Board or the file `path`, let `change(values)` return new ones, write them back.

    Returns the values written. A board is restarted in the end, whatever happened.
    """
    if board is None:
        try:
            data = pathlib.Path(path).read_bytes()
        except FileNotFoundError:
            data = None
        values, complaints = present(data, path)
    else:
        free = board.look().free
        values, complaints = present(board.read(PATH), "the board")
    try:
        for complaint in complaints:
            say(complaint)
        values = change(values)
        if board is None:
            write_file(values, path)
        else:
            write_board(values, board, free)
    finally:
        if board is not None:
            board.restart()
    return values


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.configure", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", help="serial port of the board")
    parser.add_argument("--file", help="settings file on this PC, instead of a board")
    parser.add_argument("--set", metavar="PAIRS", default=os.environ.get("HAMN_SET"),
                        help="key=value …, instead of questions; default: the environment's HAMN_SET, which no process list shows")
    args = parser.parse_args(argv)
    try:
        pairs = parse_pairs(args.set) if args.set else None
        if pairs is None and not sys.stdin.isatty():
            raise ConfigureError("there is nobody to ask (the input is no terminal): give SET=\"key=value …\"")
        board = None if args.file else remote.open_board(args.port, "make configure PORT=/dev/ttyUSB0 (or FILE=settings.json)")
        values = configure(ask if pairs is None else lambda old: {**old, **pairs}, board, args.file)
    except (ConfigureError, remote.RemoteError, settings.SettingsError, OSError) as error:
        print("configure: %s" % error, file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print("\nconfigure: stopped, nothing was changed", file=sys.stderr)
        return 130
    if pairs is not None:
        for advice in advise(values):
            print(advice)
    print("\nWritten to %s:\n%s" % (args.file or "the board, which starts anew", summary(values)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
