"""First on the device: counts the starts, so that main.py can tell a crash loop from a fresh power-up.

The count lives in RTC memory, which survives every reset but not a loss of power: 4 magic bytes, the count, its
complement. Whatever follows them belongs to others and is kept. main.py reads the same six bytes and clears them
once a run has proved healthy.

This file imports nothing of ours and swallows every error: if boot.py raises, main.py never runs at all.
"""

try:
    import machine

    # A soft reset is a person or a tool at the prompt, not a failed run.
    if machine.reset_cause() != machine.SOFT_RESET:
        rtc = machine.RTC()
        old = rtc.memory()
        count = 0
        if len(old) >= 6 and old[:4] == b"HAMN" and old[4] ^ old[5] == 0xFF:
            count = old[4]
            old = old[6:]
        elif len(old) < 6:
            old = b""
        count = min(count + 1, 255)
        rtc.memory(b"HAMN" + bytes((count, count ^ 0xFF)) + old)
except Exception:
    pass
