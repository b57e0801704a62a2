"""MicroPython's own `socket`, but for the well-known ports that no program may open on a PC: HAMN_PORTS says who has them.

Such as "53=40001 123=40002 5353=40003": name servers, time servers and mDNS on these loopback ports, whatever their address.
"""

import _host
import usocket


def __getattr__(name):
    return getattr(usocket, name)


def getaddrinfo(host, port, *args):
    for pair in _host.setting("HAMN_PORTS", "").split():
        known, _, there = pair.partition("=")
        if port == int(known):
            return usocket.getaddrinfo("127.0.0.1", int(there), *args)
    return usocket.getaddrinfo(host, port, *args)
