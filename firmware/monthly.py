"""What the month's peaks come to, and what the running interval may have. A rare room: errands.py enters it."""

from firmware.capacity import opened


def find(dues):
    """Set the keeper's limit. Return what standing.py tells of the peaks, plain values; None where there is no month yet."""
    keeper = dues.keeper
    tariff, _, peaks, _ = opened(keeper, dues.tariff)
    top = peaks.top()
    # A price a kW makes every W of a month's first peaks dearer: a limit begins behind them.
    keeper.limit = peaks.headroom(keeper.ledger.time) if tariff.steps or len(top) == tariff.count else None
    if not peaks.month:
        return None
    value = peaks.value()
    month = peaks.month % 12 + 1
    step = tariff.next_step(value)
    rows = []
    for found, state in ((top, "counted"), (peaks.doubtful(), "doubtful"), (peaks.dropped(), "dropped")):
        for row in found[:10]:
            rows.append((row[0] * tariff.span, row[1], row[2], row[3], "confirmed" if row[4] == 1 else state))
    return (tariff.currency, tariff.name, 2000 + peaks.month // 12, month, tariff.span, value, peaks.fee(), step,
            step and tariff.fee(step, month), peaks.last_value, peaks.last_fee, peaks.left(), rows)
