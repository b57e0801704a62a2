"""Takes the place of main.py on the PC board: runs main.py as it is (main_shipped.py), and beside it a watch on the common loop.

Prints every second: `watch <longest stall of the loop so far, ms, without what a busy PC did to it> <free heap, B> <telegrams> <checksum errors> <sent> <dropped>
<sessions> <network losses> <task restarts>`.
"""

import asyncio
import gc
import time

import _own
from firmware import core  # where status.py is on a device: tools/merge.py

_TURN_MS = 10
Status = core.Status


class Watched(Status):
    async def run(self, beat):
        asyncio.create_task(self.watch())
        await Status.run(self, beat)

    async def watch(self):
        longest = turns = 0
        last = _own.ticks_ms()
        while True:
            await asyncio.sleep_ms(_TURN_MS)
            now = _own.ticks_ms()
            longest = max(longest, time.ticks_diff(now, last) - _TURN_MS)
            last = now
            turns += 1
            if turns % 100 == 0:
                gc.collect()
                stats = self.reader.stats
                uplink = self.uplink
                print("watch", longest, gc.mem_free(), stats.frames + stats.telegrams, stats.checksum_errors,
                      uplink.sent, uplink.dropped, uplink.sessions, self.link.losses, self.supervisor.restarts)


core.Status = Watched
with open("main_shipped.py") as f:
    exec(compile(f.read(), "main.py", "exec"), {"__name__": "__main__"})
