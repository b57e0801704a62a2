"""MicroPython's own `socket`, but for the well-known ports that no program may open on a PC: HAMN_PORTS says who has them.

HAMN_LISTEN says the same of the ports on which the firmware itself listens, which then nobody reaches from outside.

Such as "53=40001 123=40002 5353=40003": name servers, time servers and mDNS on these loopback ports, whatever their address.
"""

import _host
import usocket


def __getattr__(name):
    return getattr(usocket, name)


def getaddrinfo(host, port, *args):
    for pair in _host.setting("HAMN_LISTEN" if host == "0.0.0.0" else "HAMN_PORTS", "").split():
        known, _, there = pair.partition("=")
        if port == int(known):
            return usocket.getaddrinfo("127.0.0.1", int(there), *args)
    return usocket.getaddrinfo(host, port, *args)
