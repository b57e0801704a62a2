"""On the PC board, beside main.py as it is (main_shipped.py): a watch on the common loop.

Prints now and then: `watch <longest stall of the loop so far, ms, without what a busy PC did to it> <free heap, B> <telegrams>
<checksum errors> <sent> <dropped> <sessions> <network losses> <task restarts> <free heap now, B>`.
"""

import asyncio
import gc
import time

import _own
from firmware import core  # where status.py is on a device: tools/merge.py

_TURN_MS = 10
Status = core.Status


def start(every, look, anew=lambda: False):
    """Run main.py. every: ms between two lines; look(): the free heap that a line says; anew(): whether the longest stall is to be looked
    for anew."""
    Watched.turns, Watched.look, Watched.anew = every // _TURN_MS, staticmethod(look), staticmethod(anew)
    core.Status = Watched
    with open("main_shipped.py") as f:
        exec(compile(f.read(), "main.py", "exec"), {"__name__": "__main__"})


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
            if turns % self.turns == 0:
                if self.anew():
                    longest = 0
                free = self.look()
                stats = self.reader.stats
                uplink = self.uplink
                print("watch", longest, free, stats.frames + stats.telegrams, stats.checksum_errors,
                      uplink.sent, uplink.dropped, uplink.sessions, self.link.losses, self.supervisor.restarts, gc.mem_free())
