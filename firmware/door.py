"""Where visitors of the page come in: a listening socket. What is behind it is in memory only while somebody is there, and one room of
it after the other: a crowd takes no more memory than one visitor.
"""

import asyncio

from machine import Pin
from micropython import const

from firmware import let_go

_LOOK_MS = const(20)


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
        from firmware import reception

        listener, poller = reception.opened()
        del reception
        let_go("reception")
        try:
            if self.board.button is not None:
                self._button = Pin(self.board.button, Pin.IN, Pin.PULL_UP)
            while True:
                if self.waiting or poller.poll(0):
                    try:
                        from firmware import reception

                        await reception.receive(self, listener, poller, beat)
                    except MemoryError:
                        self.log.line("web", "a visitor had to go for lack of memory")
                    finally:
                        reception = None
                        let_go("reception")
                await self.pause(beat, _LOOK_MS)
        finally:
            listener.close()

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
