"""What the stand-ins share: the C library of the PC, the environment that tools/run.py sets, and the moment of power-on.

MicroPython's unix port has no way to end a process on the spot, to open a terminal without waiting or to set a timer that
survives a stuck program; the C library has, through the `ffi` module.
"""

import ffi
import os
import sys

_libc = ffi.open("libc.so.6")

exit_now = _libc.func("v", "_exit", "i")
open_file = _libc.func("i", "open", "sii")
close_file = _libc.func("i", "close", "i")
read_file = _libc.func("i", "read", "ipi")  # (fd, address, length) -> length, 0, or -1 with os.errno()
allocate = _libc.func("p", "malloc", "i")
set_timer = _libc.func("i", "setitimer", "ipp")

_EXIT_SOFT_RESET = const(81)  # machine.py, tools/pcboard.py


def setting(name, default=None):
    """The environment variable `name`, or `default`."""
    return os.getenv(name) or default


def link_cut():
    """None while the network is there, else the status code that the Wi-Fi reports.

    HAMN_WIFI names a file; while it exists the link is down. The number in it is the reason, 201 (no access point) when it is empty.
    """
    path = setting("HAMN_WIFI")
    if path is None:
        return None
    try:
        with open(path) as file:
            return int(file.read() or 201)
    except OSError:
        return None


def _run(path):
    """Run a file; whether it ended without an exception."""
    try:
        with open(path) as file:
            code = compile(file.read(), path, "exec")
        exec(code, {"__name__": "__main__"})
        return True
    except SystemExit:
        exit_now(_EXIT_SOFT_RESET)
    except BaseException as error:
        sys.print_exception(error)
        return False


def power_on(scripts):
    """What MicroPython's main.c does on the chip: run boot.py, then main.py, in one namespace.

    An exception in boot.py keeps main.py from running; one in main.py, or its end, leaves the chip at its prompt. There is nobody at
    the prompt here: the process ends with status 1. sys.exit() restarts the program, as on the chip.

    scripts: a list of one script to run instead, or an empty one.
    """
    if scripts:
        with open(scripts[0]) as file:
            code = compile(file.read(), scripts[0], "exec")
        exec(code, {"__name__": "__main__"})
        return
    if _run("boot.py"):
        _run("main.py")
    exit_now(1)
