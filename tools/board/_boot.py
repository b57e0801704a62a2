"""What MicroPython's main.c does on the chip: run boot.py, then main.py, in one namespace.

An exception in boot.py keeps main.py from running; one in main.py, or its end, leaves the chip at its prompt. There is nobody at the
prompt here: the process ends with status 1. sys.exit() restarts the program, as on the chip.
"""

import _host
import sys

_EXIT_SOFT_RESET = const(81)  # _chip.py, tools/pcboard.py


def _exit(status):
    """On the spot."""
    _host.libc.func("v", "_exit", "i")(status)


def _run(path):
    """Run a file; whether it ended without an exception."""
    try:
        execfile(path, {"__name__": "__main__"})
        return True
    except SystemExit:
        _exit(_EXIT_SOFT_RESET)
    except BaseException as error:
        sys.print_exception(error)
        return False


def power_on():
    """Never returns."""
    if _run("boot.py"):
        _run("main.py")
    _exit(1)
