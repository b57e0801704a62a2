"""The serial console of a board, to read along: nothing that is typed reaches the board, so nothing interrupts the firmware.

Ctrl-] or Ctrl-C ends it. When the board goes away (unplugged, or a chip with USB of its own restarts) it is waited for.

    python -m tools.console --port /dev/ttyUSB0
"""

import argparse
import contextlib
import os
import select
import sys
import termios
import time
import tty

import serial

from tools import flash

BAUD = 115200
_RETURN_DEADLINE_S = 60
_TURN_S = 0.2
_END = b"\x1d"  # Ctrl-]


def open_quietly(port):
    """Open the port without resetting the board; raises serial.SerialException, which is an OSError.

    On the usual boards EN is pulled low while RTS is asserted and DTR is not. Opening asserts both at once, which does
    nothing; lowering them here, one after the other, would pass through a reset. A chip's own USB also wants DTR to speak.
    """
    return serial.Serial(port, BAUD, timeout=0, exclusive=True)


def close_quietly(line):
    """Close the port, RTS first, for the same reason."""
    with contextlib.suppress(OSError):
        line.rts = False
        line.dtr = False
    line.close()


@contextlib.contextmanager
def _keys():
    """The terminal's input byte by byte and unechoed, None when the input is no terminal."""
    if not sys.stdin.isatty():
        yield None
        return
    handle = sys.stdin.fileno()
    modes = termios.tcgetattr(handle)
    try:
        tty.setcbreak(handle)
        yield handle
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, modes)


def read_along(line, keys, out):
    """Copy what the board says to `out` until Ctrl-] (True) or until the board goes away (False)."""
    while True:
        ready = select.select([line.fileno()] + ([keys] if keys is not None else []), [], [], _TURN_S)[0]
        if keys in ready and _END in os.read(keys, 64):
            return True
        if line.fileno() in ready:
            try:
                data = line.read(4096)
            except OSError:
                return False
            out.write(data)
            out.flush()


def wait_for(port, keys):
    """Open a port that went away as soon as it is back; None when that takes too long or Ctrl-] was pressed."""
    deadline = time.monotonic() + _RETURN_DEADLINE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            return open_quietly(port)
        if select.select([keys] if keys is not None else [], [], [], _TURN_S)[0] and _END in os.read(keys, 64):
            return None
    print("\nconsole: %s did not come back within %d s" % (port, _RETURN_DEADLINE_S), file=sys.stderr)
    return None


def console(port, out=sys.stdout.buffer):
    """Read along until the user ends it; raises flash.FlashError when the port cannot be opened."""
    flash.need_port(port, "make console PORT=/dev/ttyUSB0")
    try:
        line = open_quietly(port)
    except OSError as error:
        raise flash.FlashError("%s cannot be opened (%s): is another program using it?" % (port, error)) from None
    print("console of %s: what is typed stays here; Ctrl-] or Ctrl-C ends" % port, file=sys.stderr)
    with _keys() as keys:
        try:
            while line is not None and not read_along(line, keys, out):
                close_quietly(line)
                print("\nconsole: %s went away, waiting for it" % port, file=sys.stderr)
                line = wait_for(port, keys)
        finally:
            if line is not None:
                close_quietly(line)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.console", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", help="serial port of the board")
    args = parser.parse_args(argv)
    try:
        console(args.port)
    except flash.FlashError as error:
        print("console: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
