"""Stand-in for `esp32` on a PC: the memory that the chip would have left.

The chip's C heap and Python's share one memory. On a stock image without PSRAM it holds 165 600 bytes after start, 107 600 of them
in one piece (measured); what Python has taken, Wi-Fi and TLS cannot have.
"""

import gc

HEAP_DATA = 4

_SHARED = const(165600)
_LARGEST = const(107600)


def idf_heap_info(kind):
    """A list with (total, free, largest, least free) in bytes for the one region that this model knows."""
    left = max(_SHARED - gc.mem_alloc() - gc.mem_free(), 0)
    return [(_SHARED, left, min(left, _LARGEST), left)]
