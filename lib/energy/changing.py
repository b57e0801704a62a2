"""Corrections of a month's peaks by the user, and their undoing. Entered when somebody makes one."""

from ._const import const

_AUTO = const(0)
_CONFIRMED = const(1)
_DROPPED = const(2)
# So many can be undone.
_MOST = const(8)


def change(peaks, what, index, power):
    """What peaks.Peaks.change() says."""
    if what == "undo":
        return _undo(peaks)
    row = peaks.look_up(index)
    if what == "put":
        if peaks.month_of(index) != peaks.month:
            raise KeyError(index)
        before = row or [index, 0, 0, 0, _AUTO, 0]
        if row:
            peaks.rows.remove(row)
        peaks.rows.append([index, power, peaks.weigh(index, power), 0, _CONFIRMED, 1])
    else:
        if row is None:
            raise KeyError(index)
        before = list(row)
        row[4] = _CONFIRMED if what == "confirm" else _DROPPED
    peaks.before = peaks.before[1 - _MOST:] + [before]
    return True


def _undo(peaks):
    if not peaks.before:
        return False
    row = peaks.before.pop()
    now = peaks.look_up(row[0])
    if now:
        peaks.rows.remove(now)
    if row[5]:
        peaks.rows.append(row)
    return True
