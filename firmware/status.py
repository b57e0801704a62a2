"""How the device is, once a minute: a line on the console, and T/device. What they say is report.py's work."""

import asyncio
import gc

import esp32
from micropython import const

from firmware import let_go

_EVERY_S = const(60)


class Status:
    """Has both written. topic: T. The other arguments are the parts whose counters they show, as attributes for report.py."""

    def __init__(self, reader, uplink, link, supervisor, log, topic):
        self.reader = reader
        self.uplink = uplink
        self.link = link
        self.supervisor = supervisor
        self.log = log
        self._topic = (topic + "/device").encode()

    async def run(self, beat):
        while True:
            await asyncio.sleep(_EVERY_S)
            self.log.line("status", self.sentence(True))

    def sentence(self, publish=False):
        """The counters in words. publish: send them as T/device, too."""
        # Memory first: what writes takes some, too.
        gc.collect()
        # The largest free block of the C heap, which Wi-Fi and TLS live on. Each region of it: total, free, largest
        # free block, least ever free.
        largest = 0
        for region in esp32.idf_heap_info(esp32.HEAP_DATA):
            largest = max(largest, region[2])
        memory = gc.mem_free(), largest
        try:
            from firmware import report

            text = report.sentence(self, memory)
            if publish:
                self.uplink.put(self._topic, report.message(self, memory))
            return text
        finally:
            report = None
            let_go("report")
