"""From a name to an IPv4 address without holding up the loop: a small DNS client (RFC 1035), and mDNS for names in .local.

A rare room: dialling.py and sntp.py enter it, and let it go. MicroPython's getaddrinfo blocks for as long as a name
server likes; here it only ever sees addresses, which it converts without asking anybody.
"""

import asyncio
import errno
import os
import socket
import time

from micropython import const

from firmware import StreamError

_POLL_MS = const(10)
_DNS_PORT = const(53)
# RFC 6762, 5.1: one question from any port to the group, which is answered like one to a name server.
_MDNS = const("224.0.0.251")
_MDNS_PORT = const(5353)
# So long for the first and for the second try.
_WAITS_MS = const((2000, 3000))
_PAUSE_MS = const(500)
_LARGEST = const(512)  # of a DNS message over UDP (RFC 1035, 2.3.4)
_A = const(1)
_CNAME = const(5)
# More records than that and a longer way over other names are no answer to a question of ours.
_RECORDS = const(32)
_LINKS = const(8)
# RFC 1035, 4.1.1: response codes.
_NO_SUCH_NAME = const(3)


def is_address(host):
    """Whether `host` is an address already: four numbers, or one of IPv6, which alone has colons."""
    if ":" in host:
        return True
    parts = host.split(".")
    return len(parts) == 4 and all(0 < len(part) < 4 and part.isdigit() and int(part) < 256 for part in parts)


def question(name, ident):
    """The DNS message that asks for the addresses of `name`. ident: 0 to 65535. Raises ValueError for a name that cannot be.

    Labels have 1 to 63 octets, a name 255 at most (RFC 1035, 2.3.4); one dot at the end does no harm.
    """
    message = bytearray(b"\0\0\1\0\0\1\0\0\0\0\0\0")  # recursion desired, one question
    message[0] = ident >> 8
    message[1] = ident & 0xFF
    for label in (name[:-1] if name.endswith(".") else name).encode().split(b"."):
        if not 0 < len(label) < 64:
            raise ValueError("label")
        message.append(len(label))
        message.extend(label)
    if len(message) > 12 + 254:
        raise ValueError("name")
    message.extend(b"\0\0\1\0\1")
    return bytes(message)


def _name(message, at):
    """(name in lower case with a dot behind each label, the place behind it). Raises ValueError, IndexError."""
    labels = b""
    behind = None
    limit = at
    while True:
        size = message[at]
        if size >= 0xC0:
            # A pointer (RFC 1035, 4.1.4) leads back, every one further than the last: so there is an end.
            if behind is None:
                behind = at + 2
            at = (size & 0x3F) << 8 | message[at + 1]
            if at >= limit:
                raise ValueError("pointer")
            limit = at
            continue
        at += 1
        if size == 0:
            return labels, behind or at
        if size > 63 or at + size > len(message) or len(labels) + size > 254:
            raise ValueError("label")
        labels += message[at:at + size].lower() + b"."
        at += size


def answer(message, asked):
    """What a message says to the question `asked`: (address as text, its time to live in s), ("", the response code) when
    there is no address in it, or None when it is no answer to that question. Never raises.
    """
    try:
        # The same identity and question; a response (the top bit) to a standard query.
        if message[:2] != asked[:2] or message[2] & 0xF8 != 0x80 or message[4:6] != b"\0\1":
            return None
        wanted, behind = _name(message, 12)
        if wanted != _name(asked, 12)[0] or message[behind:behind + 4] != b"\0\1\0\1":
            return None
        code = message[3] & 0x0F
        count = message[6] << 8 | message[7]
        if code or not 0 < count <= _RECORDS:
            return "", code
        records = _records(message, behind + 4, count)
    except (ValueError, IndexError):
        return None
    ttl = 0x7FFFFFFF
    for _ in range(_LINKS):
        for owner, kind, lasts, data in records:
            if owner == wanted:
                ttl = min(ttl, lasts)
                if kind == _A:
                    return "%d.%d.%d.%d" % tuple(data), ttl
                wanted = data
                break
        else:
            break
    return "", 0


def _records(message, at, count):
    """[(owner, type, time to live, address or other name)] of the answer section. Raises ValueError, IndexError."""
    found = []
    for _ in range(count):
        owner, at = _name(message, at)
        kind = message[at] << 8 | message[at + 1]
        # The top bit of the class is mDNS's own (RFC 6762, 10.2). Of the time to live, more than 24 bits are for ever;
        # a negative one is none (RFC 2181, 8).
        network = (message[at + 2] & 0x7F) << 8 | message[at + 3]
        lasts = message[at + 5] << 16 | message[at + 6] << 8 | message[at + 7]
        if message[at + 4]:
            lasts = 0 if message[at + 4] & 0x80 else 0xFFFFFF
        size = message[at + 8] << 8 | message[at + 9]
        at += 10
        if at + size > len(message):
            # Cut short (RFC 1035, 4.1.1, TC): what came before is good.
            break
        if network == 1 and kind == _A and size == 4:
            found.append((owner, kind, lasts, message[at:at + 4]))
        elif network == 1 and kind == _CNAME:
            found.append((owner, kind, lasts, _name(message, at)[0]))
        at += size
    return found


async def look_up(name, server):
    """(address as text, its time to live in s) of `name`, which may be an address itself.

    server: the name server's address. Raises StreamError after at most 5 s: "name" when there is no such name, "no name
    server" when nobody answers.
    """
    if is_address(name):
        return name, 0x7FFFFFFF
    local = name.lower().rstrip(".").endswith(".local")
    for wait_ms in _WAITS_MS:
        try:
            # A fresh identity and a fresh port for each try: a late or forged answer fits neither.
            found = await _ask(question(name, int.from_bytes(os.urandom(2), "big")), server, local, wait_ms)
        except ValueError:
            raise StreamError("name")
        if found and found[0]:
            return found
        if found and found[1] in (0, _NO_SUCH_NAME):
            raise StreamError("name")
    raise StreamError("name" if local else "no name server")


async def _ask(message, server, local, wait_ms):
    """What answer() makes of the first answer within wait_ms, or None."""
    end = time.ticks_add(time.ticks_ms(), wait_ms)
    found = sock = None
    try:
        sock = udp(_MDNS if local else server, _MDNS_PORT if local else _DNS_PORT, message, local)
        while found is None and time.ticks_diff(end, time.ticks_ms()) > 0:
            await asyncio.sleep_ms(_POLL_MS)
            data = receive(sock, _LARGEST)
            if data:
                found = answer(data, message)
                if local and found and not found[0]:
                    found = None  # another's "no" is not the last word
    except OSError:
        # Nobody listens there: as good as silence, but the second try should not come at once.
        await asyncio.sleep_ms(_PAUSE_MS)
    finally:
        if sock is not None:
            sock.close()
    return found


def udp(address, port, message, group=False):
    """A non-blocking UDP socket that has sent `message`. It hears only whom it spoke to, or anybody, where that was a group.
    Raises OSError."""
    there = socket.getaddrinfo(address, port, 0, socket.SOCK_DGRAM)[0]
    sock = socket.socket(there[0], socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if group:
            sock.sendto(message, there[-1])
        else:
            sock.connect(there[-1])
            sock.send(message)
    except OSError:
        sock.close()
        raise
    return sock


def receive(sock, most):
    """One message of at most so many bytes, None when there is none yet. Raises OSError."""
    try:
        return sock.recv(most)
    except OSError as error:
        if error.errno != errno.EAGAIN:
            raise
        return None
