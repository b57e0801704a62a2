"""Holds what a ledger said against the truth: each interval within its mark, sums to the Wh, nothing doubted without a reason.

The judge knows the house, what the meter sent and what the dongle heard; of the ledger it asks the records, and its sums beside.
"""

from tools.ledger.meters import text
from tools.ledger.troubles import within

HOUR, QUARTER = 3600, 900
MEASURED, SPLIT, ESTIMATED, MISSING, NONE = range(5)
FIRM_S = 30
HOLD_S = 60
# An hour of which less than this was heard says nothing of how well it was guessed.
BLIND_S = 3500
# Places in the ledger's state that no reading of it tells.
FROM, REG, BASE, SUM, TOTAL = 2, 16, 20, 24, 28


class Check:
    """Watches a Run; `verdict(run)` afterwards.

    problems  sentences: what is wrong
    wrong, doubted, off  how many of them are intervals beyond their mark, hours doubted without a reason, sums that differ
    sums      how many sums were compared
    error     the sum of what estimated hours are off, Wh
    """

    def __init__(self, meter):
        self.meter = meter
        self.problems = []
        self.wrong = self.doubted = self.off = self.sums = self.error = 0
        self._heard = None
        self._starts = 0
        self._ends = {}      # full hour: which meter, its registers before and after, as the dongle heard them
        self._gaps = {}      # hour: seconds that were not heard, and from when to when
        self._started = set()    # hours in which the dongle started
        self._origin = None
        self._looked = self._noted = self._time = self._begun = 0

    def __call__(self, run, now, reading, hour):
        ledger = run.ledger
        self._gap(run, now)
        if abs(ledger.time - now) > 600:
            # After a start it does not know the time yet.
            self._heard = None
            return
        registers = [value for name, value in reading.items() if name[-1] == "h"]
        if registers:
            self._registers(ledger._s, registers, now)
        which = self.meter.is_new(now)
        if self.meter.kind.spoken:
            if run.starts != self._starts:
                # What was heard since the state was stored is forgotten.
                self._starts, self._heard = run.starts, None
            if self._heard and now - self._heard[0] <= FIRM_S:
                for moment in range(self._heard[0] // HOUR * HOUR, now + HOUR + 1, HOUR):
                    if self._heard[0] < self.meter.boundary(moment) <= now:
                        self._ends[moment] = which, self._heard[1], registers
            self._heard = now, registers
        elif hour:
            self._ends[hour] = which, registers, registers
        if now - self._looked > 40 * 86400:
            self._looked = now
            self._sum(run)

    def _gap(self, run, now):
        """Note for how long the ledger heard nothing, or has forgotten what it heard."""
        if run.starts != self._begun:
            self._begun = run.starts
            self._started.add(now // HOUR)
            self._time = run.resumed
            self._noted = min(self._noted, run.stored)
        if run.ledger.time == self._time:
            return
        self._time = run.ledger.time
        last, self._noted = self._noted, now
        if last and now - last > HOLD_S:
            for hour in range(last // HOUR, now // HOUR + 1):
                seconds, begin, end = self._gaps.get(hour, (0, last, now))
                seconds += min(now, hour * HOUR + HOUR) - max(last, hour * HOUR)
                self._gaps[hour] = seconds, min(begin, last), max(end, now)

    def _registers(self, s, registers, now):
        """Since the first register of this meter, what was counted is what the registers moved, whatever happened between."""
        if s[REG:REG + 4] != registers:
            return
        which = self.meter.is_new(now)
        if not self._origin or self._origin[0] != which:
            self._origin = which, s[TOTAL:TOTAL + 4], registers
        self.sums += 1
        for c in range(4):
            more = s[TOTAL + c] - self._origin[1][c] - registers[c] + self._origin[2][c]
            if more:
                self.off += 1
                self.problems.append(f"{text(now)} the sum is off by {more} Wh")
                self._origin = None
                return

    def _sum(self, run):
        """All hours in the journal, with the running one up to the last register, are all that was counted."""
        s = run.ledger._s
        hours = {key: record for key, record in run.store.records().items() if key[0] == HOUR and key[1] < s[FROM] // HOUR}
        for c in range(4):
            total = sum(record[1 + c] for record in hours.values()) + s[SUM + c] + s[BASE + c]
            if total != s[TOTAL + c]:
                self.off += 1
                self.problems.append(f"{text(run.ledger.time)} hours {total} Wh, registers {s[TOTAL + c]} Wh")

    def verdict(self, run):
        """{(span, quality): intervals}, with quality 4 for those without a record."""
        self._sum(run)
        records = run.store.records()
        self._chain(records)
        meter, house = self.meter, self.meter.house
        counts = {}
        for span in (HOUR, QUARTER):
            for index in range(house.start // span + 1, run.ledger.time // span - 1):
                begin, end = meter.boundary(index * span), meter.boundary(index * span + span)
                quality, *energies = records.get((span, index), (NONE, 0, 0, 0, 0))
                counts[span, quality] = counts.get((span, quality), 0) + 1
                odd = self._odd(begin, end)
                if quality == ESTIMATED and span == HOUR:
                    self.error += abs(energies[0] - (house.energy(0, end) - house.energy(0, begin)) // 3600)
                if quality <= SPLIT or span == HOUR and not odd:
                    self._judge(span, index, quality, energies, begin, end)
                if span == HOUR and quality and not odd and {index * HOUR, index * HOUR + HOUR} <= self._ends.keys():
                    self.doubted += 1
                    self.problems.append(f"{text(index * HOUR)} doubted ({quality}) without a reason")
        return counts

    def _odd(self, begin, end):
        """Whether the meter was changed there; or, of an hourly meter, the clock was no use or was just set."""
        troubles = self.meter.troubles
        # Of which hour a new meter's first list is does not show where it comes late.
        late = 0 if self.meter.kind.spoken else HOUR
        if troubles.change[0] and begin < troubles.change[1] + late and end > troubles.change[0]:
            return True
        for a, b, by in troubles.skews:
            useless = abs(by) > 300 and a - HOUR <= begin < b + HOUR
            if self.meter.kind.spoken:
                # With a time server, nothing is open; without one, it is only until a start has found it (troubles.py).
                if useless and {begin // HOUR - 1, begin // HOUR, begin // HOUR + 1} & self._started:
                    return True
                continue
            if useless or within([(a - 2 * HOUR, a + 2 * HOUR), (b - 2 * HOUR, b + 2 * HOUR)], begin):
                return True
        return False

    def _chain(self, records):
        """At the end of each measured hour, all hours up to there are what the meter's own registers moved, to the Wh: exactly where
        they stand on the full hour, and between those before and after it where telegrams have registers."""
        origin = None
        counted = [0] * 4
        for index in range(min(self._ends, default=0) // HOUR, max(self._ends, default=0) // HOUR + 1):
            moment = index * HOUR
            if moment in self._ends and not self._odd(moment - HOUR, moment + HOUR):
                which, low, high = self._ends[moment]
                sure = records.get((HOUR, index - 1), (NONE,))[0] == records.get((HOUR, index), (NONE,))[0] == MEASURED
                if sure and (not origin or origin[0] != which):
                    origin = which, low, high
                    counted = [0] * 4
                elif sure:
                    self.sums += 1
                    for c in range(4):
                        if not low[c] - origin[2][c] <= counted[c] <= high[c] - origin[1][c]:
                            self.off += 1
                            self.problems.append(f"{text(moment)} hours {counted[c]} Wh, the meter's registers "
                                                 f"{low[c] - origin[2][c]} to {high[c] - origin[1][c]} Wh")
                            origin = None
                            break
            for c in range(4):
                counted[c] += records.get((HOUR, index), (NONE, 0, 0, 0, 0))[1 + c]

    def _judge(self, span, index, quality, energies, begin, end):
        """Within its mark? An hour that was guessed may be wrong by what flowed while nothing was heard, and no more."""
        house, kind = self.meter.house, self.meter.kind
        unseen = 0
        around = 3600 if quality >= SPLIT else 600
        most = house.most(begin - around, end + around)
        # What lies within ten seconds of an end may be on its other side, and so may a step of the register.
        allowed = 2 * kind.step + 2 + most * 10 // 3600
        if quality > SPLIT:
            unseen, first, last = self._gaps.get(index, (0, begin, end))
            if unseen >= BLIND_S:
                return
            if index * HOUR <= house.start + 2 * HOUR:
                return
            allowed += unseen * max(most, house.most(first, last)) // 3600
            first = index
            while first * HOUR in self.meter.stale:
                first -= 1
            if first < index and first in self._gaps:
                # Registers of the hour before, repeated behind a gap, cannot be told from true ones: now that hour's come too.
                allowed += most
        for c in range(2):
            truth = (house.energy(c, end) - house.energy(c, begin)) // 3600
            more = 0
            if quality >= SPLIT:
                # Integrating samples, and as many unseen seconds as do not matter.
                more = truth // 25 + 2 * most * HOLD_S // 3600
            if span == QUARTER and not kind.spoken:
                # When its clock was set within the hour, an hourly meter does not tell.
                more += sum(abs(by) for a, b, by in self.meter.troubles.skews
                            if abs(by) <= 300 and (within([(a - 4500, a + 4500), (b - 4500, b + 4500)], begin))) * most // 3600
            if abs(energies[c] - truth) > allowed + more:
                self.wrong += 1
                self.problems.append(f"{text(index * span)} {span} s, quality {quality}: {energies[c]} Wh, truly {truth}, "
                                     f"{unseen} s unheard, {allowed + more} Wh allowed")
