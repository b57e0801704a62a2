"""Runs on the PC board: an uplink with a broker on PORT, offered a numbered reading every 200 ms for SECONDS; its clock runs SPEED
times as fast.

Prints `stall <ms>`, the longest time that the loop was held up, `beats <ms>`, the longest between two beats, `counts <offered>
<sent> <dropped> <sessions>`, `waiting <messages>` and `ring <octets kept for minutes>`.
"""

import asyncio
import os
import time

import _own
import han  # as at every start of the firmware: what is entered later finds it loaded

from firmware import uplink as module
from firmware.backoff import Backoff
from firmware.log import Log

SPEED = int(os.getenv("SPEED", "1"))
assert han.Reader
MIDNIGHT = 823219200  # 2026-02-01 in seconds since 2000
began = time.ticks_ms()


def seconds():
    return time.ticks_diff(time.ticks_ms(), began) * SPEED // 1000


def iso(moment):
    return "%04d-%02d-%02dT%02d:%02d:%02d" % time.gmtime(moment + 946684800)[:6]


class FastLog(Log):
    def uptime(self):
        return seconds()


class Link:
    connected = True
    losses = 0
    dns = "127.0.0.1"


class Clock:
    known = True

    def epoch(self):
        return MIDNIGHT + seconds()

    def iso_utc(self):
        return iso(self.epoch()) + "Z"


class Reading:
    """The power is its number, the register ten times that."""

    clock_summer = None

    def __init__(self, number):
        self.number = number
        self.values = {"power_import_w": number, "energy_import_wh": 10 * number, "meter_time": iso(MIDNIGHT + 3600 + seconds())}
        self.get = self.values.get

    def __contains__(self, key):
        return key in self.values

    def customary(self):
        return ()

    list = "p1"


class Layout:
    def again(self):
        self.due = True

    def messages(self, reading, number, when):
        assert number == reading.number
        yield b"t/reading", ('{"n":%d,"time":"%s"}' % (number, when)).encode(), False


async def main():
    settings = {"mqtt_host": "127.0.0.1", "mqtt_port": int(os.getenv("PORT")), "mqtt_user": "", "mqtt_password": "", "mqtt_tls": "off"}
    uplink = module.Uplink(settings, "hamn-test", "t", Link, Clock(), FastLog(), None, (Layout(),))
    uplink._backoff = Backoff(200, 1000)
    beats = [_own.ticks_ms(), 0]

    def beat():
        now = _own.ticks_ms()
        beats[1] = max(beats[1], time.ticks_diff(now, beats[0]))
        beats[0] = now

    task = asyncio.create_task(uplink.run(beat))
    longest = offered = 0
    last = _own.ticks_ms()
    for turn in range(int(os.getenv("SECONDS")) * 100):
        if turn % 20 == 0 and not os.getenv("QUIET"):
            offered += 1
            uplink.take(Reading(offered))
        await asyncio.sleep_ms(10)
        now = _own.ticks_ms()
        longest = max(longest, time.ticks_diff(now, last))
        last = now
    print("stall", longest)
    print("beats", beats[1])
    print("counts", offered, uplink.sent, uplink.dropped, uplink.sessions)
    print("waiting", uplink.waiting)
    print("ring", uplink.minutes.ring and len(uplink.minutes.ring))
    task.cancel()


asyncio.run(main())
