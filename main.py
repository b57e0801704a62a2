"""Runs the application; whatever ends it becomes a record and a restart, never a dead prompt.

Three ways out:
  a crash      crash.txt says where (files, lines, the kind of error; never its text, which could hold a key or a
               meter number), then the chip restarts;
  Ctrl-C       the prompt, with the watchdog widened to an hour so that mpremote can work;
  crash loop   after five starts in a row without a healthy run: rescue mode, which only says what to do and leaves
               the prompt within reach for ten minutes before it tries again.
"""

import gc
import io
import os
import sys
import time

import machine

MAX_STARTS = 5
PAUSE_S = 10
RESCUE_S = 600
PROMPT_MS = 3600000
MAX_RECORD = 1024


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


def describe(error):
    """The places an error went through and its kind, without its text. At most MAX_RECORD characters."""
    out = io.StringIO()
    sys.print_exception(error, out)
    kind = type(error).__name__
    text = out.getvalue()
    # Cut by length: the error's text may have lines that look like places.
    text = text[:-len("%s: %s\n" % (kind, error))]
    kept = [line for line in text.split("\n") if line.startswith("  File ")]
    if isinstance(error, OSError) and error.args and isinstance(error.args[0], int):
        kind += " " + str(error.args[0])
    return ("\n".join(kept) + "\n" + kind + "\n")[-MAX_RECORD:]


def record(text):
    """Leave `text` in crash.txt. A full or broken file system must not stop the restart."""
    try:
        with open("crash.tmp", "w") as f:
            f.write("start %d, %d s after reset\n" % (starts(), time.ticks_ms() // 1000))
            f.write(text)
        os.rename("crash.tmp", "crash.txt")
    except OSError as error:
        print("crash.txt could not be written (error %s)." % error.args[0])


def wait(seconds):
    for _ in range(seconds * 10):
        time.sleep_ms(100)


def rescue():
    print("Rescue mode: %d starts in a row did not become a healthy run." % starts())
    if "crash.txt" in os.listdir():
        print("The last crash was:")
        with open("crash.txt") as f:
            print(f.read())
    print("Press Ctrl-C for the prompt, then repair from the PC: make deploy PORT=... or make configure PORT=...")
    print("Without you, Hamn tries again in %d minutes." % (RESCUE_S // 60))
    forget_starts()
    wait(RESCUE_S)


def run():
    if starts() >= MAX_STARTS:
        rescue()
        return
    import firmware.app

    firmware.app.run(forget_starts)
    print("Hamn has ended, which it never should.")


def guarded():
    try:
        run()
    except Exception as error:
        gc.collect()
        text = describe(error)
        record(text)
        print("Hamn stopped because of an error; crash.txt keeps this:\n" + text)
    print("Restart in %d s. Ctrl-C stops it." % PAUSE_S)
    wait(PAUSE_S)


try:
    guarded()
except KeyboardInterrupt:
    forget_starts()
    # The watchdog cannot be stopped; an hour is enough for a person and still no dead end.
    machine.WDT(timeout=PROMPT_MS)
    print("Stopped. The prompt is yours for an hour, then the chip restarts; machine.reset() does it now.")
except BaseException:
    machine.reset()
else:
    machine.reset()
