"""What remains of readings when messages are lost: how much it was, minute by minute.

Every minute is summed up while it lasts. A minute later it is known whether all of its messages got through: then it is
forgotten, else it is kept, in the work of spans.py.
"""


class Minutes:
    """Attributes: kept (count of spans), ring (their memory, a bytearray; None while there are none).

    A span is a list: beginning (s since the start of the dongle), minutes, readings with import and with export power, sum
    and highest of each (W), last registers of import and export (Wh; -1: none).
    """

    def __init__(self):
        self._now = None
        self._before = None
        self.kept = 0
        self.ring = None

    def note(self, reading, minute, outbox):
        """Take notice of a reading before its messages are put into the outbox. minute: its beginning in s since the start.
        Return the span of an earlier minute that has to be kept, if there is one."""
        keep = None
        now = self._now
        if now is None or now[0] != minute:
            before = self._before
            if before is not None:
                oldest = outbox.oldest()
                if before[0] in outbox.lost or 0 <= oldest <= before[0]:
                    keep = before
                outbox.lost = [lost for lost in outbox.lost if lost > before[0]]
            self._before = now
            self._now = now = [minute, 1, 0, 0, 0, 0, 0, 0, -1, -1]
        for at in range(2):
            way = "export" if at else "import"
            value = reading.get("power_%s_w" % way)
            if value is not None:
                now[2 + at] += 1
                now[4 + 2 * at] += value
                now[5 + 2 * at] = max(now[5 + 2 * at], value)
            now[8 + at] = reading.get("energy_%s_wh" % way, now[8 + at])
        return keep
