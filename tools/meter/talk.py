"""A meter that talks: telegrams when they are due, through the damage that was asked for, onto the line; and the account of it."""

import json
import random
import time

from tools.meter import damage

IDLE_S = 0.05   # longest sleep, so that a signal is obeyed at once
PACE_S = 0.004  # sleep between two pieces of a telegram


class Faults:
    """What is wrong with the line. Rates are 0 to 1; `silences` are (start, length) in seconds of simulated time from the start."""

    def __init__(self, noise=0.0, lose=0.0, double=0.0, insert=0.0, join=False, midframe=False, crlf=False, silences=()):
        self.rates = ((damage.flip_bits, noise), (damage.lose, lose), (damage.double, double), (damage.insert, insert))
        self.join = join
        self.midframe = midframe
        self.crlf = crlf
        self.silences = silences

    def silent(self, since_start_ms):
        return any(start * 1000 <= since_start_ms < (start + length) * 1000 for start, length in self.silences)

    def spoil(self, data, rng):
        for function, rate in self.rates:
            if rate:
                data = function(data, rng, rate)
        return damage.expand_lines(data) if self.crlf else data


class Talker:
    """Runs one meter on one line. `totals` counts from the start; `stop` ends `run` within IDLE_S, also from a signal handler.

    stamps: path of a file to which a line of JSON is added at the last byte of each telegram that left whole and undamaged:
    [list, monotonic ns, wall time in ns].
    """

    def __init__(self, meter, line, start_ms, seed=1, speed=1.0, faults=None, stamps=None):
        self.meter = meter
        self.line = line
        self.start_ms = start_ms
        self.speed = speed
        self.faults = faults or Faults()
        self.house = meter.house(start_ms, seed)
        self._rng = random.Random(seed)
        self._held = []           # with joined frames: the telegram that waits for its neighbour
        self._shared_flag = False  # joined HDLC frames share a flag every other time
        self._begun = False
        self._stopped = False
        self._lists = {push.name: 0 for push in meter.pushes}
        self._damaged = 0
        self._stamps = stamps

    def stop(self, *_):
        self._stopped = True

    def totals(self):
        """Telegrams sent whole (in all and by list), damaged ones, bytes that left and bytes that no reader took."""
        return {"telegrams": sum(self._lists.values()), "lists": dict(self._lists), "damaged": self._damaged,
                "bytes": self.line.sent, "dropped": self.line.dropped}

    def run(self, seconds=None):
        """Talk for `seconds` of simulated time, without end when None. A telegram that has begun by then is finished."""
        began = time.monotonic()
        end_ms = None if seconds is None else self.start_ms + int(seconds * 1000)
        due = self.meter.due(self.start_ms)
        next_ms, name = next(due)
        while not self._stopped:
            now_s = time.monotonic()
            now_ms = self.start_ms + int((now_s - began) * 1000 * self.speed)
            over = end_ms is not None and min(now_ms, next_ms) >= end_ms
            if over and not self.line.busy():
                break
            if not over and now_ms >= next_ms:
                if not self.faults.silent(next_ms - self.start_ms):
                    self._push(next_ms, name)
                next_ms, name = next(due)
                continue
            self.line.pump(now_s)
            until_next = (next_ms - now_ms) / 1000 / self.speed
            time.sleep(PACE_S if self.line.busy() else max(0.0, min(until_next, IDLE_S)))

    def _push(self, now_ms, name):
        clean = self.meter.telegram(now_ms, self.house, name)
        data = self.faults.spoil(clean, self._rng)
        if self.faults.midframe and not self._begun:
            data = damage.cut_head(data, self._rng)
        self._begun = True
        self._held.append((name, data, data == clean))
        if self.faults.join and len(self._held) < 2:
            return
        held, self._held = self._held, []
        self._shared_flag = not self._shared_flag
        self.line.send(damage.join([data for _, data, _ in held], self.faults.join and self._shared_flag),
                       lambda whole: self._account(held, whole))

    def _account(self, held, whole):
        left = time.monotonic_ns(), time.time_ns()
        for name, _, unharmed in held:
            if whole and unharmed:
                self._lists[name] += 1
                if self._stamps:
                    with open(self._stamps, "a") as file:
                        file.write(json.dumps([name, *left]) + "\n")
            else:
                self._damaged += 1
