"""The truth behind the ledger's simulation: what a house draws and feeds in, minute by minute, and what that adds up to.

Power is constant within a minute, so the energy up to any second is known exactly, in Ws. The house has a boiler, heating by season,
a cooker, a car, sun, people who go away, and stands dark while its meter is changed.
"""

import random
from array import array
from datetime import datetime, timedelta

MINUTE = 60
EPOCH = datetime(2000, 1, 1)


def seconds(year, month, day, hour=0):
    """Seconds since 2000, UTC."""
    return int((datetime(year, month, day, hour) - EPOCH).total_seconds())


class House:
    """`start` in seconds since 2000 UTC, a full hour. `dark`: (from, to) when nothing flows."""

    def __init__(self, start, days, seed, dark=(0, 0)):
        self.start = start
        self.end = start + days * 86400
        rng = random.Random(seed)
        count = days * 1440
        self.power = [array("i", bytes(4 * count)) for _ in range(4)]
        self._sums = [array("q", bytes(8 * count + 8)) for _ in range(4)]
        self._fill(count, rng, dark)

    def _fill(self, count, rng, dark):
        base, clouds, warm, boiler, car, cooker = 200, 700, 0, 0, 0, 0
        away = set()
        for minute in range(count):
            now = self.start + minute * MINUTE
            if minute % 1440 == 0:
                moment = EPOCH + timedelta(seconds=now)
                year_day = moment.timetuple().tm_yday
                season = 1000 - abs(year_day - 172) * 1000 // 194
                cold = max(0, 900 - season) + rng.randrange(200)
                if moment.month == 7 and moment.day == 6 or moment.month == 12 and moment.day == 23:
                    away = {minute // 1440 + n for n in range(12)}
                home = minute // 1440 not in away
                charges = home and rng.random() < 0.5
                workday = moment.weekday() < 5
            local = (now + 3600) % 86400 // MINUTE
            base = min(450, max(90, base + rng.randrange(-15, 16)))
            watts = base + (1000 if minute % 90 < 1 and home else 0)
            if minute % 23 == 0:
                warm = rng.randrange(1000) < cold * (1000 if home else 300) // 1100
            watts += 2600 if warm else 0
            if home and local in (380, 1290) and rng.random() < 0.9:
                boiler = rng.randrange(40, 130)
            if home and local == (990 if workday else 720):
                cooker = rng.randrange(25, 70)
            if charges and local == 1320 + minute // 1440 % 5 * 20:
                car = rng.randrange(60, 300)
            watts += 2000 if boiler else 0
            watts += 3100 if cooker and rng.random() < 0.6 else 0
            watts += 7360 if car else 0
            boiler, cooker, car = max(0, boiler - 1), max(0, cooker - 1), max(0, car - 1)
            clouds = min(1000, max(150, clouds + rng.randrange(-80, 81)))
            half = 210 + 330 * season // 1000
            noon = abs(local - 720)
            if noon < half:
                watts -= 5200 * (half * half - noon * noon) // (half * half) * (200 + 4 * season // 5) // 1000 * clouds // 1000
            var = watts // 9 - 60
            if dark[0] <= now < dark[1]:
                watts = var = 0
            values = (max(watts, 0), max(-watts, 0), max(var, 0), max(-var, 0))
            for c in range(4):
                self.power[c][minute] = values[c]
                self._sums[c][minute + 1] = self._sums[c][minute] + values[c] * MINUTE

    def watts(self, now):
        """The four powers at that second: import, export, reactive import, reactive export."""
        minute = min(now - self.start, self.end - self.start - 1) // MINUTE
        return [power[minute] for power in self.power]

    def energy(self, channel, now):
        """Ws up to that second since the start."""
        minute, rest = divmod(now - self.start, MINUTE)
        sums = self._sums[channel]
        if minute + 1 >= len(sums):
            return sums[-1]
        return sums[minute] + self.power[channel][minute] * rest

    def most(self, begin, end):
        """The greatest active power in that time, either way, W."""
        a, b = (begin - self.start) // MINUTE, (end - self.start) // MINUTE
        return max(max(self.power[0][a:b], default=0), max(self.power[1][a:b], default=0))
