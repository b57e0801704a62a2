"""Runs on the PC board: the NAMES are looked up, one after the other. Prints for each `<n> <address and time to live, or the
sentence> took <ms>`, then `stall <longest time in ms that the loop was held up>`.
"""

import asyncio
import os
import time

import _own
from firmware import StreamError, names

longest = 0


async def watch_loop():
    global longest
    last = _own.ticks_ms()
    while True:
        await asyncio.sleep_ms(5)
        now = _own.ticks_ms()
        longest = max(longest, time.ticks_diff(now, last))
        last = now


async def main():
    task = asyncio.create_task(watch_loop())
    await asyncio.sleep_ms(20)
    for n, name in enumerate(os.getenv("NAMES").split()):
        begin = time.ticks_ms()
        try:
            end = "%s %d" % await names.look_up(name, os.getenv("SERVER", "127.0.0.1"))
        except StreamError as error:
            end = str(error)
        print(n, end, "took", time.ticks_diff(time.ticks_ms(), begin))
    print("stall", longest)
    print("descriptors", len(list(os.ilistdir("/proc/self/fd"))))
    task.cancel()


asyncio.run(main())
