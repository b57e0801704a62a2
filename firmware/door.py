"""Where visitors of the page come in: a listening socket, and the rooms behind it, in memory only while somebody is there.

Nobody can keep the house from its work: so many connections and no more are open, the rest waits outside.
"""

import asyncio
import select
import socket
import time

from machine import Pin
from micropython import const

from firmware import StreamError, let_go
from firmware.stream import Stream

_PORT = const(80)
# Three pages that look on, and a request.
_MOST = const(4)
# So many more wait at the door; a browser comes with six at once.
_WAITING = const(8)
_IDLE_MS = const(100)
_BUSY_MS = const(10)
# After so long without a request the rooms are let go; the first one only when nobody looks on.
_LINGER_MS = const(5000)
_ROOMS = ("web_events", "web", "web_access", "web_request")


class Door:
    """Lets visitors in. Attributes: open (connections), watching (those of them that only look on), crowded (all places are taken,
    and somebody waits), sessions and kept (what visitors leave for later), made (the last reading as JSON, with its number); and what
    the rooms behind it need of the house:

    settings (values), log, live, link, port, uplink, clock, reader, supervisor, name (of the host), board (its profile), keeper (of the energy's books).
    """

    def __init__(self, *parts):
        (self.settings, self.log, self.live, self.link, self.port, self.uplink, self.clock, self.reader, self.supervisor,
         self.name, self.board, self.keeper) = parts
        self.kept = {}
        self.sessions = ()
        self.made = None
        self.open = self.watching = 0
        self.crowded = False
        self._last = None  # when the last request came or ended; None: the rooms for it are not in memory

    async def run(self, beat):
        """For ever: let in, let go. Raises OSError when the port cannot be had."""
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(socket.getaddrinfo("0.0.0.0", _PORT)[0][-1])
            listener.listen(_WAITING)
            listener.setblocking(False)
            poller = select.poll()
            poller.register(listener, select.POLLIN)
            button = released = None
            if self.board.button is not None:
                button = Pin(self.board.button, Pin.IN, Pin.PULL_UP)
            while True:
                beat()
                waiting = poller.poll(0)
                self.crowded = self.open == _MOST and bool(waiting)
                if waiting and not self.crowded:
                    self._let_in(listener)
                elif self._last is not None and time.ticks_diff(time.ticks_ms(), self._last) > _LINGER_MS:
                    self._last = None
                    self.tidy()
                # A pin that hangs low from the start is no finger.
                if button is None:
                    pass
                elif button.value():
                    released = True
                elif released:
                    released = False
                    self.link.enter("button", button)
                await asyncio.sleep_ms(_IDLE_MS if self._last is None else _BUSY_MS)
        finally:
            listener.close()

    def _let_in(self, listener):
        try:
            sock = listener.accept()[0]
        except OSError:
            return  # gone again
        sock.setblocking(False)
        self.open += 1
        self._last = time.ticks_ms()
        asyncio.create_task(self._serve(Stream(sock, sock)))

    def tidy(self):
        """Let go of the rooms that nobody is in."""
        if self._last is None and self.open == self.watching:
            for room in _ROOMS[self.open > 0:]:
                let_go(room)
            if not self.open:
                self.made = None

    async def _serve(self, stream):
        goes_on = None
        try:
            from firmware import web

            goes_on = await web.serve(self, stream)
        except StreamError:
            pass
        except Exception as error:
            self.log.line("web", "a request failed (%s)" % type(error).__name__)
        self._last = time.ticks_ms()
        if goes_on:
            # A task of its own: what this one has seen stays in memory as long as it lives.
            self.watching += 1
            asyncio.create_task(self._look_on(stream, *goes_on))
        else:
            stream.close()
            self.open -= 1

    async def _look_on(self, stream, session, authorization):
        try:
            from firmware import web_events

            await web_events.run(self, stream, session, authorization)
        except StreamError:
            pass
        except Exception as error:
            self.log.line("web", "events ended (%s)" % type(error).__name__)
        stream.close()
        self.open -= 1
        self.watching -= 1
        self._last = time.ticks_ms()
