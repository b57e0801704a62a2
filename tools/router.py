"""What a home's router offers a dongle on this PC besides the way out: names (DNS), names in .local (mDNS) and the time (SNTP).

It answers on loopback ports of its own; tools/board/socket.py leads there. Every answer can be changed, delayed or swallowed.

    with Router(names={"broker.lan": "127.0.0.1"}) as router:
        board.router = router
"""

import functools
import os
import selectors
import socket
import struct
import threading
import time

HOST = "127.0.0.1"
# What a dongle asks for by itself (firmware/settings.py).
NAMES = {"pool.ntp.org": HOST, "localhost": HOST}
_TO_1970 = 2208988800  # from NTP's beginning, 1900 (RFC 4330, 3)
_NO_SUCH_NAME = 3
_LARGEST = 1500


def asked_name(query):
    """The name that a DNS query asks for, in lower case, without a dot at its end."""
    labels = []
    at = 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    return ".".join(labels)


def dns_answer(query, address, ttl=60):
    """The response (RFC 1035) to a query for one name: its address, or where that is None, that there is no such name."""
    code = 0 if address else _NO_SUCH_NAME
    header = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, 1 if address else 0, 0, 0)
    question = query[12:query.index(b"\0", 12) + 5]
    if not address:
        return header + question
    return header + question + struct.pack(">HHHIH4s", 0xC00C, 1, 1, ttl, 4, socket.inet_aton(address))


def time_answer(query, seconds=None):
    """The server's message (RFC 4330) to a client's: `seconds` since 1970, default now."""
    now = time.time() if seconds is None else seconds
    stamp = struct.pack(">II", int(now) + _TO_1970 & 0xFFFFFFFF, int(now % 1 * 2**32))
    # Leap indicator 0, version 4, mode 4; stratum 2; reference, originate (the client's own words), receive, transmit time.
    return struct.pack(">BBbb", 0x24, 2, 6, -20) + bytes(12) + stamp + query[40:48] + stamp + stamp


class Router:
    """Answers until close(). Attributes that may be set at any time:

    names: {name: address}. dns, mdns, ntp: a function that is given a query and returns the answer, None for silence, or a
    list of (seconds to wait, answer). asked: the names asked for so far.
    """

    def __init__(self, names=None):
        self.names = NAMES if names is None else {**NAMES, **names}
        self.asked = []
        self.dns = self.mdns = self.by_name
        self.ntp = time_answer
        self._selector = selectors.DefaultSelector()
        ports = []
        for port, kind in ((53, "dns"), (5353, "mdns"), (123, "ntp")):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((HOST, 0))
            self._selector.register(sock, selectors.EVENT_READ, kind)
            ports.append(f"{port}={sock.getsockname()[1]}")
        self.ports = " ".join(ports)
        self._wake, wake = socket.socketpair()
        self._selector.register(wake, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def by_name(self, query):
        """The answer out of `names`."""
        return dns_answer(query, self.names.get(asked_name(query)))

    def _serve(self):
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                query, sender = key.fileobj.recvfrom(_LARGEST)
                if key.data != "ntp":
                    self.asked.append(asked_name(query))
                answers = getattr(self, key.data)(query)
                for wait, answer in answers if isinstance(answers, list) else [(0, answers)]:
                    if answer is not None:
                        threading.Timer(wait, self._send, (key.fileobj, answer, sender)).start()

    @staticmethod
    def _send(sock, answer, sender):
        try:
            sock.sendto(answer, sender)
        except OSError:
            pass  # closed meanwhile

    def close(self):
        """Fall silent for good."""
        self._wake.send(b"\0")
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()
        self._wake.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@functools.cache
def _shared(process):
    return Router()


def shared():
    """One for all of this process: it knows NAMES and the time, and nothing changes that."""
    return _shared(os.getpid())
