"""Takes the place of main.py on the PC board, as tools/outages/watch.py does, and says the same; the free heap is the lowest one so far.

It is looked for where it is, without the rubbish: before a room is let go, before every write, and twice a second. Where a file `low`
is put beside the device's folder, the search begins anew. The sockets of visitors have the buffers of a chip, not of a PC: who does not
read is noticed.
"""

import asyncio
import gc
import os
import socket
import time

import _own
import firmware
import usocket

let_go = firmware.let_go

_TURN_MS = 10
# CONFIG_LWIP_TCP_SND_BUF_DEFAULT of the ESP32; Linux takes twice what is asked for.
_BUFFER = 5760 // 2
_SO_SNDBUF = 7
lowest = 1 << 30  # B


def look():
    global lowest
    gc.collect()
    lowest = min(lowest, gc.mem_free())


def watched_let_go(*names):
    look()
    let_go(*names)


def watched_write(self, *arguments):
    look()
    return write(self, *arguments)


def small_socket(*arguments):
    made = usocket.socket(*arguments)
    if not arguments:  # the one that listens; what it accepts is like it
        made.setsockopt(socket.SOL_SOCKET, _SO_SNDBUF, _BUFFER)
    return made


firmware.let_go = watched_let_go
from firmware import core  # noqa: E402

Status = core.Status
write = core.Stream.write


class Watched(Status):
    async def run(self, beat):
        asyncio.create_task(self.watch())
        await Status.run(self, beat)

    async def watch(self):
        global lowest
        longest = turns = 0
        last = _own.ticks_ms()
        while True:
            await asyncio.sleep_ms(_TURN_MS)
            now = _own.ticks_ms()
            longest = max(longest, time.ticks_diff(now, last) - _TURN_MS)
            last = now
            turns += 1
            if turns % 50 == 0:
                try:
                    os.remove("../low")
                    lowest = 1 << 30
                    longest = 0
                    print("watching")
                except OSError:
                    pass
                look()
                stats = self.reader.stats
                uplink = self.uplink
                print("watch", longest, lowest, stats.frames + stats.telegrams, stats.checksum_errors,
                      uplink.sent, uplink.dropped, uplink.sessions, self.link.losses, self.supervisor.restarts, gc.mem_free())


core.Status = Watched
core.Stream.write = watched_write
socket.socket = small_socket
with open("main_shipped.py") as f:
    exec(compile(f.read(), "main.py", "exec"), {"__name__": "__main__"})
