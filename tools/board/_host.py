"""What the stand-ins share: the C library of the PC, and the environment that tools/run.py sets.

MicroPython's unix port has no way to end a process on the spot, to open a terminal without waiting or to set a timer that
survives a stuck program; the C library has, through the `ffi` module.
"""

import ffi
import os

libc = ffi.open("libc.so.6")

# What is called all the time; the rest is looked up when it is.
read = libc.func("i", "read", "ipi")  # (fd, address, length) -> length, 0, or -1 with os.errno()


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
