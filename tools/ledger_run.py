"""One simulated dongle: the ledger behind a meter, its journal in segments, its state stored now and then, power cuts between."""

import random

from energy import Ledger, journal
from energy.peaks import Peaks
from tools.ledger_meters import within

STORE_S = 300


class Store:
    """The journal and the state as a firmware keeps them, in memory. Cuts off what a power cut leaves half written."""

    def __init__(self):
        self.segments = {3600: [], 900: []}
        self.bases = {}
        self.state = self.peaks = None
        self.written = self.saved = 0
        self.number = 0
        self._since = []

    def append(self, record):
        span, index = record[:2]
        segments = self.segments[span]
        if not segments or len(segments[-1]) + journal.RECORD > journal.SIZE or not journal.fits(self.bases[span], index):
            self.number += 1
            segments.append(bytearray(journal.head(span, index, self.number)))
            self.bases[span] = index
        segments[-1] += journal.encode(self.bases[span], record)
        self.written += journal.RECORD
        self._since.append(span)

    def save(self, state, peaks):
        self.state = state
        self.peaks = peaks
        self.saved += 1
        self._since.clear()

    def cut(self, rng):
        """Power fails: of the records behind the last state some may be lost, the last of those that are left may be half there."""
        keep = rng.randrange(len(self._since) + 1)
        for span in reversed(self._since[keep:]):
            segment = self.segments[span][-1]
            if len(segment) > 16:
                del segment[-journal.RECORD:]
        if keep < len(self._since):
            segment = self.segments[self._since[keep]][-1]
            segment += bytes(rng.randrange(256) for _ in range(rng.randrange(1, 15)))
        for segments in self.segments.values():
            if segments:
                del segments[-1][journal.whole(segments[-1]):]
        self._since.clear()

    def records(self):
        """{(span, index): (quality, four energies)}, the last of each."""
        found = {}
        for span, segments in self.segments.items():
            for segment in segments:
                for record in journal.records(bytes(segment)):
                    found[record[:2]] = record[2:7]
        return found


class Run:
    """Feeds a meter to ledgers that live and die. `check(run, now, reading, hour)` is called after each telegram that was heard."""

    def __init__(self, meter, seed, check=None, tariff=None, lose=0.002):
        self.meter = meter
        self.tariff = tariff
        self.peaks = None
        self.months = {}
        self.store = Store()
        self.ledger = None
        self.starts = 0
        self._rng = random.Random(seed * 11 + 3)
        self._check = check
        self._lose = lose
        self._stored = 0
        self._knows = 0
        self._booted = 0

    def _start(self, now):
        self.ledger = Ledger(self.meter.kind.zone, self.store.state)
        if self.tariff:
            self.peaks = Peaks(self.tariff, self.ledger.standard, self.store.peaks)
        self._booted = now
        self.starts += 1
        self._knows = now + self._rng.randrange(15, 90)

    def run(self, start, end, fine=30):
        troubles, rng = self.meter.troubles, self._rng
        for now, reading, hour in self.meter.telegrams(start, end, fine):
            if within(troubles.off, now):
                if self.ledger is not None:
                    self.ledger = None
                    self.store.cut(rng)
                continue
            if self.ledger is None:
                self._start(now)
            if within(troubles.silent, now) or rng.random() < self._lose:
                continue
            utc = 0 if now < self._knows or within(troubles.blind, now) else now + rng.randrange(2)
            closed = False
            for record in self.ledger.note(reading, utc, (now - self._booted) * 1000 + rng.randrange(900)):
                self.store.append(record)
                closed = True
                if self.tariff:
                    self._note_peak(record)
            if closed or now - self._stored >= STORE_S:
                self.store.save(self.ledger.state(), self.tariff and self.peaks.state())
                self._stored = now
            if self._check:
                self._check(self, now, reading, hour)

    def _note_peak(self, record):
        peaks = self.peaks
        month = peaks.month
        if not peaks.note(record):
            peaks.clear()
            for key, values in sorted(self.store.records().items()):
                peaks.note(key + values)
        if month and peaks.month != month:
            self.months[month] = peaks.last_value, peaks.last_fee
