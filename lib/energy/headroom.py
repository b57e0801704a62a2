"""What the running interval may have under a tariff before the month becomes dearer."""

from . import zone


def find(peaks, tariff, standard, utc):
    """W that the interval at that time may have on average; None where nothing makes the month dearer."""
    weight = tariff.weight(standard, utc)
    if not weight:
        return None
    today = zone.local(standard, utc) // 86400
    if peaks.month_of(utc // tariff.span) != peaks.month:
        top, own = [], 0
    else:
        top = peaks.top()
        own = max([0] + [row[2] for row in top if tariff.distinct and peaks.day_of(row[0]) == today])
    others = [row[2] for row in top if not (tariff.distinct and peaks.day_of(row[0]) == today)]
    full = len(others) == tariff.count
    if full:
        others.pop()
    value = (sum(others) + own) // max(1, len(others) + (1 if own else 0)) if tariff.mean else max([own] + others)
    if full:
        value = peaks.value()
    step = tariff.next_step(value)
    if tariff.steps:
        if step is None:
            return None
        room = step * (len(others) + 1) - sum(others) - 1 if tariff.mean else step - 1
    else:
        room = top[-1][2] if len(top) == tariff.count and tariff.mean else value
    return max(room, own) * 1000 // weight
