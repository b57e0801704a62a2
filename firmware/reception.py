"""Whoever comes to the door gets a turn, one after the other; in between, those who look on are told what happens. In memory while
somebody is inside.
"""

import asyncio
import select
import socket
import sys
import time

from micropython import const

from firmware import let_go

_PORT = const(80)
# So many wait outside; a browser comes with six at once.
_OUTSIDE = const(8)
_POLL_MS = const(10)
# What Home Assistant is told, or what tariff and prices need, takes as much memory as a visitor does: not both at once, if it can be
# had in so long.
_LARGE = const("firmware.discovery")
_PATIENCE_MS = const(3000)


def opened():
    """(the listening socket, what tells whether somebody is outside). Raises OSError when the port cannot be had."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(socket.getaddrinfo("0.0.0.0", _PORT)[0][-1])
        listener.listen(_OUTSIDE)
        listener.setblocking(False)
        poller = select.poll()
        poller.register(listener, select.POLLIN)
        return listener, poller
    except OSError:
        listener.close()
        raise


async def receive(door, listener, poller, beat):
    """Serve whoever has come. Raises MemoryError."""
    try:
        while True:
            from firmware import web_lobby

            try:
                visitor = await web_lobby.first(door, listener, poller, beat)
            finally:
                web_lobby = None
                let_go("web_lobby")
            if visitor is None:
                return
            end = time.ticks_add(time.ticks_ms(), _PATIENCE_MS)
            dues = door.keeper.dues
            while (_LARGE in sys.modules or dues and dues.busy) and time.ticks_diff(end, time.ticks_ms()) > 0:
                await door.pause(beat, _POLL_MS)
            await _hush(door)
            # A task of its own, since what it enters stays in memory as long as it lives.
            door.busy = True
            try:
                from firmware import web

                asyncio.create_task(web.serve(door, visitor[0], visitor[2]))
            except BaseException:
                visitor[0].close()
                door.busy = False
                raise
            visitor = web = None
            while door.busy:
                await door.pause(beat, _POLL_MS)
            _look_on(door)
            # Once they are told, however many wait.
            await asyncio.sleep_ms(0)
    finally:
        _look_on(door)


def _look_on(door):
    """See to it that those who look on are told what happens."""
    if door.watchers and door.looking is None:
        try:
            from firmware import web_events

            door.looking = asyncio.create_task(web_events.run(door))
        except MemoryError:
            # They come again by themselves.
            for each in door.watchers:
                each[0].close()
            door.watchers = []


async def _hush(door):
    """Free what it takes to tell them, for as long as a request is in work."""
    task = door.looking
    if task is None:
        return
    task.cancel()
    while not task.done():
        await asyncio.sleep_ms(0)
    task = door.looking = None
    let_go("web_events")
