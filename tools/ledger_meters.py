"""Simulated meters for the ledger: what each says of the house, when, by which clock, and what goes wrong on the way.

These speak readings, not bytes: 400 days of telegrams would take hours. The parser's own meters stand in tools/meter.
"""

import random
from collections import namedtuple
from datetime import timedelta

from tools.ledger_house import EPOCH
from tools.meter import clock

SINCE_1970 = 946_684_800

# spoken: registers come with every telegram; ahead: hours that the meter's clock is ahead of UTC in winter; summer: it has summer
# time; step: Wh of its registers; stamp: seconds past the full hour that an hourly list shows, None for the time when it is sent;
# delays: when it is sent; repeats: share of hours whose list is last hour's; numbered: it says its number.
Kind = namedtuple("Kind", "name words zone spoken ahead summer step stamp delays repeats numbered protocol said_summer")

KINDS = {kind.name: kind for kind in (
    Kind("p1-se", "P1, Sweden: registers in each telegram", "Europe/Stockholm", True, 1, False, 1, None, (0,), 0, False, "p1", False),
    Kind("p1-dk", "P1, Denmark: clock with summer time", "Europe/Copenhagen", True, 1, True, 1, None, (0,), 0, False, "p1", True),
    Kind("p1-fi", "P1, Finland", "Europe/Helsinki", True, 2, False, 1, None, (0,), 0, False, "p1", False),
    Kind("aidon-se", "Aidon, Sweden: registers in each HDLC list", "Europe/Stockholm", True, 1, False, 1, None, (0,), 0, False, "3", None),
    Kind("aidon-no", "Aidon, Norway: hourly, stamped 00, repeats itself", "Europe/Oslo", False, 1, True, 10, 0, (10, 11, 12), 0.02, True, "3", None),
    Kind("aidon-no-old", "Aidon, Norway: clock an hour off", "Europe/Oslo", False, 0, True, 10, 0, (10, 11), 0.02, True, "3", None),
    Kind("kaifa-no", "Kaifa, Norway: hourly at 10 s", "Europe/Oslo", False, 1, True, 1, None, (10,), 0, True, "3", None),
    Kind("kamstrup-no", "Kamstrup, Norway: hourly at 5 to 55 s, normal time", "Europe/Oslo", False, 1, False, 10, None, (5, 25, 35, 55), 0, True, "3", None),
    Kind("landis-no", "Landis+Gyr, Norway: hourly, stamped 06", "Europe/Oslo", False, 1, True, 1, 6, (10, 11), 0, True, "3", None),
)}

NAMES = ("power_import_w", "power_export_w", "reactive_power_import_var", "reactive_power_export_var",
         "energy_import_wh", "energy_export_wh", "reactive_energy_import_varh", "reactive_energy_export_varh")


class Said(dict):
    """A reading as the parser gives it, as far as the ledger asks."""

    clock_offset = None
    clock_summer = None
    clock_invalid = False
    list = "2"


def text(moment):
    return (EPOCH + timedelta(seconds=moment)).isoformat()


class Troubles:
    """What goes wrong, and when (seconds since 2000). `off`: the dongle; `silent`: the line; `blind`: no time server."""

    def __init__(self, start, end, seed, change, disturb=1.0):
        rng = random.Random(seed * 7 + 1)
        self.change = change
        self.off, self.silent, self.blind, self.skews = [], [], [], []
        days = (end - start) // 86400

        def some(into, count, low, high):
            for _ in range(round(count * disturb)):
                begin = rng.randrange(start + 7200, max(start + 7201, end - 2 * high))
                into.append((begin, begin + rng.randrange(low, high)))

        some(self.off, days / 6, 15, 120)
        some(self.off, days / 9, 500, 800)
        some(self.off, days / 40, 7200, 20000)
        if days > 60 and disturb:
            begin = start + days * 86400 * 3 // 4 + rng.randrange(40000)
            self.off.append((begin, begin + 21 * 86400))
        some(self.silent, days / 15, 600, 5000)
        some(self.blind, days / 30, 3600, 100_000)
        for n in range(round(days / 25 * disturb)):
            # Whole minutes off for a while; now and then so far off that the clock is of no use; set at quiet moments.
            begin = (rng.randrange(start + 86400, max(start + 86401, end - 172800)) // 3600) * 3600 + 1300
            self.skews.append((begin, begin + rng.randrange(3, 40) * 3600, rng.choice((-150, -70, 90, 140)) if n % 3 else rng.choice((-2100, 1500, 40_000))))
        # Where neither the meter nor a time server knows the time, nobody does.
        self.blind = [(begin, end) for begin, end in self.blind
                      if not any(abs(by) > 300 and a < end + 7200 and b > begin for a, b, by in self.skews)]
        # A change of the meter: the dongle sees it in one half of the cases, otherwise it is off meanwhile.
        if change[0] and seed % 2:
            self.off.append((change[0] - 300, change[1] + 700))
        self.off.sort()

    def skew(self, now):
        for begin, end, by in self.skews:
            if begin <= now < end:
                return by
        return 0


def within(ranges, now):
    return any(begin <= now < end for begin, end in ranges)


class Meter:
    """One kind of meter in front of a house. `change`: (from, to) when it is exchanged, (0, 0) for never."""

    def __init__(self, kind, house, troubles, seed):
        self.kind = kind
        self.house = house
        self.troubles = troubles
        rng = random.Random(seed * 31 + 5)
        self.rng = rng
        self.begun = [rng.randrange(2_000_000, 9_000_000) * 10 for _ in range(4)]
        # A new meter mostly starts at nothing; one that was in use elsewhere may stand higher than the old one.
        higher = 30_000_000 if seed % 3 == 0 else 0
        self.begun_new = [higher + rng.randrange(10) * 10 + (self.begun[c] if higher else 0) for c in range(4)]
        self.drift = rng.randrange(-4, 5)

    def is_new(self, now):
        change = self.troubles.change
        return change[0] and now >= change[1]

    def register(self, channel, now):
        """What the meter's register shows at that second."""
        begun, since = self.begun[channel], 0
        if self.is_new(now):
            begun, since = self.begun_new[channel], self.house.energy(channel, self.troubles.change[1])
        step = self.kind.step
        return begun + (self.house.energy(channel, now) - since) // (3600 * step) * step

    def offset(self, now):
        """Seconds that the meter's clock is ahead of UTC."""
        kind = self.kind
        off = self.drift + self.troubles.skew(now)
        # The change to summer time happens on the full hour of the meter's own clock.
        moving = kind.summer and clock.is_summer((now + off + SINCE_1970) * 1000)
        return 3600 * (kind.ahead + (1 if moving else 0)) + off

    def boundary(self, moment):
        """The second in which the meter's clock shows the full hour `moment` (UTC)."""
        skew = self.drift + self.troubles.skew(moment)
        return moment - skew if abs(skew) <= 300 else moment

    def reading(self, now, registers=None, shown=None):
        said = Said(zip(NAMES[:4], self.house.watts(now)))
        if self.kind.numbered:
            said["meter_id"] = "7359992890%06d" % (2 if self.is_new(now) else 1)
        if registers:
            said.update(zip(NAMES[4:], registers))
            said.list = self.kind.protocol
            said["meter_time"] = text(shown)
            if self.kind.said_summer is not None:
                said.clock_summer = bool(self.kind.said_summer and self.offset(now) > 3600 * self.kind.ahead + 1800)
        return said

    def telegrams(self, start, end, fine=30):
        """Yield (second, reading, full hour or 0): a telegram a minute or half, every 10 s near quarter hours.

        The full hour (UTC) is told for an hourly list whose registers are its own, 0 for any other telegram.
        """
        kind, rng = self.kind, self.rng
        now = start + 3
        shown_hour = None
        late = []
        new = False
        before = [self.register(c, now) for c in range(4)]
        while now < end:
            if not self.troubles.change[0] or not self.troubles.change[0] <= now < self.troubles.change[1]:
                if kind.spoken:
                    yield now, self.reading(now, [self.register(c, now) for c in range(4)], now + self.offset(now)), 0
                else:
                    shown = now + self.offset(now)
                    if self.is_new(now) and not new:
                        # The new meter has seen no full hour yet.
                        new, shown_hour, late = True, None, []
                        before = [self.register(c, now) for c in range(4)]
                    if shown_hour is not None and shown // 3600 != shown_hour:
                        at = now - shown % 3600
                        latched = [self.register(c, at) for c in range(4)]
                        late += self._lists(at, latched, before)
                        before = latched
                    shown_hour = shown // 3600
                    due = sorted(item for item in late if item[0] <= now)
                    late = [item for item in late if item[0] > now]
                    for at, registers, stamp, own in due:
                        yield now, self.reading(now, registers, now + self.offset(now) if stamp is None else stamp), own
                    if not due:
                        reading = self.reading(now)
                        if fine < 30 and rng.random() < 0.75 or (now + 30) % 900 < 60 and rng.random() < 0.5:
                            # List 1, which knows the import alone, comes between lists 2: not where a minute lies between those.
                            for name in NAMES[1:4] + ("meter_id",):
                                reading.pop(name, None)
                            reading.list = "1"
                        yield now, reading, 0
            near = (now + 30) % 900
            now += 10 if near < 60 else min(fine, 900 - near + 1)

    def _lists(self, at, latched, before):
        """What is sent for the full hour that the meter saw at `at`: (when, registers, shown time, the full hour or 0)."""
        kind, rng = self.kind, self.rng
        when = at + rng.choice(kind.delays)
        stamp = None if kind.stamp is None else at + self.offset(at) + kind.stamp
        hour = (at + 1800) // 3600 * 3600
        chance = rng.random()
        if chance < 0.01:
            return []
        if chance > 1 - kind.repeats:
            return [(when, before, stamp, 0)]
        if chance < 0.02:
            when += rng.randrange(60, 500)
        out = [(when, latched, stamp, hour)]
        if rng.random() < 0.02:
            out.append((when + rng.choice((10, 40, 300)), latched, stamp, hour))
        return out
