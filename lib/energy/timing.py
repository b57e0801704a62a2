"""Which time it is: the dongle's UTC, the meter's clock, and the time that has passed, each where it is the best there is.

A meter's clock is naive: normal time all year, local time, or an hour off, and what it says of itself is often wrong. It is right
but for whole hours; those are learnt by comparing with UTC and kept for starts without UTC. A clock further off is no use, but its
full hour still tells when an hourly list's registers were latched.
"""

from . import zone
from ._const import const

_HOUR = const(3600)
_UNKNOWN = const(-1)
# Seconds that a meter's clock may be off; that an hourly list may be late.
_NEAR = const(300)
_LATE = const(900)
# Before so many ms without UTC, no meter's clock is believed alone unless it goes on where the ledger stopped: what is recorded
# in an hour to come is lost when that hour comes.
_ALONE = const(300000)
_LIVE = const(3)

_T = const(0)
_CLOCK = const(1)
_PACE = const(3)
_SEEN = const(4)
_AHEAD = const(6)
_FOLLOWS = const(7)
_SUMMER = const(8)
_SKEW = const(64)
_OFF = const(65)
_UPTIME = const(66)


def tell(s, standard, reading, meter, utc, uptime):
    """Return (the time, 0 while unknown; seconds that the meter's clock is ahead of UTC, -1 where it is of no use)."""
    live = s[_PACE] >= _LIVE
    known = utc
    if s[_UPTIME] >= 0:
        passed = (uptime - s[_UPTIME]) & 0x3FFFFFFF
        # More than half of what it counts is a step back.
        passed = passed // 1000 if passed < 0x20000000 else 0
        s[_UPTIME] = (s[_UPTIME] + 1000 * passed) & 0x3FFFFFFF
        known = utc or s[_CLOCK] + passed
    ahead = _UNKNOWN
    if meter >= 0:
        if known:
            ahead = (meter - known + 1800) // _HOUR * _HOUR
            off = meter - ahead - known
            wild = not -_HOUR <= ahead <= 4 * _HOUR
            if not utc and s[_AHEAD] != _UNKNOWN:
                # Without UTC, a step of one hour is the meter's summer time.
                wild = abs(ahead - s[_AHEAD]) > _HOUR
            if not utc and _NEAR < off <= _LATE:
                # Our time is from the meter alone, then from a list that came late.
                known += off
                off = 0
            if wild or off > _NEAR or off < (-_NEAR if live else -_LATE):
                ahead = _UNKNOWN
                s[_SKEW] = 0
            else:
                # A list may come late by chance; the same in two hours is the clock.
                again = abs(off - s[_OFF]) <= 20 and known - s[_SEEN] > 2 * _LATE
                if live or off > s[_SKEW] or off >= -_NEAR and again:
                    s[_SKEW] = off
                s[_OFF] = off
        else:
            ahead = _supposed(s, standard, reading, meter)
            known = meter - ahead - s[_SKEW]
            if uptime & 0x3FFFFFFF < _ALONE and not (s[_T] and 0 <= known + s[_SKEW] - s[_T] < 2 * _HOUR):
                return 0, ahead
        if ahead != _UNKNOWN and ahead != s[_AHEAD]:
            s[_AHEAD] = ahead
            learn(s, standard, meter - ahead)
    if not known:
        return 0, ahead
    s[_CLOCK] = known
    if s[_UPTIME] < 0:
        s[_UPTIME] = uptime & 0x3FFFFFFF
    return known + s[_SKEW], ahead


def _supposed(s, standard, reading, meter):
    """How far ahead by what the meter says, by what was learnt, or by the custom of the country."""
    if reading.clock_offset is not None:
        return 60 * reading.clock_offset
    if reading.clock_summer is not None:
        return standard + (_HOUR if reading.clock_summer else 0)
    if s[_AHEAD] == _UNKNOWN:
        return standard + (_HOUR * zone.summer(meter - standard) if s[_FOLLOWS] else 0)
    ahead = s[_AHEAD]
    return ahead + (_HOUR * (zone.summer(meter - ahead) - s[_SUMMER]) if s[_FOLLOWS] else 0)


def learn(s, standard, utc):
    """Whether the meter's clock has summer time shows in summer. To be called when it changes, and at midnight."""
    s[_SUMMER] = zone.summer(utc)
    if s[_SUMMER] and s[_AHEAD] != _UNKNOWN:
        s[_FOLLOWS] = 1 if s[_AHEAD] > standard else 0
