"""Runs on the PC board: an uplink with a broker on PORT, offered a numbered reading every 200 ms for SECONDS.

Prints `stall <ms>`, the longest time that the loop was held up, and `counts <offered> <sent> <dropped> <sessions>`.
"""

import asyncio
import os
import time

from firmware import uplink as module
from firmware.backoff import Backoff
from firmware.log import Log


class Link:
    connected = True
    losses = 0
    dns = "127.0.0.1"


class Clock:
    def iso_utc(self):
        return "2026-01-31T23:59:59Z"


class Reading:
    def __init__(self, n):
        self.n = n

    def to_json(self):
        return '{"n":%d}' % self.n


async def main():
    settings = {"mqtt_host": "127.0.0.1", "mqtt_port": int(os.getenv("PORT")), "mqtt_user": "", "mqtt_password": "", "mqtt_tls": "off"}
    uplink = module.Uplink(settings, "hamn-test", "t", Link, Clock(), Log())
    uplink._backoff = Backoff(200, 1000)
    beats = [time.ticks_ms(), 0]

    def beat():
        now = time.ticks_ms()
        beats[1] = max(beats[1], time.ticks_diff(now, beats[0]))
        beats[0] = now

    task = asyncio.create_task(uplink.run(beat))
    longest = offered = 0
    last = time.ticks_ms()
    for turn in range(int(os.getenv("SECONDS")) * 100):
        if turn % 20 == 0:
            offered += 1
            uplink.offer(Reading(offered))
        await asyncio.sleep_ms(10)
        now = time.ticks_ms()
        longest = max(longest, time.ticks_diff(now, last))
        last = now
    print("stall", longest)
    print("beats", beats[1])
    print("counts", offered, uplink.sent, uplink.dropped, uplink.sessions)
    task.cancel()


asyncio.run(main())
