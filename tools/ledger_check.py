"""Holds what a ledger said against the truth: each interval within its mark, sums to the Wh, nothing doubted without a reason."""

from tools.ledger_meters import text, within

HOUR, QUARTER = 3600, 900
MEASURED, SPLIT = 0, 1
FIRM_S = 30
HOLD_S = 60
# Places in the ledger's state that no reading of it tells.
FROM, REG, BASE, SUM, TOTAL = 2, 16, 20, 24, 28


class Check:
    """Watches a Run; `verdict(run)` afterwards. `problems` are sentences."""

    def __init__(self, meter):
        self.meter = meter
        self.problems = []
        self.sums = 0
        self._heard = None
        self._starts = 0
        self._firm = set()
        self._origin = None
        self._looked = 0

    def __call__(self, run, now, reading, hour):
        ledger = run.ledger
        if abs(ledger.time - now) > 600:
            # After a start it does not know the time yet.
            self._heard = None
            return
        if "energy_import_wh" in reading:
            self._registers(ledger._s, reading, now)
        if self.meter.kind.spoken:
            if run.starts != self._starts:
                # What was heard since the state was stored is forgotten.
                self._starts, self._heard = run.starts, None
            if self._heard and now - self._heard <= FIRM_S:
                for moment in range(self._heard // HOUR * HOUR, now + HOUR + 1, HOUR):
                    if self._heard < self.meter.boundary(moment) <= now:
                        self._firm.add(moment)
            self._heard = now
        elif hour:
            self._firm.add(hour)
        if now - self._looked > 40 * 86400:
            self._looked = now
            self._sum(run)

    def _registers(self, s, reading, now):
        """Since the first register of this meter, what was counted is what the registers moved, whatever happened between."""
        registers = [value for name, value in reading.items() if name[-1] == "h"]
        if s[REG:REG + 4] != registers:
            return
        which = self.meter.is_new(now)
        if not self._origin or self._origin[0] != which:
            self._origin = which, s[TOTAL:TOTAL + 4], registers
        self.sums += 1
        for c in range(4):
            if s[TOTAL + c] - self._origin[1][c] != registers[c] - self._origin[2][c]:
                self.problems.append(f"{text(now)} the sum is off by {s[TOTAL + c] - self._origin[1][c] - registers[c] + self._origin[2][c]} Wh")
                self._origin = None
                return

    def _sum(self, run):
        """All hours in the journal, with the running one up to the last register, are all that was counted."""
        s = run.ledger._s
        hours = {key: record for key, record in run.store.records().items() if key[0] == HOUR and key[1] < s[FROM] // HOUR}
        for c in range(4):
            total = sum(record[1 + c] for record in hours.values()) + s[SUM + c] + s[BASE + c]
            if total != s[TOTAL + c]:
                self.problems.append(f"{text(run.ledger.time)} hours {total} Wh, registers {s[TOTAL + c]} Wh")

    def verdict(self, run):
        """{(span, quality): intervals}, with quality 4 for those without a record."""
        self._sum(run)
        meter, house, troubles = self.meter, self.meter.house, self.meter.troubles
        records = run.store.records()
        counts = {}
        for span in (HOUR, QUARTER):
            for index in range(house.start // span + 1, run.ledger.time // span - 1):
                begin, end = meter.boundary(index * span), meter.boundary(index * span + span)
                quality, *energies = records.get((span, index), (4, 0, 0, 0, 0))
                counts[span, quality] = counts.get((span, quality), 0) + 1
                if quality <= SPLIT:
                    self._judge(span, index, quality, energies, begin, end)
                odd = troubles.change[0] and begin < troubles.change[1] and end > troubles.change[0]
                for a, b, by in troubles.skews:
                    # A clock that is no use; and, of an hourly meter, one that was just set.
                    odd = odd or abs(by) > 300 and a - HOUR <= begin < b + HOUR
                    odd = odd or not meter.kind.spoken and within([(a - 2 * HOUR, a + 2 * HOUR), (b - 2 * HOUR, b + 2 * HOUR)], begin)
                if span == HOUR and quality and not odd and {index * HOUR, index * HOUR + HOUR} <= self._firm:
                    self.problems.append(f"{text(index * HOUR)} doubted ({quality}) without a reason")
        return counts

    def _judge(self, span, index, quality, energies, begin, end):
        house = self.meter.house
        around = 3600 if quality == SPLIT else 600
        most = house.most(begin - around, end + around)
        for c in range(2):
            truth = (house.energy(c, end) - house.energy(c, begin)) / 3600
            # What lies within ten seconds of an end may be on its other side, and so may a step of the register.
            allowed = 2 * self.meter.kind.step + 2 + most * 10 / 3600
            if quality == SPLIT:
                # Integrating samples, and as many unseen seconds as do not matter.
                allowed += truth * 0.04 + 2 * most * HOLD_S / 3600
            if span == QUARTER and not self.meter.kind.spoken:
                # When its clock was set within the hour, an hourly meter does not tell.
                allowed += sum(abs(by) for a, b, by in self.meter.troubles.skews
                               if abs(by) <= 300 and (within([(a - 4500, a + 4500), (b - 4500, b + 4500)], begin))) * most / 3600
            if abs(energies[c] - truth) > allowed:
                self.problems.append(f"{text(index * span)} {span} s, quality {quality}: {energies[c]} Wh, truly {truth:.0f}")
