"""Feeds the energy ledger with every reading, and has its books kept: what is seldom to do is the work of rare rooms.

entries.py writes records into the flash, balance.py the ledger's state, usage.py tells how the hour stands, dues.py has counted
what it costs. Nothing that goes wrong here stops a reading: it is told, and the ledger goes on with what there is.
"""

import asyncio
import time

from energy import room
from micropython import const

from firmware import let_go

_TURN_MS = const(200)
# In s: between two states in the flash; between two words about the hour, and at first, when somebody may be looking.
_STORE_S = const(300)
_TELL_S = const(60)
_EARLY_S = const(10)
_EARLY_UNTIL_S = const(60)
# In s: so long the same trouble is not told again.
_QUIET_S = const(600)
# In s: so long it waits for the rare rooms of others to be left.
_WAIT_S = const(20)
# So many turns without memory for it, records wait to be written.
_PATIENCE = const(100)


class Bookkeeper:
    """zone: such as "Europe/Oslo"; readings go on to uplink.take(). Attributes:

    ledger   the energy.Ledger; what it has closed is in the books when it is asked for. Raises MemoryError. Rooms that are given
             records must not ask for it: it may have more
    closed   count of closed hours since the start
    guard    a firmware.guarding.Guard, or None
    dues     a firmware.dues.Dues, or None
    door     the firmware.door.Door, while whose visitor has the turn no room is entered; or None
    limit    W that the running interval may have under the tariff, None without one
    span     length in s of the tariff's interval, 900 or 3600
    channel  what it counts: 0 import, 1 export

    For the rooms: zone, standard (of it: seconds ahead of UTC in normal time), clock, log, uplink; closing (the iterable of the ledger's records that are to be written), unwritten (records
    that the flash did not take), trusted (the stored state has done well since it was stored).
    """

    def __init__(self, zone, clock, log, uplink):
        self.zone = zone
        self.standard = room("zone").standard(zone)
        self.clock = clock
        self.log = log
        self.uplink = uplink
        self.guard = self.dues = self.limit = self.door = None
        self.span = 3600
        self.channel = 0
        self.closed = 0
        self.closing = ()
        self.unwritten = []
        self.trusted = True
        self._told = -_QUIET_S
        self._store_at = _STORE_S
        self._tell_at = _EARLY_S
        self._busy_until = 0
        self._tries = 0
        self._busy = self._news = False
        self._ledger = None
        self._open()

    @property
    def ledger(self):
        assert not self._busy
        while self.closing:
            self._write()
        if not self._ledger:
            self._open()
            if not self._ledger:
                raise MemoryError
        return self._ledger

    def take(self, reading):
        """Take a reading."""
        self.uplink.take(reading)
        self._news = True
        # While records are being written, the ledger waits: what it asks for comes with the next reading.
        if self.closing or not self._ledger:
            return
        try:
            self.closing = self._ledger.note(reading, self.clock.epoch(), time.ticks_ms())
            if self.guard and not self.closing:
                self.guard.note(self, reading)
        except Exception as error:
            self._stumble(error)

    async def run(self, beat):
        """For ever: write what is closed, store the state, tell how the hour stands."""
        while True:
            beat()
            await asyncio.sleep_ms(_TURN_MS)
            now = self.log.uptime()
            if self.guard:
                self.guard.look(self)
            visited = self.door and self.door.busy
            if (self.uplink.busy or visited) and now < self._busy_until:
                if visited and not self.uplink.busy and self.dues and self.dues.busy:
                    # The sooner its rooms are left, the better for the visitor.
                    self.dues.turn()
                continue
            self._busy_until = now + _WAIT_S
            if self.closing:
                self._write()
                if not self.closing:
                    self._store_at = self._tell_at = now
            elif not self._ledger:
                self._open()
            elif self.dues and self.dues.busy:
                self.dues.turn()
            elif now >= self._store_at:
                # Behind the records that led to it, or not at all; where memory was short, soon again.
                done = self._enter("entries", "write") if self.unwritten else True
                if not self.unwritten:
                    done = self._enter("balance", "store")
                    self.trusted = done or self.trusted
                self._store_at = now + (_EARLY_S if done is None else _STORE_S)
            elif now >= self._tell_at and self._news:
                self._news = False
                self._tell_at = now + (_EARLY_S if now < _EARLY_UNTIL_S else _TELL_S)
                self._enter("usage", "tell")
            elif self.dues:
                self.dues.turn()

    def tell(self, sentence):
        """Say what is wrong, but not all the time."""
        now = self.log.uptime()
        if now - self._told >= _QUIET_S:
            self._told = now
            self.log.line("ledger", sentence)

    def _open(self):
        self._ledger = self._enter("balance", "recover")
        # Where that stumbles before it has stored anything, the next one starts from nothing.
        self.trusted = False

    def _write(self):
        """Have some of the closed records written, and told to those who care."""
        try:
            records = self._enter("entries", "write")
        except Exception as error:
            self._stumble(error)
            return
        if records is None:
            self._tries += 1
            if self._tries == _PATIENCE:
                # The books miss them, the sums do not.
                self._tries = 0
                self.closing = ()
            return
        self._tries = 0
        if records:
            self.uplink.unsent = True
            for record in records:
                self.closed += record[0] == 3600
            self._busy = True
            try:
                self._enter("usage", "closed", records)
                if self.dues:
                    self.dues.closed(records)
            finally:
                self._busy = False

    def _stumble(self, error):
        """What was not foreseen happened in the ledger: it goes on from the stored state."""
        self.closing = ()
        self.tell("the ledger stumbled (%s)" % type(error).__name__)
        if not isinstance(error, MemoryError):
            self._ledger = None

    def _enter(self, room, work, *arguments):
        """What a function of a rare room returns; None where memory was short."""
        try:
            return getattr(getattr(__import__("firmware." + room), room), work)(self, *arguments)
        except MemoryError:
            self.tell("too little memory for the ledger's books")
            return None
        finally:
            let_go(room, "books", "draft", "energy.closing", "energy.journal", "energy.snapshot", "energy.crc")
