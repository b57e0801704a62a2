"""Takes the place of main.py on the PC board: a line of tools/outages/watching.py twice a second; the free heap is the lowest one so far.

It is looked for where it is, without the rubbish: before a room is let go, before every write, and twice a second. Where a file `low`
is put beside the device's folder, the search begins anew. The sockets of visitors have the buffers of a chip, not of a PC: who does not
read is noticed.
"""

import gc
import os
import socket

import firmware
import usocket

let_go = firmware.let_go

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
# Only now: what is loaded here asks for these.
import watching  # noqa: E402
from firmware import core  # noqa: E402

write = core.Stream.write


def lowest_one():
    look()
    return lowest


def anew():
    global lowest
    try:
        os.remove("../low")
    except OSError:
        return False
    lowest = 1 << 30
    print("watching")
    return True


core.Stream.write = watched_write
socket.socket = small_socket
watching.start(500, lowest_one, anew)
