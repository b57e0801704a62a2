"""Ask a time server for the time (SNTP, RFC 4330) without holding up the loop. A rare room: clock.py enters it, and lets it go."""

import asyncio
import os
import time

from micropython import const

from firmware import StreamError, names

_POLL_MS = const(10)
_PORT = const(123)
_WAIT_MS = const(2000)
_SIZE = const(48)
# Seconds from the beginning of NTP's time, 1900, to 2000 (RFC 4330, 3), and from 2000 to 2025: an answer from before
# this firmware is a wrong answer.
_TO_2000 = const(3155673600)
_OLDEST = const(789004800)


def question(mark):
    """The message of a client, version 4. mark: eight octets that only the answer to it can know (RFC 4330, 5)."""
    return b"\x23" + bytes(_SIZE - 9) + mark


def answer(message, mark):
    """(seconds since 2000-01-01 UTC, milliseconds) out of a server's message, or None where it is none to be believed."""
    # RFC 4330, 5: mode 4; a leap indicator of 3 or a stratum of 0 or above 15 says that it does not know the time.
    if len(message) < _SIZE or message[0] & 7 != 4 or message[0] >> 6 == 3 or not 1 <= message[1] <= 15:
        return None
    if message[24:32] != mark:
        return None
    seconds = int.from_bytes(message[40:44], "big")
    if not seconds:
        return None
    # Counted in 32 bits, which overflow in 2036; from 2000 on they last until 2136 (RFC 4330, 3).
    seconds = seconds - _TO_2000 & 0xFFFFFFFF
    if not _OLDEST <= seconds < 1 << 31:
        return None
    return seconds, (message[44] << 8 | message[45]) * 1000 >> 16


async def set_clock(host, server, before):
    """Ask once, at most 7 s, and set the chip's clock. True when that is done. before: seconds from the port's own epoch to 2000."""
    import machine  # the rest runs anywhere

    try:
        found = await ask(host, server)
    except StreamError:
        found = None
    if found is None:
        return False
    now = time.gmtime(found[0] + before)
    machine.RTC().datetime((now[0], now[1], now[2], now[6], now[3], now[4], now[5], found[1] * 1000))
    return True


async def ask(host, server):
    """The time as answer() gives it, None when there is no answer within 2 s. server: the name server's address.
    Raises StreamError when the name does not resolve, after at most 5 s."""
    address = (await names.look_up(host, server))[0]
    mark = os.urandom(8)
    sock = None
    try:
        sock = names.udp(address, _PORT, question(mark))
        end = time.ticks_add(time.ticks_ms(), _WAIT_MS)
        while time.ticks_diff(end, time.ticks_ms()) > 0:
            await asyncio.sleep_ms(_POLL_MS)
            message = names.receive(sock, _SIZE)
            found = answer(message, mark) if message else None
            if found:
                return found
    except OSError:
        pass  # nobody listens there
    finally:
        if sock is not None:
            sock.close()
    return None
