"""Notices early that the running hour (or quarter hour) will have more than it may, or a phase more than the main fuse; and switches
the board's output, a relay that takes a boiler off.

Where nothing has come for five minutes of which a level could be said, there is none, and the output is off. So long both stand
through a silence of the meter, that neither flaps; behind it a level takes its time anew to rise.
"""

from energy.guard import fuse_watch, interval_watch, note_fuse, note_interval
from micropython import const

from firmware import let_go

_SILENCE_S = const(300)
# So long nothing is told again for which there was no memory.
_SHORT_S = const(5)


class Guard:
    """settings: limit_w (W, 0: none) and fuse_a (A, 0: none) of them count. pin: an output, or None; least: the level from which on
    it is on. Of the keeper count limit (W, or None), span and channel. Attributes: levels (of the interval and of the fuse as
    energy.guard has them, None where it is not known), on (whether the output is).
    """

    def __init__(self, settings, pin, least):
        self._settings = settings
        self.pin = pin
        self._least = least
        self._watches = [None, None]
        self._heard = [0, 0]  # uptime when there was last something for that watch
        self.levels = [None, None]
        self.on = False
        self._session = self._due = None

    def limit(self, keeper):
        """W that the running interval may have on average, None where nothing says so."""
        own = self._settings["limit_w"]
        return min(own or keeper.limit, keeper.limit) if keeper.limit is not None else own or None

    def note(self, keeper, reading):
        """Take a reading, after the ledger has."""
        now = keeper.log.uptime()
        watches = self._watches
        if keeper.ledger.time:
            if not watches[0]:
                watches[0] = interval_watch()
            limit = self.limit(keeper)
            note_interval(watches[0], keeper.ledger, keeper.channel, keeper.span, None if limit is None else limit * keeper.span // 3600)
            self._heard[0] = now
        fuse = self._settings["fuse_a"]
        if fuse and "current_l1_ma" in reading:
            if not watches[1]:
                watches[1] = fuse_watch()
            note_fuse(watches[1], reading, 1000 * fuse, now)
            self._heard[1] = now
        self._switch()

    def _switch(self):
        levels = [watch and watch.level for watch in self._watches]
        if levels != self.levels:
            self.levels = levels
            self.on = max(levels[0] or 0, levels[1] or 0) >= self._least
            if self.pin:
                self.pin.value(self.on)
            self._due = 0

    def look(self, keeper):
        """To be called several times a second: notice silence, tell what has changed, and once a session how things stand."""
        now = keeper.log.uptime()
        for n in range(2):
            if now - self._heard[n] > _SILENCE_S:
                self._watches[n] = None
        self._switch()
        if self._session != keeper.uplink.sessions:
            self._session = keeper.uplink.sessions
            self._due = 0
        if self._due is not None and now >= self._due:
            self._due = None
            try:
                from firmware import alert

                alert.tell(keeper, self)
            except MemoryError:
                self._due = now + _SHORT_S
            finally:
                alert = None
                let_go("alert")
