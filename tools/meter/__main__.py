"""Command line of the simulated meters; `--help` explains it."""

import argparse
import json
import os
import signal
import sys
import time

from tools.meter import clock
from tools.meter.line import Line, LineError, write_file
from tools.meter.meters import DEFAULT, METERS
from tools.meter.talk import Faults, Talker

LATEST_MS = clock.parse("2100-01-01")


def _number(low, high, kind=float):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to {high}")
        return value
    return parse


def _silence(text):
    try:
        start, length = (float(part) for part in text.split(":"))
    except ValueError:
        start = length = -1
    if start < 0 or not 0 < length < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not START:LENGTH in seconds, as in 30:60")
    return start, length


def _time(text):
    try:
        start_ms = clock.parse(text)
    except (ValueError, OverflowError):
        start_ms = -1
    if not 0 <= start_ms < LATEST_MS:
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO time such as 2024-06-01T11:59:50 (UTC) or …T13:59:50+02:00")
    return start_ms


def _meter(name):
    if name not in METERS:
        raise argparse.ArgumentTypeError(f"there is no meter {name!r}; --list prints them")
    return METERS[name]


def _arguments(argv):
    rate = _number(0, 1)
    parser = argparse.ArgumentParser(prog="python -m tools.meter", description="A simulated electricity meter on a pseudo-terminal.")
    parser.add_argument("meter", nargs="?", type=_meter, metavar="METER", help="which meter, as --list prints them")
    parser.add_argument("--list", action="store_true", help="print the meters and end")
    parser.add_argument("--hex", type=_meter, metavar="METER", help="print its telegrams as hex, P1 as text, without a terminal")
    parser.add_argument("--count", type=_number(1, 10**6, int), default=1, help="how many with --hex")
    parser.add_argument("--pty", metavar="LINK", help="symbolic link to make, pointing to the terminal to read from")
    parser.add_argument("--line", metavar="FILE", help="where to write the line settings as JSON")
    parser.add_argument("--seconds", type=_number(0.001, 1e9), help="end after so many simulated seconds")
    parser.add_argument("--speed", type=_number(0.1, 1000), default=1.0, help="clock and line run so many times faster")
    parser.add_argument("--seed", type=_number(0, 2**32, int), default=1, help="another house, other noise")
    parser.add_argument("--start", type=_time, metavar="TIME", help="ISO time to start at, UTC without an offset; default now")
    parser.add_argument("--totals", metavar="FILE", help="where to write a line of JSON at the end: what was sent")
    parser.add_argument("--stamps", metavar="FILE",
                        help="where to write a line of JSON for each telegram that left whole: list, monotonic and wall time in ns")
    parser.add_argument("--wire-speed", type=_number(0.1, 1000), metavar="SPEED", help="pace of the line alone; default that of --speed")
    parser.add_argument("--noise", type=rate, default=0.0, metavar="RATE", help="share of bits inverted, 0 to 1")
    parser.add_argument("--lose", type=rate, default=0.0, metavar="RATE", help="share of bytes lost")
    parser.add_argument("--double", type=rate, default=0.0, metavar="RATE", help="share of bytes heard twice")
    parser.add_argument("--insert", type=rate, default=0.0, metavar="RATE", help="share of bytes with a random one before them")
    parser.add_argument("--join", action="store_true", help="send telegrams in pairs without a pause, HDLC now and then with a shared flag")
    parser.add_argument("--midframe", action="store_true", help="begin in the middle of the first telegram")
    parser.add_argument("--crlf", action="store_true", help="put 0D before every 0A, as some gateways do")
    parser.add_argument("--silence", type=_silence, action="append", default=[], metavar="START:LENGTH",
                        help="send nothing for LENGTH seconds from START on; may be repeated")
    args = parser.parse_args(argv)
    if not args.list and not args.hex:
        if args.meter is None:
            parser.error(f"name a meter, such as {DEFAULT}; --list prints them")
        if not args.pty or not args.line:
            parser.error("--pty LINK and --line FILE are needed to talk")
    if args.start is None:
        args.start = time.time_ns() // 1_000_000
    return args


def _list():
    for meter in METERS.values():
        print(f"{meter.name:16} {meter.words}")


def _hex(meter, count, start_ms, seed):
    house = meter.house(start_ms, seed)
    due = meter.due(start_ms)
    for _ in range(count):
        now_ms, name = next(due)
        data = meter.telegram(now_ms, house, name)
        sys.stdout.buffer.write(data if meter.protocol == "p1" else data.hex().encode() + b"\n")
    sys.stdout.flush()


def _talk(args):
    if args.stamps:
        write_file(args.stamps, "")
    line = Line(args.meter.line, args.pty, args.line, args.wire_speed or args.speed)
    faults = Faults(args.noise, args.lose, args.double, args.insert, args.join, args.midframe, args.crlf, args.silence)
    talker = Talker(args.meter, line, args.start, args.seed, args.speed, faults, args.stamps)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, talker.stop)
    try:
        talker.run(args.seconds)
    finally:
        line.close()
        if args.totals:
            write_file(args.totals, json.dumps(talker.totals()) + "\n")


def main(argv=None):
    """Exit code 0 at a clean end, 1 when a file or terminal could not be made, 2 on bad usage."""
    args = _arguments(argv)
    try:
        if args.list:
            _list()
        elif args.hex:
            _hex(args.hex, args.count, args.start, args.seed)
        else:
            _talk(args)
    except LineError as error:
        print(f"meter: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
