"""Our own Wi-Fi for setting up: an access point with the password on the label, and a name server that knows one answer, so
that phones come to the page by themselves. Entered when there is no other way in, or somebody asks for it.
"""

import asyncio
import socket

from micropython import const

from firmware import label, let_go

_DNS_PORT = const(53)
_POLL_MS = const(50)
_LARGEST = const(256)
_TTL_S = const(10)


async def run(link, network):
    """Open it, and keep it open until link.wanted is False."""
    nic = network.WLAN(network.AP_IF)
    word = label.read()
    let_go("label")
    name = "Hamn-" + link.hostname[-6:]
    nic.active(True)
    nic.config(ssid=name, password=word, security=network.AUTH_WPA2_PSK, max_clients=4)
    sock = None
    try:
        link.portal = nic.ifconfig()[0]
        link.log.line("link", "for set-up, join the Wi-Fi %s and open http://%s/" % (name, link.portal))
        # Not in the log, which the page shows.
        print("The password of that Wi-Fi, for the label: " + word)
        octets = bytes(int(part) for part in link.portal.split("."))
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        try:
            sock.bind(socket.getaddrinfo("0.0.0.0", _DNS_PORT)[0][-1])
        except OSError:
            link.log.line("link", "no name server for the set-up: phones will not find the page by themselves")
        while link.wanted:
            await asyncio.sleep_ms(_POLL_MS)
            try:
                question, who = sock.recvfrom(_LARGEST)
                reply = answer(question, octets)
                if reply:
                    sock.sendto(reply, who)
            except OSError:
                pass  # nobody has asked, or nobody takes the answer
    finally:
        if sock is not None:
            sock.close()
        link.portal = ""
        link.wanted = False
        nic.active(False)


def answer(question, octets):
    """The answer to a DNS question (RFC 1035): the address for every name, nothing for what is not an address; None to what is
    no question."""
    try:
        # A standard query, one question.
        if question[2] & 0xF8 or question[4:6] != b"\0\1":
            return None
        at = 12
        while question[at]:
            if question[at] > 63:
                return None
            at += question[at] + 1
        at += 5
        if len(question) < at:
            return None
        address = question[at - 4:at] == b"\0\1\0\1"
    except IndexError:
        return None
    head = question[:2] + bytes((0x84 | question[2] & 1, 0)) + b"\0\1" + bytes((0, address)) + b"\0\0\0\0" + question[12:at]
    if not address:
        return head
    return head + b"\xc0\x0c\0\1\0\1" + bytes((0, 0, 0, _TTL_S, 0, 4)) + octets
