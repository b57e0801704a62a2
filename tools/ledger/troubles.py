"""What goes wrong on the way from a simulated meter to the ledger, and when."""

import random

WEEKS_3 = 21 * 86400


def within(ranges, now):
    return any(begin <= now < end for begin, end in ranges)


class Troubles:
    """Ranges of seconds since 2000, each with its end.

    off     the dongle has no power: 15 s to 5 hours, and 3 weeks once
    silent  the line is cut: 10 to 80 minutes
    blind   no time server is reached: an hour to a day; nor is one for some seconds after each start
    skews   with a third number: seconds that the meter's clock is ahead, some minutes or uselessly many
    change  one range in which the meter is exchanged, (0, 0) for never
    """

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
            self.off.append((begin, begin + WEEKS_3))
        some(self.silent, days / 15, 600, 5000)
        some(self.blind, days / 30, 3600, 100_000)
        for n in range(round(days / 25 * disturb)):
            # Whole minutes off for a while; now and then so far off that the clock is of no use; set at quiet moments.
            begin = (rng.randrange(start + 86400, max(start + 86401, end - 172800)) // 3600) * 3600 + 1300
            by = rng.choice((-150, -70, 90, 140)) if n % 3 else rng.choice((-2100, 1500, 40_000))
            self.skews.append((begin, begin + rng.randrange(3, 40) * 3600, by))
        # Where neither the meter nor a time server knows the time, nobody does.
        self.blind = [(begin, end) for begin, end in self.blind
                      if not any(abs(by) > 300 and a < end + 7200 and b > begin for a, b, by in self.skews)]
        # A change of the meter: the dongle sees it in one half of the cases, otherwise it is off meanwhile.
        if change[0] and seed % 2:
            self.off.append((change[0] - 300, change[1] + 700))
        self.off.sort()

    def skew(self, now):
        """Seconds that the meter's clock is ahead at that time."""
        for begin, end, by in self.skews:
            if begin <= now < end:
                return by
        return 0

    def told(self):
        """What there was of each: a mapping of words to counts."""
        return {"off below 3 min": sum(end - begin < 180 for begin, end in self.off),
                "off 8 to 40 min": sum(480 <= end - begin < 3600 for begin, end in self.off),
                "off for hours": sum(3600 <= end - begin < 86400 for begin, end in self.off),
                "off for 3 weeks": sum(end - begin >= WEEKS_3 for begin, end in self.off),
                "line cut": len(self.silent), "no time server": len(self.blind),
                "meter clock set": 2 * sum(abs(by) <= 300 for _, _, by in self.skews),
                "meter clock useless": sum(abs(by) > 300 for _, _, by in self.skews), "meter changed": 1 if self.change[0] else 0}
