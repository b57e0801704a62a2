"""Decode captured telegrams and frames: one JSON object a line for each reading, statistics on stderr.

    python -m tools.decode FILE...          hex text or raw bytes; - is standard input

A file that holds no frame and no telegram is tried as one bare APDU.
Exit status: 0 when something was decoded, 1 when nothing was, 2 on bad usage.
"""

import argparse
import json
import os
import pathlib
import re
import sys

_ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_ROOT / "lib"), str(_ROOT / "tools" / "crypto")]

from han import Reader  # noqa: E402
from han.errors import MessageError  # noqa: E402

_HEX = re.compile(rb"(?:0x|[0-9a-fA-F]|[\s,:;-])*\Z")


def octets(content):
    """The bytes that a file's content stands for: hex text (separated by blanks, commas, colons, or not) or raw bytes."""
    if not _HEX.match(content):
        return content
    digits = re.sub(rb"0x|[^0-9a-fA-F]", b"", content)
    if len(digits) % 2:
        digits = digits[:-1]
    return bytes.fromhex(digits.decode("ascii"))


def as_dict(reading):
    """The reading as the JSON object of the tool's output: names and integers of the vocabulary."""
    entry = {"protocol": reading.protocol, "vendor": reading.vendor, "list": reading.list}
    entry.update(reading.items())
    if reading.other:
        entry["other"] = {code: _plain(value) for code, value in reading.other.items()}
    return entry


def _plain(pair):
    value, unit = pair
    if isinstance(value, list):
        value = [_plain(v) if isinstance(v, tuple) else v for v in value]
    return {"value": value, "unit": unit}


def key(text):
    """A 16-octet key from 32 hex digits."""
    if not re.fullmatch(r"[0-9a-fA-F]{32}", text):
        raise argparse.ArgumentTypeError("a key is 32 hex digits (0-9, a-f), got %d characters" % len(text))
    return bytes.fromhex(text)


def title(text):
    """A system title of 8 octets from 16 hex digits."""
    if not re.fullmatch(r"[0-9a-fA-F]{16}", text):
        raise argparse.ArgumentTypeError("a system title is 16 hex digits (0-9, a-f), got %d characters" % len(text))
    return bytes.fromhex(text)


def read(data, args):
    """(readings, statistics and what is wrong, in words) of a file's octets."""
    reader = Reader(key=args.key, auth_key=args.auth_key, title=args.title, unchecked=args.unchecked)
    readings = list(reader.feed(data))
    counts = ", ".join("%s %d" % pair for pair in reader.stats.items() if pair[1]) or "no bytes"
    trouble = reader.trouble
    if data and not (readings or trouble or reader.stats.frames or reader.stats.telegrams or b"/" in data[:64]):
        try:
            readings = [reader.read_apdu(data)]
            counts += ", bare APDU 1"
        except MessageError as error:
            trouble = str(error) if data[:1] in b"\x0f\xdb\xdc\xe6" else ""
    if reader.stats.unchecked and not args.unchecked:
        trouble = "telegrams without CRC: --unchecked reads them"
    return readings, counts + ("; " + trouble if trouble else "")


def main(argv=None):
    parser = argparse.ArgumentParser(prog="decode", description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", metavar="FILE", help="hex text or raw bytes; - is standard input")
    parser.add_argument("--key", type=key, help="encryption key, 32 hex digits")
    parser.add_argument("--auth-key", type=key, help="authentication key, 32 hex digits")
    parser.add_argument("--title", type=title, help="system title of a meter that does not send it, 16 hex digits")
    parser.add_argument("--unchecked", action="store_true", help="read telegrams that carry no CRC, too")
    args = parser.parse_args(argv)
    decoded = 0
    for name in args.files:
        try:
            content = sys.stdin.buffer.read() if name == "-" else pathlib.Path(name).read_bytes()
        except OSError as error:
            parser.error("%s: %s" % (name, error.strerror))
        readings, words = read(octets(content), args)
        for reading in readings:
            print(json.dumps(as_dict(reading), ensure_ascii=False))
        decoded += len(readings)
        print("%s: %s" % (name, words), file=sys.stderr)
    return 0 if decoded else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        # Whoever read the output has had enough; nothing more can be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
