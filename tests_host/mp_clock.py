"""Runs on the PC board: firmware.clock for SECONDS against the router's time server. Prints what it says, then `stall <ms>`.

What it sets the chip's clock to is printed as `set <the difference to this PC's clock in s>`: a PC's clock is not set.
"""

import asyncio
import os
import time

import _own
import machine

from firmware import backoff, clock
from firmware.log import Log

WAIT_MS = int(os.getenv("BACKOFF_MS", "300"))


class Quick(backoff.Backoff):
    def __init__(self, first_ms, most_ms):
        super().__init__(WAIT_MS, WAIT_MS)


clock.Backoff = Quick


class RTC:
    def datetime(self, when):
        seconds = time.mktime((when[0], when[1], when[2], when[4], when[5], when[6], 0, 0))
        print("set", int(seconds - time.time()), when[3] == time.gmtime(seconds)[6], 0 <= when[7] < 1000000)


machine.RTC = RTC


class Link:
    connected = False
    dns = "127.0.0.1"


async def main():
    link = Link()
    subject = clock.Clock(os.getenv("NTP_HOST", "pool.ntp.org"), link, Log())
    print("unknown", subject.known, repr(subject.iso_utc()), subject.epoch())
    task = asyncio.create_task(subject.run(None))
    await asyncio.sleep_ms(700)
    print("offline", subject.known)
    link.connected = True
    longest = 0
    begin = time.ticks_ms()
    last = _own.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), begin) < int(os.getenv("SECONDS", "2")) * 1000:
        await asyncio.sleep_ms(5)
        now = _own.ticks_ms()
        longest = max(longest, time.ticks_diff(now, last))
        last = now
    print("known", subject.known, subject.iso_utc(), subject.epoch())
    print("stall", longest)
    task.cancel()


asyncio.run(main())
