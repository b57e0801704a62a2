"""Runs on the PC board: one MQTT session as SETTINGS (JSON) say, through whatever proof they ask for. Prints how it ended.

Output: `end <words>`, `took <ms>`, `stall <longest time in ms that the loop was held up>`, `failures <of the peer>`, `heap <bytes that
the open connection takes>` when there was one. CLOCK_MS: when the clock becomes known (default: it is; -1: never). STAND_IN: what
is missing in MicroPython's own `tls` (see there).
"""

import asyncio
import gc
import json
import os
import sys
import time

import _own
from firmware import StreamError, mqtt, stream

settings = {"mqtt_host": "localhost", "mqtt_user": "", "mqtt_password": "", "mqtt_tls": "off", "mqtt_pin": "", "mqtt_psk_id": "",
            "mqtt_psk_key": "", "mqtt_clear_login": "no"}
settings.update(json.loads(os.getenv("SETTINGS")))
TIMEOUT_MS = int(os.getenv("TIMEOUT_MS", "1500"))
CLOCK_MS = int(os.getenv("CLOCK_MS", "0"))


class Link:
    dns = "127.0.0.1"


class Clock:
    begin = time.ticks_ms()

    @property
    def known(self):
        return 0 <= CLOCK_MS <= time.ticks_diff(time.ticks_ms(), self.begin)


if os.getenv("STAND_IN") == "psk":
    # A later MicroPython's: takes identity and key. The proof itself is then that of "pin", without a pin.
    import tls as real

    class Context:
        def __init__(self, protocol):
            self.inner = real.SSLContext(protocol)

        def wrap_socket(self, *args, **options):
            print("psk", self.psk_identity, self.psk_key.hex(), self.verify_mode == real.CERT_REQUIRED)
            self.inner.verify_mode = real.CERT_NONE
            return self.inner.wrap_socket(*args, **options)

    class tls:
        PROTOCOL_TLS_CLIENT = real.PROTOCOL_TLS_CLIENT
        CERT_REQUIRED = real.CERT_REQUIRED
        SSLContext = Context

    sys.modules["tls"] = tls

longest = 0


async def watch_loop():
    global longest
    last = _own.ticks_ms()
    while True:
        await asyncio.sleep_ms(5)
        now = _own.ticks_ms()
        longest = max(longest, time.ticks_diff(now, last))
        last = now


def used():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


async def session(peer):
    before = used()
    connection = await stream.connect(peer, TIMEOUT_MS)
    print("heap", used() - before)
    client = mqtt.Client(connection, b"hamn-test", settings["mqtt_user"].encode() or None, settings["mqtt_password"].encode(), 60,
                         (b"t/status", b"offline"))
    try:
        await client.connect()
        print("connected")
        await client.publish(b"t/status", b"online", True)
        for n in range(int(os.getenv("MESSAGES", "3"))):
            await client.publish(b"t/reading", ('{"n":%d,"text":"%s"}' % (n, "x" * 1200)).encode(), False, 1)
        for _ in range(int(os.getenv("TURNS", "0"))):
            await client.service()
            await asyncio.sleep_ms(20)
        return "well"
    finally:
        client.close()


async def main():
    peer = stream.Peer(settings, Link, Clock())
    task = asyncio.create_task(watch_loop())
    await asyncio.sleep_ms(20)
    for _ in range(int(os.getenv("TIMES", "1"))):
        begin = time.ticks_ms()
        try:
            end = await session(peer)
        except StreamError as error:
            end = str(error)
        print("end", end)
        print("took", time.ticks_diff(time.ticks_ms(), begin))
    print("stall", longest)
    print("failures", peer.failures)
    print("descriptors", len(list(os.ilistdir("/proc/self/fd"))))
    print("rooms", *[name for name in sys.modules if name in ("firmware.names", "firmware.dialling", "firmware.handshake", "firmware.sentences")])
    task.cancel()


asyncio.run(main())
