"""Everything a user can set: defaults, limits, validation, one JSON file that survives power cuts.

Pure: the same file runs on the chip and in the PC's configuration tool. No problem sentence ever repeats what was
entered, because a password may have been typed into the wrong field.
"""

import json
import os
from collections import namedtuple

# kind: choice (limits: the words), int (limits: lowest, highest), text / host / name / topic / psk (limits: fewest,
# most bytes of UTF-8), country, hexkey (limits: digits), hex (limits: fewest, most digits; colons are ignored),
# password (limits: fewest, most characters; only what firmware/password.py makes of it is kept). Every text may be empty where its
# fewest is 0.
Field = namedtuple("Field", ("key", "kind", "default", "limits", "secret", "help"))

# Beside this module.
_TABLE = __file__[:__file__.rfind(".")] + ".txt"


def _field(row):
    """The Field of a row of the table: key, kind, default (- for an empty one), limits, perhaps the word secret; behind a colon what
    people are told of it."""
    head, _, words = row.rstrip("\n").partition(": ")
    key, kind, default, limits, *secret = head.split(" ")
    if default == "-":
        default = ""
    if kind == "choice":
        limits = tuple(limits.split("|"))
    elif kind == "hexkey":
        limits = int(limits)
    else:
        limits = tuple([int(limit) for limit in limits.split("..")])
        if kind == "int":
            default = int(default)
    return Field(key, kind, default, limits, bool(secret), words)


class _Fields:
    """All fields, each read when it is asked for: as objects they would take 6 KB of a chip's memory."""

    def __iter__(self):
        with open(_TABLE) as f:
            for row in f:
                yield _field(row)


FIELDS = _Fields()

_MAX_FILE = 4096
_HOST = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:"
_HEX = "0123456789abcdefABCDEF"


class SettingsError(Exception):
    """The settings were not saved; the text says why and what to do. The old file is untouched."""


def _only(text, allowed):
    return all(c in allowed for c in text)


def _has_control(text):
    """Control characters and lone halves of surrogate pairs, which no console and no UTF-8 can take."""
    return any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) <= 0xDFFF for c in text)


def _text_problem(field, value):
    """What is wrong with a string for this field, as the end of a sentence, or None."""
    kind, limits = field.kind, field.limits
    if _has_control(value):
        return "must not contain control characters"
    size = len(value.encode())
    if kind == "choice":
        return None if value in limits else "must be one of " + ", ".join(limits)
    if kind == "hexkey":
        if not value or (size == limits and _only(value, _HEX)):
            return None
        return "must be %d hex digits (0-9, a-f), got %d characters%s; the grid company gives it out" % (
            limits, len(value), "" if _only(value, _HEX) else " and not all are hex digits")
    if kind == "hex":
        digits = value.replace(":", "")
        if not value or (limits[0] <= len(digits) <= limits[1] and len(digits) % 2 == 0 and _only(digits, _HEX)):
            return None
        most = "%d hex digits (0-9, a-f) in pairs, got %d characters" % (limits[1], size)
        return "must be " + most if limits[0] == limits[1] else "must be %d to %s" % (limits[0], most)
    if kind == "password":
        rounds, _, rest = value.partition(":")
        if not value or (rounds.isdigit() and len(rounds) < 6 and len(rest) == 97 and rest[32] == ":"
                         and _only(rest[:32] + rest[33:], _HEX)):
            return None
        return "must be kept as its hash: set it with make configure or on the page"
    if kind == "psk":
        # IEEE 802.11: a passphrase of 8 to 63 characters, or the key itself in 64 hex digits.
        if not value or limits[0] <= size <= limits[1]:
            return None
        if size == 64 and _only(value, _HEX):
            return None
        return "must have %d to %d characters (or none for an open network), got %d" % (limits + (size,))
    if kind == "country":
        if not value or (len(value) == 2 and "A" <= min(value) and max(value) <= "Z"):
            return None
        return "must be two capital letters such as SE or NO, or empty"
    if size < limits[0]:
        return "must not be empty"
    if size > limits[1]:
        return "must be at most %d bytes, got %d" % (limits[1], size)
    if kind == "host" and not _only(value, _HOST):
        return "must be a plain host name or address, without mqtt:// or spaces"
    if kind == "name" and value and (not _only(value, _HOST[:62] + "-") or value[0] == "-" or value[-1] == "-"):
        return "must be letters, digits and hyphens, with no hyphen first or last"
    if kind == "topic" and value and ("#" in value or "+" in value or value[0] in "/$" or value[-1] == "/"):
        return "must not contain # or +, nor begin with / or $, nor end with /"
    return None


def _problem(field, value):
    if field.kind == "int":
        # In Python, true is a number too; in a settings file it is a mistake.
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not field.limits[0] <= value <= field.limits[1]:
            return "must be a whole number from %d to %d" % field.limits
        return None
    if not isinstance(value, str):
        return "must be text in quotation marks"
    return _text_problem(field, value)


def validate(values):
    """Check `values` (a dict, but anything is survived).

    Returns (clean, problems): clean has every key of FIELDS, with the default where the value was bad or missing;
    problems is a list of (key, sentence). Never raises.
    """
    clean = {}
    problems = []
    if not isinstance(values, dict):
        problems.append(("settings", "the settings must be one JSON object: { \"key\": value, ... }"))
        values = {}
    for field in FIELDS:
        value = values.get(field.key, field.default)
        trouble = _problem(field, value)
        if trouble:
            problems.append((field.key, field.key + " " + trouble))
            value = field.default
        clean[field.key] = value
    for key in values:
        if key not in clean:
            name = key[:32] if isinstance(key, str) and not _has_control(key) else "?"
            problems.append((name, "unknown setting \"%s\": correct its spelling or remove it" % name))
    return clean, problems


def load(path="settings.json"):
    """Read and check the file. Returns (clean, problems) as validate does, defaults when there is no use in it.
    Never raises."""
    advice = "; write it anew with make configure PORT=..."
    try:
        size = os.stat(path)[6]
        if size > _MAX_FILE:
            trouble = path + " is larger than %d bytes" % _MAX_FILE + advice
        else:
            # Nothing here takes the whole file in one piece: a chip's memory may be in many.
            with open(path, "rb") as f:
                values = json.load(f)
                f.seek(max(0, size - 8))
                end = f.read().rstrip()[-1:]
            # MicroPython's parser takes the beginning of an object for the whole.
            if not isinstance(values, dict) or end == b"}":
                return validate(values)
            trouble = path + " is cut short" + advice
    except OSError as error:
        missing = error.args and error.args[0] == 2
        trouble = path + (" is missing" if missing else " cannot be read") + advice
    except Exception:
        # Whatever a damaged file can provoke (bad UTF-8, bad JSON, nesting without end) has one remedy.
        trouble = path + " is not valid JSON" + advice
    return validate({})[0], [("settings", trouble)]


def save(values, path="settings.json"):
    """Check and store `values`. Raises SettingsError; then the old file is as it was.

    The new file is complete before it takes the old one's name, so that a power cut leaves either of them.
    """
    clean, problems = validate(values)
    if problems:
        raise SettingsError("; ".join(sentence for _, sentence in problems))
    draft = path + ".tmp"
    try:
        with open(draft, "wb") as f:
            between = "{\n"
            for field in FIELDS:
                f.write(("%s%s: %s" % (between, json.dumps(field.key), json.dumps(clean[field.key]))).encode())
                between = ",\n"
            f.write(b"\n}\n")
            f.flush()
        os.rename(draft, path)
    except OSError as error:
        try:
            os.remove(draft)
        except OSError:
            pass
        if error.args and error.args[0] == 28:
            raise SettingsError("the file system is full: remove files, then save again; the old settings stay")
        raise SettingsError("the settings could not be written (error %s); the old ones stay" % error.args[0])
