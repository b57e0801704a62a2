"""Sharing a register's step out over the spans that it covers, and saying which quarter hours and hours that closes.

An interval's quality comes from its two ends. An end is firm (MEASURED) where a register stands on it, or where registers no more
than _FIRM seconds apart enclose it; SPLIT where the integrated power tells what lies before and behind it; ESTIMATED where
neither does. The interval is as good as the worse of its ends: that a dongle was off within an hour does the hour no harm where
registers stand at its ends. What no register covers is ESTIMATED by its power, MISSING where that was not seen either.
"""

from . import timing, zone
from ._const import const

MEASURED = const(0)
SPLIT = const(1)
ESTIMATED = const(2)
MISSING = const(3)

_QUARTER = const(900)
_HOUR = const(3600)
_FIRM = const(30)
# Seconds not seen that do not matter: no more than a power is believed for.
_HOLD = const(60)
_UNKNOWN = const(-1)
# By how much power and registers may differ besides 1/16: two steps of 10 Wh, in Ws.
_SLACK = const(72000)
_AGREES = const(0)
_LOW = const(1)
_HIGH = const(2)

_FROM = const(2)
_AHEAD = const(6)
_QWORST = const(9)
_HWORST = const(10)
_REG = const(16)
_BASE = const(20)
_SUM = const(24)
_TOTAL = const(28)
_DAY = const(32)
_MONTH = const(42)
_LAST = const(52)
_POWER = const(58)


def agreement(s, spans, step, upto):
    """What the power that was seen says to an hour's step: 0 it agrees, 1 the step is too small, 2 it is too great."""
    unseen = upto - s[_FROM]
    watts = [0, 0]
    most = 0
    for row in spans:
        if row[0] <= upto:
            unseen -= row[1]
            most = max(most, row[2] + row[3])
            for c in range(2):
                watts[c] += row[2 + c]
    # Besides what sampling makes: half a minute between the two clocks, at what is drawn now and at what was drawn before.
    slack = (watts[0] + watts[1] >> 4) + most // 30 + _SLACK
    high = False
    for c in range(2):
        off = step[c] * 3600 - watts[c]
        if off < -slack - 30 * (s[_POWER] + s[_POWER + 1]):
            return _LOW
        high = high or unseen <= _HOLD and off > slack + 10000 * unseen + 30 * (s[_LAST + 2] + s[_LAST + 3]) + 2 * _SLACK
    if high:
        return _HIGH
    return _LOW if unseen > _HOLD and max(step) <= 0 else _AGREES


def cut(spans, start, upto):
    """Let a span end there. Return how many lie before it."""
    for n, row in enumerate(spans):
        if upto <= start:
            return n
        if upto < row[0]:
            head = [upto] + [row[k] * (upto - start) // (row[0] - start) for k in range(1, 6)]
            for k in range(1, 6):
                row[k] -= head[k]
            spans.insert(n, head)
            return n + 1
        start = row[0]
    return len(spans)


def close(s, spans, standard, upto, step, registers, doubt=0):
    """Share the four `step`s out up to there; yield the records that closes. `step` None: as integrated, the rest is unknown. With
    `doubt`, power and registers do not agree: all of it is guessed.

    `registers`: the new anchor. None: nothing stays, the same will be said again and better.
    """
    count = cut(spans, s[_FROM], upto)
    start = s[_FROM]
    length = upto - start
    unseen = length
    for row in spans[:count]:
        unseen -= row[1]
    shares = [_Share(spans[:count], 2 + c, length, unseen, step[c] if step else _UNKNOWN) for c in range(4)]
    base, hour, total = s[_BASE:_BASE + 4], s[_SUM:_SUM + 4], s[_TOTAL:_TOTAL + 4]
    quarter_worst, hour_worst = s[_QWORST], s[_HWORST]
    behind = 0
    for row in spans[:count]:
        at = begin = start
        start = row[0]
        whole = start - at
        blind = whole - row[1]
        guess = ESTIMATED if doubt or step is None else MEASURED
        if step is None and blind * 16 > whole + _HOLD:
            guess = MISSING
        parts = [share.of(row, whole, blind) for share in shares]
        done = [0, 0, 0, 0]
        while at < start:
            at = min(at - at % _QUARTER + _QUARTER, start)
            for c in range(4):
                more = parts[c] * (at - begin) // whole - done[c]
                done[c] += more
                base[c] += more
                total[c] += more
            quarter_worst = max(quarter_worst, guess)
            hour_worst = max(hour_worst, guess)
            if at % _QUARTER:
                continue
            firm = ESTIMATED
            if at == upto and registers and max(registers) >= 0:
                firm = MEASURED
            elif step is not None:
                dark = behind + blind * (at - begin) // whole
                if length <= _FIRM:
                    firm = MEASURED
                elif (dark <= _HOLD or unseen - dark <= _HOLD) and (at == start or whole <= _QUARTER):
                    firm = SPLIT
            if step is not None or row[1] or max(base):
                yield (_QUARTER, at // _QUARTER - 1, max(quarter_worst, firm)) + tuple(base)
            quarter_worst = firm
            for c in range(4):
                hour[c] += base[c]
                base[c] = 0
            if at % _HOUR:
                continue
            last = [at // _HOUR - 1, max(hour_worst, firm)] + hour
            if last[0] >= s[_LAST]:
                s[_LAST:_LAST + 6] = last
            if step is not None or row[1] or max(hour):
                yield (_HOUR,) + tuple(last)
            hour_worst = firm
            hour = [0, 0, 0, 0]
            local = zone.local(standard, at)
            if local % 86400 == 0:
                if s[_AHEAD] != _UNKNOWN:
                    timing.learn(s, standard, at)
                _mark(s, _DAY, at, total)
                if zone.date(local // 86400)[2] == 1:
                    _mark(s, _MONTH, at, total)
        behind += blind
    if registers:
        s[_BASE:_BASE + 4], s[_SUM:_SUM + 4], s[_TOTAL:_TOTAL + 4] = base, hour, total
        s[_QWORST], s[_HWORST] = quarter_worst, hour_worst
        s[_REG:_REG + 4] = registers
        s[_FROM] = upto
        spans[:count] = []


def _mark(s, place, at, total):
    """Note the totals at the beginning of a day or month; the one before moves on. One said before is said anew."""
    if at > s[place]:
        s[place + 5:place + 10] = s[place:place + 5]
    elif at < s[place]:
        place += 5
        if at != s[place]:
            return
    s[place:place + 5] = [at] + total


class _Share:
    """How one channel's step is shared out.

    What the power does not account for belongs to the seconds that were not seen; where those are few, they are as the others.
    Without any power, every second counts the same.
    """

    def __init__(self, rows, place, length, unseen, step):
        self.place = place
        self.step = step
        self.at = self.given = self.each = self.every = 0
        watts = 0
        for row in rows:
            watts += row[place]
        if step >= 0:
            if unseen > _HOLD:
                self.each = max(0, step * 3600 - watts) // unseen
            elif length > unseen:
                self.each = watts // (length - unseen)
            self.whole = watts + self.each * unseen
            if not self.whole:
                self.every = 1
                self.whole = max(1, length)

    def of(self, row, whole, blind):
        """The part of the next span."""
        self.at += row[self.place] + self.each * blind + self.every * whole
        upto = self.at // 3600 if self.step < 0 else self.step * self.at // self.whole
        part = upto - self.given
        self.given = upto
        return part
