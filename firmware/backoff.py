"""Waiting times between tries: doubling up to a ceiling, with jitter so that a street of dongles does not knock at
the broker's door in step after a power cut."""

import asyncio
import random
import time


class Backoff:
    """`next()` gives the time to wait in ms: first_ms doubled at every call up to most_ms, less up to a quarter."""

    def __init__(self, first_ms, most_ms):
        self._first = first_ms
        self._most = most_ms
        self._now = first_ms

    def next(self):
        wait = self._now
        self._now = min(wait * 2, self._most)
        return wait - (wait >> 2) * random.getrandbits(8) // 255

    def reset(self):
        self._now = self._first


async def pause(ms, beat):
    """Wait so long, with `beat()` often."""
    end = time.ticks_add(time.ticks_ms(), ms)
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        beat()
        await asyncio.sleep_ms(100)
