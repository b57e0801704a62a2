"""Readings out over MQTT: keeps the session, sends what waits, says what became of it.

T/status is online or offline, retained; offline is the last will. What else is sent of a reading the layouts say. All of
that waits in the outbox until the broker has acknowledged it (QoS 1). After an outage come first the live messages, then
at a gentle rate what it left: T/hour out of the journal, and T/minute.
"""

import asyncio
import time

from micropython import const

from firmware import StreamError, let_go, sentence
from firmware.backoff import Backoff
from firmware.minutes import Minutes
from firmware.mqtt import Client
from firmware.outbox import Outbox
from firmware.stream import Peer, connect

_KEEPALIVE_S = const(30)
_CONNECT_MS = const(10000)
_TURN_MS = const(20)
# What an outage left: no more than five messages a second.
_PACE_MS = const(200)
# A session that lasted this long ends the back-off; one that breaks at once does not.
_STABLE_MS = const(30000)
_REMIND_MS = const(600000)
_SETTLE_S = const(20)
# So long a journal that could not be written is left alone, in s.
_RETRY_S = const(600)


class Uplink:
    """Attributes: connected (bool), trouble (why it is not, in words; or None), and the counts sent, dropped, waiting (messages), sessions.

    identity: the client's name at the broker. topic: T without a slash behind it. announcer: tells Home Assistant; or None.
    layouts: say what is published of a reading. Attributes for rests.py: topic, clock, log, minutes, hour (of the register that
    the journal was last looked at for), recorded (uptime of its last record, or when to try again), unsent (whether it or the
    energy's books may hold what the broker has not confirmed), span (900 where quarter hours are told besides hours).
    busy: whether rare rooms are in memory for it: others wait with theirs. prices: None, or a topic with prices and who takes its
    messages as mqtt.Client.subscribe() says; due: uptime from which on they are to be asked for, None where that has been done.
    """

    def __init__(self, settings, identity, topic, link, clock, log, announcer, layouts):
        self._settings = settings
        self._identity = identity.encode()
        self.topic = topic
        self._link = link
        self.clock = clock
        self.log = log
        self.announcer = announcer
        self._layouts = layouts
        self._outbox = Outbox()
        self.minutes = Minutes()
        self._number = 0  # of the last reading
        self._began = 0  # UTC when uptime was 0; 0 while unknown
        self.hour = None
        self.recorded = 0
        self.unsent = True
        self.span = 3600
        self.prices = self.due = None
        # A broker at home costs little to ask, and little waits: rather often than politely.
        self._backoff = Backoff(1000, 15000)
        self._summer = None
        self.trouble = None  # why there is no connection, in words
        self._told_at = 0
        self.connected = self.busy = False
        self.sent = 0
        self.sessions = 0

    @property
    def dropped(self):
        return self._outbox.dropped

    @property
    def waiting(self):
        return len(self._outbox) + self.minutes.kept

    def put(self, topic, payload, retain=False):
        """Queue a message for the broker."""
        if self._settings["mqtt_host"]:
            self._outbox.put(topic, payload, retain)

    def take(self, reading):
        """Show a reading on the console, keep what must outlast an outage, queue its messages."""
        # Not a function of assembly.py's: that would keep all of it in memory.
        self.log.reading(reading)
        self._number += 1
        when = self.clock.iso_utc()
        uptime = self.log.uptime()
        if "energy_import_wh" in reading and uptime >= self.recorded:
            # The first registers of an hour go into the flash.
            hour = (reading.get("meter_time") or when)[:13] or uptime // 3600
            if hour != self.hour or reading.clock_summer is not self._summer:
                self._summer = reading.clock_summer
                if not self._enter("record", reading, uptime, hour):
                    self.recorded = uptime + _RETRY_S
        if not self._settings["mqtt_host"]:
            return
        began = self.start()
        minute = max(0, (uptime + began) // 60 * 60 - began)
        outbox = self._outbox
        over = self.minutes.note(reading, minute, outbox)
        if over:
            self._enter("keep", over)
        try:
            if self.announcer:
                self.announcer.note(reading)
            for layout in self._layouts:
                for topic, payload, retain in layout.messages(reading, self._number, when):
                    outbox.put(topic, payload, retain, minute)
        except MemoryError:
            outbox.dropped += 1
            outbox.lose(minute)

    def start(self):
        """UTC when uptime was 0, in seconds since 2000; 0 while unknown. It does not waver with the fractions of both."""
        now = self.clock.epoch()
        if now:
            began = now - self.log.uptime()
            if abs(began - self._began) > 1:
                self._began = began
        return self._began

    def _enter(self, work, *arguments):
        """What seldom is to do: a function of rests.py. Live messages matter more than the memory for it."""
        try:
            from firmware import rests

            return getattr(rests, work)(self, *arguments)
        except MemoryError:
            return None
        finally:
            rests = None
            let_go("rests", "hours", "journal", "draft", "spans")

    async def run(self, beat):
        """For ever: connect when the link is up, publish, again with back-off. `beat()` at every turn."""
        if not self._settings["mqtt_host"]:
            self.log.line("mqtt", sentence("CONNECTION", "unset"))
            while True:
                beat()
                await asyncio.sleep_ms(500)
        peer = Peer(self._settings, self._link, self.clock)
        while True:
            while not self._link.connected:
                beat()
                await asyncio.sleep_ms(100)
            beat()
            try:
                await self._session(peer, beat)
            except StreamError as error:
                if error.args[0] == "large":
                    # It would come again and again: readings are worth more.
                    self.prices = None
                # Say what is wrong when it changes, and now and then while it lasts.
                reason = str(error)
                now = time.ticks_ms()
                if reason != self.trouble or time.ticks_diff(now, self._told_at) > _REMIND_MS:
                    self.trouble = reason
                    self._told_at = now
                    self.log.line("mqtt", "no connection: %s; trying on" % reason)
            end = time.ticks_add(time.ticks_ms(), self._backoff.next())
            while time.ticks_diff(end, time.ticks_ms()) > 0:
                beat()
                await asyncio.sleep_ms(100)

    async def _session(self, peer, beat):
        """From the connection to its end. Raises StreamError; returns when the link is lost."""
        s = self._settings
        stream = await connect(peer, _CONNECT_MS)
        beat()
        left = None
        try:
            status = (self.topic + "/status").encode()
            client = Client(stream, self._identity, s["mqtt_user"].encode() or None, s["mqtt_password"].encode(),
                            _KEEPALIVE_S, (status, b"offline"))
            await client.connect()
            beat()
            await client.publish(status, b"online", True)
            self.connected = True
            self.sessions += 1
            self.trouble = None
            self.log.line("mqtt", "connected to the broker")
            began = paced = time.ticks_ms()
            for layout in self._layouts:
                layout.again()
            announcer = self.announcer
            if announcer:
                announcer.greeted = False
            # Not while the rooms that made this connection are still in memory.
            self.due = self.log.uptime() + _SETTLE_S
            losses = self._link.losses
            while self._link.losses == losses:
                beat()
                now = time.ticks_ms()
                message = self._outbox.take()
                if message:
                    await client.publish(message[0], message[1], message[2], 1)
                    self._outbox.confirm()
                    self.sent += 1
                elif time.ticks_diff(now, paced) >= _PACE_MS:
                    paced = now
                    if not left and (self.unsent or self.minutes.kept and (self.clock.known or began is None)):
                        # Without the clock, nobody knows when the minutes were: it gets a moment.
                        left = self._enter("left")
                    for found in left or ():
                        await client.publish(found[0], found[1], False, 1)
                        self.sent += 1
                        break
                    else:
                        left = None
                if self.prices and self.due is not None and self.log.uptime() >= self.due:
                    self.due = None
                    await client.subscribe(*self.prices)
                self.busy = left is not None
                await client.service()
                # Not while its room would stand in memory beside a full outbox and the journal's.
                if announcer and not message and not left and announcer.due():
                    self.busy = True
                    await announcer.tell(client, beat)
                if began is not None and time.ticks_diff(now, began) > _STABLE_MS:
                    began = None
                    self._backoff.reset()
                if not message:
                    await asyncio.sleep_ms(_TURN_MS)
        finally:
            self.connected = self.busy = False
            stream.close()
            if left:
                left.close()
