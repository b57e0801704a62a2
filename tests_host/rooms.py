"""Rooms of the firmware under CPython: those that compute, without the chip's modules."""

import importlib
import sys
import types

import han  # before anything stands in for MicroPython's own module: it asks what runs it


def room(name):
    """Return the module firmware.`name`."""
    assert han and "micropython" not in sys.modules
    sys.modules["micropython"] = types.SimpleNamespace(const=lambda value: value)
    try:
        return importlib.import_module(f"firmware.{name}")
    finally:
        del sys.modules["micropython"]


class Ticks:
    """MicroPython's clock, which stands until it is set. now: ms."""

    def __init__(self, monkeypatch):
        import time

        self.now = 5
        monkeypatch.setattr(time, "ticks_ms", lambda: self.now, raising=False)
        monkeypatch.setattr(time, "ticks_add", lambda a, b: a + b, raising=False)
        monkeypatch.setattr(time, "ticks_diff", lambda a, b: a - b, raising=False)
