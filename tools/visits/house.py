"""A house whose page is visited: its broker is reached over TLS, and its dongle says how low its heap has been.

See tools/outages/house.py for the rest.
"""

import threading
from pathlib import Path

from tools.certificates import CA, Authority
from tools.outages import house

_SPEAKS_SECONDS = 10


class Figures:
    """What the watch said since a mark. Attributes: free (B, at the last look), lowest (B), stall_ms (longest), looks (count)."""

    def __init__(self):
        self.free = self.lowest = self.stall_ms = self.looks = 0

    def take(self, words):
        """Take the numbers of a line of the watch."""
        self.stall_ms, self.lowest, self.free = words[0], words[1], words[-1]
        self.looks += 1


class House(house.House):
    """tls: whether the broker is reached so. since: the Figures since the last mark."""

    watch = Path(__file__).with_name("watch.py")

    def __init__(self, folder, meter="aidon-no", tls=True, settings=None, **options):
        super().__init__(folder, meter, settings={"open_readings": "on", **({"mqtt_tls": "ca"} if tls else {}), **(settings or {})}, **options)
        self.since = Figures()
        self._tls = tls
        self._low = self.board.folder / "low"
        self._low.unlink(missing_ok=True)

    def __enter__(self):
        port = None
        if self._tls:
            authority = Authority()
            path = self.board.device / CA.lstrip("/")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(authority.pem)
            port = self.broker.add_tls(*authority.issue((house.NAME,))[:2])
            self.broker.keep_to_tls_1_2()
        super().__enter__()
        if port:
            self.proxy.upstream = port
        return self

    def switch_on_unwatched(self):
        """Start the firmware as it is."""
        self.figures.append([])
        self.dongle = self.board.start()
        threading.Thread(target=self._listen, args=(self.dongle.output,), daemon=True).start()

    def mark(self):
        """Begin anew to look for the lowest heap and the longest stall; return the Figures that will hold them."""
        before = self.since
        self._low.touch()
        self.wait(lambda: self.since is not before and self.since.looks, _SPEAKS_SECONDS, "the watch says nothing")
        return self.since

    def another_look(self):
        """Wait until the watch has looked again; return the Figures."""
        looks = self.since.looks
        self.wait(lambda: self.since.looks >= looks + 2, _SPEAKS_SECONDS, "the watch says nothing")
        return self.since

    def _listen(self, output):
        super()._listen(self._figures(output))

    def _figures(self, output):
        for raw in output:
            if raw.startswith(b"watching"):
                self.since = Figures()
                continue
            if raw.startswith(b"watch "):
                self.since.take([int(word) for word in raw.split()[1:]])
            yield raw
