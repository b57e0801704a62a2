"""Runs the application; whatever ends it becomes a record and a restart, never a dead prompt.

Three ways out:
  a crash      crash.txt says where (firmware/crash.py), then the chip restarts;
  Ctrl-C       the prompt, with the watchdog widened to an hour so that mpremote can work;
  crash loop   after five starts in a row without a healthy run: rescue mode, which only says what to do and leaves
               the prompt within reach for ten minutes before it tries again.

This file stays in the heap as long as the application runs, so it holds no more than must work without firmware/.
"""

import gc
import sys
import time

import machine

PAUSE_S = 10
RESCUE_S = 600


def starts():
    """Starts since the last healthy run, as boot.py counted them in RTC memory; 0 when unknown."""
    try:
        kept = machine.RTC().memory()
        if len(kept) >= 6 and kept[:4] == b"HAMN" and kept[4] ^ kept[5] == 0xFF:
            return kept[4]
    except Exception:
        pass
    return 0


def forget_starts():
    """The run is healthy (or a person has taken over): the next start counts from nought."""
    try:
        rtc = machine.RTC()
        rtc.memory(b"HAMN\x00\xff" + rtc.memory()[6:])
    except Exception:
        pass


def last_words(error=None):
    """Leave a record of `error`, or without one say that this is rescue mode, by whatever means are left."""
    # Memory may be what was missing: without the application there is plenty.
    sys.modules.clear()
    gc.collect()
    count = starts()
    try:
        from firmware import crash

        if error is not None:
            crash.record(error, count)
        else:
            crash.advise(count, RESCUE_S // 60)
    except Exception as trouble:
        # No firmware, not a whole one, or a heap in pieces: MicroPython never frees a name, and its table of names
        # has to grow in one piece.
        text = "Hamn stopped in start %d: %s; if files are missing: make deploy PORT=..." % (
            count, type(error or trouble).__name__)
        print(text)
        with open("crash.txt", "w") as f:
            f.write(text)


def run():
    if starts() >= 5:
        last_words()
        forget_starts()
        time.sleep(RESCUE_S)
        return
    import firmware.app

    firmware.app.run(forget_starts)


try:
    try:
        run()
    except Exception as error:
        last_words(error)
    print("Restart in %d s. Ctrl-C stops it." % PAUSE_S)
    time.sleep(PAUSE_S)
except KeyboardInterrupt:
    forget_starts()
    # The watchdog cannot be stopped; an hour is enough for a person and still no dead end.
    machine.WDT(timeout=3600000)
    print("Stopped. The prompt is yours for an hour, then the chip restarts; machine.reset() does it now.")
except BaseException:
    machine.reset()
else:
    machine.reset()
