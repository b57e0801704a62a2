"""Hamn's parser as one peer among others, for benches that drive parsers by way of a common class.

The bench provides the module `peers` with the class Peer; it finds this one, with the project's folder on PYTHONPATH, as
`tools.peer:Hamn`. Other parsers in the same environment may be called `han` too: ours goes before them on the path.
"""

import sys
from pathlib import Path

from peers import Peer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))

from han import Reader  # noqa: E402


class Hamn(Peer):
    """One Reader, told nothing about the meter to come. Nothing that it raises is caught."""

    note = "Reader.feed -> dict of name: value, and what has no name by OBIS code"
    kinds = ("hdlc", "p1")

    def __init__(self, hint=None):
        super().__init__(hint)
        self._reader = Reader()

    def feed(self, chunk):
        """The readings that the chunk completes, each a dict."""
        return [self._plain(reading) for reading in self._reader.feed(chunk)]

    def gap(self):
        """The readings that a silent line brings to light."""
        return [self._plain(reading) for reading in self._reader.idle()]

    @staticmethod
    def _plain(reading):
        plain = dict(reading.items())
        if reading.other:
            plain.update(reading.other)
        return plain

    def core(self, reading):
        """Power in W, voltage in V, current in A, energy in kWh, the clock's text: what a bench compares across peers."""

        def scaled(name, divisor):
            value = reading.get(name)
            return None if value is None else value / divisor

        time = reading.get("meter_time")
        return {"p": reading.get("power_import_w"), "u1": scaled("voltage_l1_mv", 1000), "i1": scaled("current_l1_ma", 1000),
                "e": scaled("energy_import_wh", 1000), "ts": time and time.replace("T", " ")}
