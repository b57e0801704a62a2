"""Simulated time: milliseconds of UTC since 1970, and what a meter's clock shows at that time.

Swedish meters show normal time (UTC+1) all year (Branschrekommendation v2.0 appendix 3), Norwegian ones local time.
The rule of the European Union is written out, because a minimal system has no time zone files.
"""

from datetime import datetime, timedelta, timezone

HOUR_S = 3600
NORMAL = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1)


def _last_sunday_1utc(year, month):
    day = datetime(year, month, 31, 1)
    return day - timedelta(days=day.isoweekday() % 7)


def is_summer(now_ms):
    """Whether Central European Summer Time is in force at that time."""
    utc = EPOCH + timedelta(milliseconds=now_ms)
    return _last_sunday_1utc(utc.year, 3) <= utc < _last_sunday_1utc(utc.year, 10)


def normal_time(now_ms):
    """Central European Time without summer time, as a datetime with whole seconds."""
    return EPOCH + timedelta(seconds=now_ms // 1000) + NORMAL


def local_time(now_ms):
    """Central European Time with summer time, as a datetime with whole seconds."""
    return normal_time(now_ms) + (NORMAL if is_summer(now_ms) else timedelta())


def parse(text):
    """Milliseconds since 1970 of an ISO time; without an offset it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) // timedelta(milliseconds=1)
