"""The line once a minute that says how the device is: memory, telegrams, messages."""

import asyncio
import gc

import esp32
from micropython import const

_EVERY_S = const(60)


class Status:
    """Writes the status line from the parts' counters."""

    def __init__(self, reader, uplink, link, supervisor, log):
        self._reader = reader
        self._uplink = uplink
        self._link = link
        self._supervisor = supervisor
        self._log = log

    async def run(self, beat):
        while True:
            await asyncio.sleep(_EVERY_S)
            self._log.line("status", self.sentence())

    def sentence(self):
        """The counters in words, after a garbage collection."""
        gc.collect()
        # The largest free block of the C heap, which Wi-Fi and TLS live on. Each region of it: total, free, largest
        # free block, least ever free.
        largest = 0
        for region in esp32.idf_heap_info(esp32.HEAP_DATA):
            largest = max(largest, region[2])
        stats = self._reader.stats
        uplink = self._uplink
        return "%d B free, largest system block %d B; %d telegrams, %d checksum errors; %d sent, %d dropped; " \
            "%d network losses, %d task restarts" % (
                gc.mem_free(), largest, stats.frames + stats.telegrams, stats.checksum_errors,
                uplink.sent, uplink.dropped, self._link.losses, self._supervisor.restarts)
