"""Feeds the energy ledger with every reading, and has its books kept: what is seldom to do is the work of rare rooms.

books.py writes records and the ledger's state into the flash, usage.py tells how the hour stands, capacity.py what it means for
the tariff. Nothing that goes wrong here stops a reading: it is told, and the ledger goes on with what there is.
"""

import asyncio
import time

from micropython import const

from firmware import let_go

_TURN_MS = const(200)
# In s: between two states in the flash; between two words about the hour, and at first, when somebody may be looking.
_STORE_S = const(300)
_TELL_S = const(60)
_EARLY_S = const(10)
_EARLY_UNTIL_S = const(60)
# In s: so long a flash that failed is left alone.
_RETRY_S = const(600)


class Bookkeeper:
    """zone: such as "Europe/Oslo"; readings go on to uplink.take(). Attributes:

    ledger   the energy.Ledger; what it has closed is in the books when it is asked for
    closed   count of closed hours since the start
    guard    None, or what has note(keeper, reading): called at every reading behind the ledger
    limit    W of the running interval, None without one
    span     length in s of the tariff's interval, 900 or 3600

    For the rooms: zone, clock, log, uplink; closing (the iterable of the ledger's records that are to be written), unwritten (records
    that the flash did not take), trusted (the stored state is of this ledger, which has done well since).
    """

    def __init__(self, zone, clock, log, uplink):
        self.zone = zone
        self.clock = clock
        self.log = log
        self.uplink = uplink
        self.guard = self.limit = None
        self.span = 3600
        self.closed = 0
        self.closing = ()
        self.unwritten = []
        self.trusted = True
        self._told = -_RETRY_S
        self._store_at = _STORE_S
        self._tell_at = _EARLY_S
        self._ledger = None
        self._open()

    @property
    def ledger(self):
        while self.closing:
            self._write()
        return self._ledger

    def take(self, reading):
        """Take a reading."""
        self.uplink.take(reading)
        # While records are being written, the ledger waits: what it asks for comes with the next reading.
        if self.closing or not self._ledger:
            return
        try:
            self.closing = self._ledger.note(reading, self.clock.epoch(), time.ticks_ms())
            if self.guard and not self.closing:
                self.guard.note(self, reading)
        except Exception as error:
            self.stumbled(error)

    async def run(self, beat):
        """For ever: write what is closed, store the state, tell how the hour stands."""
        while True:
            beat()
            await asyncio.sleep_ms(_TURN_MS)
            now = self.log.uptime()
            if not self._ledger:
                self._open()
            elif self.closing:
                self._write()
                if not self.closing:
                    self._store_at = 0
                    self._tell_at = min(self._tell_at, now + 1)
            elif now >= self._store_at:
                self._store_at = now + (_STORE_S if self._enter("books", "store") else _RETRY_S)
            elif now >= self._tell_at:
                self._tell_at = now + (_EARLY_S if now < _EARLY_UNTIL_S else _TELL_S)
                self._enter("usage", "tell")

    def stumbled(self, error):
        """What was not foreseen happened in the ledger: it goes on from the stored state; from nothing where that has led here."""
        self.closing = ()
        self.tell("the ledger stumbled (%s)" % type(error).__name__)
        if not isinstance(error, MemoryError):
            self._ledger = None

    def tell(self, sentence):
        """Say what is wrong, but not all the time."""
        now = self.log.uptime()
        if now - self._told >= _RETRY_S:
            self._told = now
            self.log.line("ledger", sentence)

    def _open(self):
        self._ledger = self._enter("books", "recover")
        self.trusted = False

    def _write(self):
        """Have some of the closed records written, and told to those who count peaks."""
        records = self._enter("books", "write")
        if not records:
            self.closing = ()
            return
        self.uplink.unsent = True
        for record in records:
            if record[0] == 3600:
                self.closed += 1
        self._enter("usage", "closed", records)

    def _enter(self, room, work, *arguments):
        """A function of a rare room; None where memory was short."""
        try:
            found = getattr(getattr(__import__("firmware." + room), room), work)(self, *arguments)
        except MemoryError as error:
            found = None
            self.tell("too little memory for the ledger's books")
        let_go(room)
        return found
