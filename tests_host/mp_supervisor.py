"""Runs on the PC board: the supervisor with tasks that behave as SCENARIO says.

Prints the log's lines and `result <feeds> <feeds in the last second> <restarts> <healthy calls> <starts of the task> <turns of a good task>`.
"""

import asyncio
import os
import time

from firmware import supervisor as module
from firmware.log import Log

scenario = os.getenv("SCENARIO")
module.HEALTHY_S = 2
module.PROBATION_MS = 500
starts = 0
turns = 0
healthy = 0
feeds = []


class Watchdog:
    def feed(self):
        feeds.append(time.ticks_ms())


async def good(beat):
    global turns
    while True:
        beat()
        turns += 1
        if scenario == "stall" and turns == 20:
            time.sleep(3)
        await asyncio.sleep_ms(50)


async def odd(beat):
    global starts
    starts += 1
    beat()
    if scenario in ("fails", "fails always"):
        await asyncio.sleep_ms(100)
        if scenario == "fails always" or starts == 1:
            raise ValueError("the key is 00112233445566778899aabbccddeeff")
    if scenario == "ends":
        return
    if scenario == "hangs always" or (scenario == "hangs" and starts == 1):
        await asyncio.sleep(1000)
    await good(beat)


async def main():
    global healthy

    def called():
        global healthy
        healthy += 1

    watcher = module.Supervisor(Watchdog(), Log())
    watcher.add("good", good, 1000)
    watcher.add("odd", odd, None if scenario == "ends" else 1000)
    task = asyncio.create_task(watcher.run(called))
    await asyncio.sleep_ms(int(os.getenv("MS")))
    end = time.ticks_ms()
    late = [feed for feed in feeds if time.ticks_diff(end, feed) < 1100]
    print("result", len(feeds), len(late), watcher.restarts, healthy, starts, turns)
    task.cancel()


asyncio.run(main())
