"""Whether registers are to be believed, and what follows: entered for an hourly list, and where an interval or a meter ends."""

from . import room
from ._const import const

_HOLD = const(60)
_NEAR = const(300)
# An hour's registers that the power speaks against are not believed for so many seconds.
_TRUST = const(14400)
_MOST = const(278)
_LIVE = const(3)
_UNKNOWN = const(-1)
# By how much power and registers may differ besides 1/16: two steps of 10 Wh, in Ws.
_SLACK = const(72000)
_AGREES = const(0)
_LOW = const(1)
_HIGH = const(2)

_FROM = const(2)
_PACE = const(3)
_SEEN = const(4)
_DOUBT = const(12)
_REG = const(16)
_LAST = const(52)
_POWER = const(58)


def pace(s, registers, now, upto):
    """Do registers come with every telegram? Not shown by an hourly list that is late or sent twice."""
    if not s[_SEEN] or now - s[_SEEN] > 2 * _NEAR:
        s[_PACE] = 0
    elif now - upto > 2 * _HOLD and registers != s[_DOUBT:_DOUBT + 4] and registers != s[_REG:_REG + 4]:
        s[_PACE] += 1


def forget(s):
    """The next registers are another meter's."""
    s[_REG:_REG + 4] = s[_DOUBT:_DOUBT + 4] = [_UNKNOWN] * 4
    s[_PACE] = s[_SEEN] = 0


def anchor(s, spans, standard, registers, upto, doubt):
    """Anchor there if the registers are to be believed. Return what that closes; None where they are not believed.

    `doubt`: 1 where the clock leaves open which moment an hourly list is of.
    """
    old = s[_REG:_REG + 4]
    step = None
    if max(old[0], old[1]) >= 0:
        if upto < s[_FROM]:
            return None
        step = [registers[c] - old[c] if registers[c] >= 0 and old[c] >= 0 else _UNKNOWN for c in range(4)]
        most = (upto - s[_FROM] + 90) * _MOST
        if not _follows(registers, old, most):
            # Another meter, once it has said so twice.
            doubted = s[_DOUBT:_DOUBT + 4]
            s[_DOUBT:_DOUBT + 4] = registers
            if max(doubted) < 0 or not _follows(registers, doubted, most):
                return None
            forget(s)
            step = None
        elif s[_PACE] < _LIVE and upto > s[_FROM]:
            # Too little: this list is one said twice, as Aidon's do, or an old one. Too much: the one before was.
            agreement = _agreement(s, spans, step, upto)
            doubt = doubt or agreement
            if agreement == _LOW and upto - s[_FROM] <= _TRUST:
                return None
    s[_DOUBT:_DOUBT + 4] = [_UNKNOWN] * 4
    return room("closing").close(s, spans, standard, max(upto, s[_FROM]), step, registers, doubt)


def _follows(registers, old, most):
    """Whether these registers can have come from the old ones with so many Wh at most."""
    for c in range(4):
        if 0 <= registers[c] < old[c]:
            return False
    return registers[0] - old[0] + registers[1] - old[1] <= most


def _agreement(s, spans, step, upto):
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
