"""Takes the place of main.py on the PC board: a line a second of watching.py, with the heap that is free without the rubbish."""

import gc

import watching


def look():
    gc.collect()
    return gc.mem_free()


watching.start(1000, look)
