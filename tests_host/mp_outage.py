"""Takes the place of main.py on the PC board: runs main.py as it is (main_shipped.py), and beside it a watch on the common loop.

Prints `watch <longest stall of the loop so far in ms> <the status sentence>` every second.
"""

import asyncio
import time

from firmware import status

_TURN_MS = 10
Status = status.Status


class Watched(Status):
    async def run(self, beat):
        asyncio.create_task(Status.run(self, beat))
        longest = turns = 0
        last = time.ticks_ms()
        while True:
            await asyncio.sleep_ms(_TURN_MS)
            now = time.ticks_ms()
            longest = max(longest, time.ticks_diff(now, last) - _TURN_MS)
            last = now
            turns += 1
            if turns % 100 == 0:
                print("watch", longest, self.sentence())


status.Status = Watched
with open("main_shipped.py") as f:
    exec(compile(f.read(), "main.py", "exec"), {"__name__": "__main__"})
