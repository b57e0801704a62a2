"""Where visitors of the page come in: a listening socket, and the rooms behind it, in memory only while somebody is there.

Nobody can keep the house from its work: so many connections and no more are open, the rest waits outside.
"""

import asyncio
import select
import socket
import time

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
# After so long without a visitor the rooms are let go.
_LINGER_MS = const(60000)
_ROOMS = ("web", "web_access", "web_request")


class Door:
    """Lets visitors in. Attributes: open (connections), and what the rooms behind it need of the house:

    settings (values), log, live, link, port, uplink, clock, reader, supervisor, name (of the host), board (its profile);
    kept: what visitors leave for later (sessions, wrong passwords), a dict.
    """

    def __init__(self, *parts):
        (self.settings, self.log, self.live, self.link, self.port, self.uplink, self.clock, self.reader, self.supervisor,
         self.name, self.board) = parts
        self.kept = {}
        self.open = 0
        self.crowded = False  # all places are taken, and somebody waits
        self._last = None  # when the last visitor left; None: the rooms are not in memory

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
            while True:
                beat()
                waiting = poller.poll(0)
                self.crowded = self.open == _MOST and bool(waiting)
                if waiting and not self.crowded:
                    self._let_in(listener)
                elif self._last is not None and not self.open:
                    if time.ticks_diff(time.ticks_ms(), self._last) > _LINGER_MS:
                        self._last = None
                        self.kept.pop("made", None)
                        for room in _ROOMS:
                            let_go(room)
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

    async def _serve(self, stream):
        try:
            from firmware import web

            await web.serve(self, stream)
        except StreamError:
            pass
        except Exception as error:
            self.log.line("web", "a request failed (%s)" % type(error).__name__)
        finally:
            stream.close()
            self.open -= 1
            self._last = time.ticks_ms()
