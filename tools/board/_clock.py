"""The time on the PC board where it is not the PC's (HAMN_TIME): a stand-in for MicroPython's `time`, whose ticks stay as they are.

HAMN_TIME: the PC's clock at some moment and what the board's showed then, both in seconds since 1970, and how many times faster that runs.
"""

import os
import sys
import time


class Time:
    def __init__(self, there, here, speed):
        self.there = there
        self.here = here
        self.speed = speed

    def __getattr__(self, name):
        return getattr(time, name)

    def time(self):
        return int(self.here + (time.time() - self.there) * self.speed)

    def gmtime(self, seconds=None):
        return time.gmtime(self.time() if seconds is None else seconds)


sys.modules["time"] = Time(*[float(part) for part in os.getenv("HAMN_TIME").split()])
