"""How the device is, once a minute: a line on the console, and T/device."""

import asyncio
import gc

import esp32
from micropython import const

from firmware import let_go

_EVERY_S = const(60)


class Status:
    """Writes both from the parts' counters. topic: T."""

    def __init__(self, reader, uplink, link, supervisor, log, topic):
        self._reader = reader
        self._uplink = uplink
        self._link = link
        self._supervisor = supervisor
        self._log = log
        self._topic = (topic + "/device").encode()

    async def run(self, beat):
        while True:
            await asyncio.sleep(_EVERY_S)
            memory = self._memory()
            self._log.line("status", self.sentence(memory))
            self._report(memory)

    def sentence(self, memory=None):
        """The counters in words. memory: free and in the largest system block, B; None: as it is."""
        return "%d B free, largest system block %d B; %d telegrams, %d checksum errors; %d sent, %d dropped; " \
            "%d network losses, %d task restarts" % ((memory or self._memory()) + self._counts())

    def _report(self, memory):
        from firmware import report

        self._uplink.put(self._topic, report.message(
            self._log.uptime(), memory, self._counts(), self._uplink, self._link))
        del report
        let_go("report")

    def _memory(self):
        gc.collect()
        # The largest free block of the C heap, which Wi-Fi and TLS live on. Each region of it: total, free, largest
        # free block, least ever free.
        largest = 0
        for region in esp32.idf_heap_info(esp32.HEAP_DATA):
            largest = max(largest, region[2])
        return gc.mem_free(), largest

    def _counts(self):
        stats = self._reader.stats
        uplink = self._uplink
        return (stats.frames + stats.telegrams, stats.checksum_errors, uplink.sent, uplink.dropped,
                self._link.losses, self._supervisor.restarts)
