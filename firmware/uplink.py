"""Readings out over MQTT: keeps the session, sends what the queue holds, says what became of it.

T/status   online or offline, retained; offline is the last will
T/reading  one JSON message a reading, not retained
"""

import asyncio
import time
from collections import deque

from micropython import const

from firmware import sentence
from firmware.backoff import Backoff
from firmware.mqtt import Client
from firmware.stream import Peer, StreamError, connect

_QUEUE = const(8)
_KEEPALIVE_S = const(30)
_CONNECT_MS = const(10000)
_TURN_MS = const(20)
# A session that lasted this long ends the back-off; one that breaks at once does not.
_STABLE_MS = const(30000)
_REMIND_MS = const(600000)


class Uplink:
    """Attributes: connected (bool), and the counts sent, dropped (readings), sessions.

    identity: the client's name at the broker. topic: T without a slash behind it. announcer: tells Home Assistant; or None.
    """

    def __init__(self, settings, identity, topic, link, clock, log, announcer=None):
        self._settings = settings
        self._identity = identity.encode()
        self._reading_topic = (topic + "/reading").encode()
        self._status_topic = (topic + "/status").encode()
        self._link = link
        self._clock = clock
        self._log = log
        self._announcer = announcer
        self._queue = deque((), _QUEUE)
        self._next = None  # out of the queue, not yet sent
        # A broker at home costs little to ask, and eight readings wait: rather often than politely.
        self._backoff = Backoff(1000, 15000)
        self._told = None
        self._told_at = 0
        self.connected = False
        self.sent = 0
        self.dropped = 0
        self.sessions = 0

    def take(self, reading):
        """Show a reading on the console, then queue it."""
        # Not a function of assembly.py's: that would keep all of it in memory.
        self._log.reading(reading)
        self.offer(reading)

    def offer(self, reading):
        """Queue a reading with the time of now; the oldest makes room."""
        if not self._settings["mqtt_host"]:
            return
        if self._announcer:
            self._announcer.note(reading)
        text = reading.to_json()
        when = self._clock.iso_utc()
        if when:
            text = '%s,"time":"%s"}' % (text[:-1], when)
        if len(self._queue) == _QUEUE:
            self.dropped += 1
        self._queue.append(text.encode())

    async def run(self, beat):
        """For ever: connect when the link is up, publish, again with back-off. `beat()` at every turn."""
        if not self._settings["mqtt_host"]:
            self._log.line("mqtt", sentence("CONNECTION", "unset"))
            while True:
                beat()
                await asyncio.sleep_ms(500)
        peer = Peer(self._settings, self._link, self._clock)
        while True:
            while not self._link.connected:
                beat()
                await asyncio.sleep_ms(100)
            beat()
            try:
                await self._session(peer, beat)
            except StreamError as error:
                # Say what is wrong when it changes, and now and then while it lasts.
                reason = str(error)
                now = time.ticks_ms()
                if reason != self._told or time.ticks_diff(now, self._told_at) > _REMIND_MS:
                    self._told = reason
                    self._told_at = now
                    self._log.line("mqtt", "no connection: %s; trying on" % reason)
            end = time.ticks_add(time.ticks_ms(), self._backoff.next())
            while time.ticks_diff(end, time.ticks_ms()) > 0:
                beat()
                await asyncio.sleep_ms(100)

    async def _session(self, peer, beat):
        """From the connection to its end. Raises StreamError; returns when the link is lost."""
        s = self._settings
        stream = await connect(peer, _CONNECT_MS)
        beat()
        try:
            client = Client(stream, self._identity, s["mqtt_user"].encode() or None, s["mqtt_password"].encode(),
                            _KEEPALIVE_S, (self._status_topic, b"offline"))
            await client.connect()
            beat()
            await client.publish(self._status_topic, b"online", True)
            self.connected = True
            self.sessions += 1
            self._told = None
            self._log.line("mqtt", "connected to the broker")
            began = time.ticks_ms()
            announcer = self._announcer
            if announcer:
                announcer.greeted = False
            losses = self._link.losses
            while self._link.losses == losses:
                beat()
                # The oldest reading. One that fails waits for the next session, whatever the queue does meanwhile.
                if self._next is None and self._queue:
                    self._next = self._queue.popleft()
                if self._next is not None:
                    await client.publish(self._reading_topic, self._next)
                    self._next = None
                    self.sent += 1
                await client.service()
                if announcer and announcer.due():
                    await announcer.tell(client, beat)
                if began is not None and time.ticks_diff(time.ticks_ms(), began) > _STABLE_MS:
                    began = None
                    self._backoff.reset()
                await asyncio.sleep_ms(_TURN_MS)
        finally:
            self.connected = False
            stream.close()
