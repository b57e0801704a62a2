"""Notices early that the running hour (or quarter hour) will have more than it may, or a phase more than the main fuse; and switches
the board's output, a relay that takes a boiler off.

Where nothing has come for five minutes of which a level could be said, there is none, and the output is off. So long both stand
through a silence of the meter, that neither flaps; behind it a level takes its time anew to rise.
"""

from energy.guard import Watch
from micropython import const

from firmware import let_go

_SILENCE_S = const(300)
# So long nothing is told again for which there was no memory.
_SHORT_S = const(5)


class Guard:
    """settings: limit_w (W, 0: none) and fuse_a (A, 0: none) of them count. pin: an output, or None; mark: the level from which on
    it is on. Of the keeper count limit (W, or None), span and channel. Attributes: levels (of the interval and of the fuse: 0 clear,
    1 warning, 2 alarm, None where it is not known), active (whether the output is on), pin.
    """

    def __init__(self, settings, pin, mark):
        self._settings = settings
        self.pin = pin
        self._mark = mark
        self._table = [None, None]  # the two watches
        self._seen = [0, 0]  # uptime when there was last something for each
        self.levels = [None, None]
        self.active = False
        self._session = self._tell_at = None

    def limit(self, keeper):
        """W that the running interval may have on average, None where nothing says so."""
        own = self._settings["limit_w"]
        return min(own or keeper.limit, keeper.limit) if keeper.limit is not None else own or None

    def note(self, keeper, reading):
        """Take a reading, after the ledger has."""
        now = keeper.log.uptime()
        table = self._table
        ledger = keeper.ledger
        if ledger.time:
            if not table[0]:
                table[0] = Watch(900, 850, 60, 180)
            limit = self.limit(keeper)
            # In W times s, so that short intervals are not coarse.
            if limit is not None:
                limit *= keeper.span
            so_far = ledger.so_far(keeper.channel, keeper.span) * 3600
            expected = ledger.expected(keeper.channel, keeper.span) * 3600
            table[0].note(max(so_far, expected), limit, ledger.time, limit is not None and so_far > limit)
            self._seen[0] = now
        fuse = self._settings["fuse_a"]
        if fuse and "current_l1_ma" in reading:
            if not table[1]:
                # A fuse stands a little more for minutes.
                table[1] = Watch(900, 850, 20, 60)
            table[1].note(max([abs(reading.get("current_l%d_ma" % n, 0)) for n in (1, 2, 3)]), 1000 * fuse, now)
            self._seen[1] = now
        self._set()

    def _set(self):
        levels = [watch and watch.level for watch in self._table]
        if levels != self.levels:
            self.levels = levels
            self.active = max(levels[0] or 0, levels[1] or 0) >= self._mark
            if self.pin:
                self.pin.value(self.active)
            self._tell_at = 0

    def look(self, keeper):
        """To be called several times a second: notice silence, tell what has changed, and once a session how things stand."""
        now = keeper.log.uptime()
        for n in range(2):
            if now - self._seen[n] > _SILENCE_S:
                self._table[n] = None
        self._set()
        if self._session != keeper.uplink.sessions:
            self._session = keeper.uplink.sessions
            self._tell_at = 0
        if self._tell_at is not None and now >= self._tell_at:
            self._tell_at = None
            try:
                from firmware import standing

                standing.guard(keeper, self)
            except MemoryError:
                self._tell_at = now + _SHORT_S
            finally:
                standing = None
                let_go("standing", "draft")
