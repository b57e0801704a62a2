"""Ports of this PC for programs that will listen on them later, such as the firmware: meanwhile, and while they restart, nobody else here
gets them.

They are below those that Linux gives to the near ends of connections (from 32768, ip_local_port_range). That one is taken, a run of
ours beside this one sees by the other port of that number, UDP or TCP, which is held for as long as the port is wanted.
"""

import contextlib
import random
import socket
import weakref

HOST = "127.0.0.1"
_RANGE = range(20000, 32768)
_TRIES = 100
_OTHER = {socket.SOCK_STREAM: socket.SOCK_DGRAM, socket.SOCK_DGRAM: socket.SOCK_STREAM}


def reserve(user, wish=0, kind=socket.SOCK_STREAM):
    """A port of `kind` on HOST for as long as the object `user` lives: `wish`, or another where somebody has it or none is wished.

    OSError when none is to be had.
    """
    for port in [wish] * bool(wish) + random.sample(_RANGE, _TRIES):
        with contextlib.ExitStack() as unless_both, contextlib.suppress(OSError):
            holder = unless_both.enter_context(socket.socket(socket.AF_INET, _OTHER[kind]))
            holder.bind((HOST, port))
            with socket.socket(socket.AF_INET, kind) as probe:
                # As servers do: connections of an earlier run that are still winding up do not matter. UDP has none.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == socket.SOCK_STREAM)
                probe.bind((HOST, port))
            unless_both.pop_all()
            weakref.finalize(user, holder.close)
            return port
    raise OSError(f"none of {_TRIES} ports from {_RANGE.start} to {_RANGE.stop - 1} is free")
