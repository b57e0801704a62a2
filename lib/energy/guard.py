"""Early warning, alarm and all-clear with hysteresis. Levels are 0 clear, 1 warning, 2 alarm."""


class Watch:
    """A value is watched against a limit: it must stand above for a while to raise the level, and below for longer to lower it.

    limits: the thousandths of the limit from which it is warned, below which it is clear; the seconds that it takes to rise, to fall.
    level: 0, 1 or 2.
    """

    def __init__(self, *limits):
        self._s = limits
        self._at = None
        self._next = self.level = 0

    def note(self, value, limit, now, trusted=False):
        """Take a value at second `now`. `limit` None: there is none. `trusted`: no need to wait. True when the level changed."""
        warned, cleared, rise, fall = self._s
        wanted = 0
        if limit is not None:
            share = value * 1000
            if share > limit * 1000:
                wanted = 2
            elif share > limit * warned:
                wanted = 1
            elif share > limit * cleared:
                # Between the two nothing new begins, and what is goes down to a warning at most.
                wanted = min(self.level, 1)
        if wanted == self.level:
            self._at = None
            return False
        if self._at is None or (wanted > self.level) != (self._next > self.level):
            self._at = now
        self._next = wanted
        if trusted and wanted > self.level or now - self._at >= (rise if wanted > self.level else fall):
            self.level = wanted
            self._at = None
            return True
        return False
