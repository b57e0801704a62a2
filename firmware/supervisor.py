"""One owner for all tasks: restarts what ends, and feeds the watchdog only while the work flows.

"Flows" means that every essential task has checked in (called its `beat`) within its own limit. Tasks check in
whether or not the Wi-Fi, the broker or the meter is there, so an outage never restarts the chip; a task that hangs
or fails over and over does, once restarting the task alone has not helped.
"""

import asyncio
import gc
import time

from micropython import const

from firmware.backoff import Backoff

WATCHDOG_MS = 60000
HEALTHY_S = 120

_LOOK_MS = const(500)
# A task that failed or hung counts again once it has checked in for so long.
PROBATION_MS = 10000
# The whole loop was held up (a name look-up): nobody could check in, so nobody is late.
_STALL_MS = const(2000)


class _Entry:
    task = None
    running = False
    stuck = False  # cancelled for it
    trusted = True
    backoff = None

    def __init__(self, name, start, limit_ms):
        self.name = name
        self.start = start
        self.limit_ms = limit_ms
        self.last = self.begun = time.ticks_ms()

    def beat(self):
        self.last = time.ticks_ms()
        if not self.trusted and time.ticks_diff(self.last, self.begun) >= PROBATION_MS:
            self.trusted = True
            self.backoff.reset()


class Supervisor:
    """`watchdog` is fed with feed(). Attributes: restarts (count of task restarts)."""

    def __init__(self, watchdog, log):
        self._watchdog = watchdog
        self._log = log
        self._entries = []
        self.restarts = 0

    def add(self, name, start, limit_ms=None):
        """Take over a task: `start(beat)` gives its coroutine, again for every restart. With limit_ms the task is
        essential and has to call beat() at least that often."""
        self._entries.append(_Entry(name, start, limit_ms))

    async def run(self, healthy):
        """Start everything and watch it for ever. Calls `healthy()` once, after HEALTHY_S of flowing work."""
        for entry in self._entries:
            entry.task = asyncio.create_task(self._keep(entry))
        last = time.ticks_ms()
        flowing_ms = 0
        while True:
            await asyncio.sleep_ms(_LOOK_MS)
            now = time.ticks_ms()
            elapsed = time.ticks_diff(now, last)
            last = now
            if elapsed > _STALL_MS:
                for entry in self._entries:
                    entry.last = time.ticks_add(entry.last, elapsed)
            if not self._flows(now):
                flowing_ms = 0
                continue
            self._watchdog.feed()
            if healthy is not None:
                flowing_ms += elapsed
                if flowing_ms >= HEALTHY_S * 1000:
                    healthy()
                    healthy = None

    def _flows(self, now):
        """True when everybody essential checks in and has proved itself since its last failure. Who is late is
        restarted; the watchdog stays hungry until that has helped."""
        good = True
        for entry in self._entries:
            if entry.limit_ms is None:
                continue
            if entry.running and not entry.stuck and time.ticks_diff(now, entry.last) > entry.limit_ms:
                entry.trusted = False
                entry.stuck = True
                entry.task.cancel()
            good = good and entry.trusted
        return good

    async def _keep(self, entry):
        while True:
            entry.last = entry.begun = time.ticks_ms()
            entry.running = True
            try:
                await entry.start(entry.beat)
                reason = "ended"
            except asyncio.CancelledError:
                if not entry.stuck:
                    raise
                reason = "was stuck"
            except Exception as error:
                reason = "failed (%s)" % type(error).__name__
            entry.running = entry.stuck = entry.trusted = False
            gc.collect()
            self.restarts += 1
            wait = 30000
            try:
                if entry.backoff is None:
                    entry.backoff = Backoff(1000, 30000)
                wait = entry.backoff.next()
                self._log.line("task", "%s %s; again in %d s" % (entry.name, reason, (wait + 999) // 1000))
            except MemoryError:
                pass  # what is said of it matters less than that it starts again
            await asyncio.sleep_ms(wait)
