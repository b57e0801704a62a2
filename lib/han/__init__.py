"""Hamn's parser: bytes from a meter's customer port in, verified readings out.

Sans-IO and pure: no hardware, no clock, no network; the same files run on CPython 3.11+ and MicroPython 1.24+.
"""

from .reader import Reader
from .reading import Reading

__all__ = ("Reader", "Reading")
