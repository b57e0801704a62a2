"""Early warning, alarm and all-clear with hysteresis: for the running interval against its limit, and for the main fuse.

A value is watched against a limit. It must stand above for a while to raise the level, and below for longer to lower it.
"""

CLEAR = 0
WARNING = 1
ALARM = 2


class Watch:
    """`warn`, `clear`: thousandths of the limit; `rise_s`, `fall_s`: how long a change must last.

    level   CLEAR, WARNING or ALARM
    """

    def __init__(self, warn=900, clear=850, rise_s=60, fall_s=180):
        self._warn = warn
        self._clear = clear
        self._rise = rise_s
        self._fall = fall_s
        self._since = None
        self._wanted = CLEAR
        self.level = CLEAR

    def note(self, value, limit, now, certain=False):
        """Take a value at second `now`. `limit` None: there is none. `certain`: no need to wait. True when the level changed."""
        wanted = CLEAR
        if limit is not None:
            share = value * 1000
            if share > limit * 1000:
                wanted = ALARM
            elif share > limit * self._warn:
                wanted = WARNING
            elif share > limit * self._clear:
                # Between the two nothing new begins, and what is goes down to a warning at most.
                wanted = min(self.level, WARNING)
        if wanted == self.level:
            self._since = None
            return False
        if self._since is None or (wanted > self.level) != (self._wanted > self.level):
            self._since = now
        self._wanted = wanted
        if certain and wanted > self.level or now - self._since >= (self._rise if wanted > self.level else self._fall):
            self.level = wanted
            self._since = None
            return True
        return False


def interval_watch():
    """For the expected end of a running interval in Wh against what it may have."""
    return Watch()


def note_interval(watch, ledger, channel, span, limit_wh):
    """Hold the ledger's running interval against the limit (None: there is none). True when the level changed."""
    so_far = ledger.so_far(channel, span)
    over = limit_wh is not None and so_far > limit_wh
    return watch.note(max(so_far, ledger.expected(channel, span)), limit_wh, ledger.time, over)


def fuse_watch():
    """For the greatest phase current in mA against the main fuse, which stands a little more for minutes."""
    return Watch(warn=900, clear=850, rise_s=20, fall_s=60)


def note_fuse(watch, reading, fuse_ma, now):
    """Hold a reading's phase currents against the fuse. True when the level changed; False where it has none."""
    currents = [reading.get("current_l%d_ma" % n) for n in range(1, 4)]
    currents = [abs(current) for current in currents if current is not None]
    return watch.note(max(currents), fuse_ma, now) if currents else False
