"""Where visitors of the page come in: a listening socket. What is behind it is in memory only while somebody is there, and one room of
it after the other: a crowd takes no more memory than one visitor.
"""

import asyncio
import select
import socket
import sys
import time

from machine import Pin
from micropython import const

from firmware import let_go

_PORT = const(80)
# So many wait outside; a browser comes with six at once.
_OUTSIDE = const(8)
_LOOK_MS = const(20)
_POLL_MS = const(10)
# What Home Assistant is told, or what tariff and prices need, takes as much memory as a visitor does: not both at once, if it can be
# had in so long.
_LARGE = const("firmware.discovery")
_PATIENCE_MS = const(3000)


class Door:
    """Lets visitors in. Attributes: waiting (who is inside and has no turn yet: stream, ticks_ms of the arrival, what was sent so far),
    busy (one request is in work, and the rooms for it are taken), watchers (who looks on, as web_events.py says), looking (the task
    that tells them; None while a request is in work), said (ticks_ms when all were told something), aside (how many wait for something
    else), sessions and kept (what visitors leave for later); and what the rooms behind it need of the house:

    settings (values), log, live, link, port, uplink, clock, reader, supervisor, name (of the host), board (its profile), keeper (of the energy's books).
    """

    def __init__(self, *parts):
        (self.settings, self.log, self.live, self.link, self.port, self.uplink, self.clock, self.reader, self.supervisor,
         self.name, self.board, self.keeper) = parts
        self.kept = {}
        self.sessions = ()
        self.watchers = []
        self.waiting = []
        self.busy = False
        self.looking = None
        self.aside = self.said = 0
        self._button = None
        self._released = None

    async def run(self, beat):
        """For ever. Raises OSError when the port cannot be had."""
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(socket.getaddrinfo("0.0.0.0", _PORT)[0][-1])
            listener.listen(_OUTSIDE)
            listener.setblocking(False)
            poller = select.poll()
            poller.register(listener, select.POLLIN)
            if self.board.button is not None:
                self._button = Pin(self.board.button, Pin.IN, Pin.PULL_UP)
            while True:
                if self.waiting or poller.poll(0):
                    try:
                        await self._let_in(listener, poller, beat)
                    except MemoryError:
                        self.log.line("web", "a visitor had to go for lack of memory")
                    self.look_on()
                await self.pause(beat, _LOOK_MS)
        finally:
            listener.close()

    async def _let_in(self, listener, poller, beat):
        """Serve whoever has come, one after the other."""
        while True:
            from firmware import web_lobby

            try:
                visitor = await web_lobby.first(self, listener, poller, beat)
            finally:
                web_lobby = None
                let_go("web_lobby")
            if visitor is None:
                return
            end = time.ticks_add(time.ticks_ms(), _PATIENCE_MS)
            dues = self.keeper.dues
            while (_LARGE in sys.modules or dues and dues.busy) and time.ticks_diff(end, time.ticks_ms()) > 0:
                await self.pause(beat, _POLL_MS)
            await self._hush()
            # A task of its own, since what it enters stays in memory as long as it lives.
            self.busy = True
            try:
                from firmware import web

                asyncio.create_task(web.serve(self, visitor[0], visitor[2]))
            except BaseException:
                visitor[0].close()
                self.busy = False
                raise
            visitor = web = None
            while self.busy:
                await self.pause(beat, _POLL_MS)
            self.look_on()
            # Once they are told, however many wait.
            await asyncio.sleep_ms(0)

    def look_on(self):
        """See to it that those who look on are told what happens."""
        if self.watchers and self.looking is None:
            try:
                from firmware import web_events

                self.looking = asyncio.create_task(web_events.run(self))
            except MemoryError:
                # They come again by themselves.
                for each in self.watchers:
                    each[0].close()
                self.watchers = []

    async def _hush(self):
        """Free what it takes to tell them, for as long as a request is in work."""
        task = self.looking
        if task is None:
            return
        task.cancel()
        while not task.done():
            await asyncio.sleep_ms(0)
        task = self.looking = None
        let_go("web_events")

    async def pause(self, beat, ms):
        """Look at the button, then wait."""
        beat()
        if self._button is None:
            pass
        elif self._button.value():
            self._released = True
        # A pin that hangs low from the start is no finger.
        elif self._released:
            self._released = False
            self.link.enter("button", self._button)
        await asyncio.sleep_ms(ms)
