"""Runs on the PC board: one MQTT session against whatever listens on PORT, as SCENARIO says. Prints how it ended.

Output: `end <words>`, then `stall <longest time in ms that the loop was held up>` and `took <ms>`.
"""

import asyncio
import os
import sys
import time

if os.getenv("UMQTT"):
    sys.path.insert(0, os.getenv("UMQTT"))

import _own
from firmware import mqtt, stream

# So that nobody waits ten seconds for a deadline; the code that keeps it is the same.
mqtt._CONNECT_MS = int(os.getenv("CONNECT_MS", "1500"))
mqtt._WRITE_MS = 1500
mqtt._PACKET_MS = 1500
mqtt._ACK_MS = 1500

scenario = os.getenv("SCENARIO")
QOS = int(os.getenv("QOS", "0"))


class Link:
    dns = "127.0.0.1"


peer = stream.Peer({"mqtt_host": os.getenv("HOST", "127.0.0.1"), "mqtt_port": int(os.getenv("PORT")), "mqtt_tls": "off", "mqtt_user": ""}, Link, None)
longest = 0
sums = []


async def watch_loop():
    global longest
    last = _own.ticks_ms()
    while True:
        await asyncio.sleep_ms(5)
        now = _own.ticks_ms()
        longest = max(longest, time.ticks_diff(now, last))
        last = now


async def session():
    connection = await stream.connect(peer, 1500)
    keepalive = 2 if scenario == "idle" else 60
    user = os.getenv("MQTT_USER")
    client = mqtt.Client(connection, b"hamn-test", user and user.encode(), b"secret", keepalive, (b"t/status", b"offline"))
    try:
        await client.connect()
        print("connected")
        await client.publish(b"t/status", b"online", True)
        if scenario == "publish":
            for n in range(20):
                await client.publish(b"t/reading", ('{"n":%d,"text":"%s"}' % (n, "x" * 300)).encode(), False, QOS)
                await client.service()
        if scenario == "confirm":
            for n in range(3):
                await client.publish(b"t/reading", b"%d" % n, False, 1)
                print("confirmed%d" % n)
        if scenario == "many":
            client._client.pid = 65530
            for n in range(12):
                await client.publish(b"t/reading", b"%d" % n, False, 1)
            await client.subscribe(b"t/other", lambda *_: print("heard"))
        if scenario == "prices":
            pieces = []

            def take(payload, at, rest):
                assert len(payload) <= 256
                if not at:
                    pieces[:] = [0]
                assert at == pieces[0]
                pieces[0] += len(payload)
                pieces.append(sum(payload))
                if not rest:
                    sums.append("%d %d" % (pieces[0], sum(pieces[1:])))

            await client.subscribe(b"t/price", take)
        if scenario == "flood":
            while True:
                await client.publish(b"t/reading", b"x" * 4096)
        for _ in range(int(os.getenv("TURNS", "0"))):
            await client.service()
            await asyncio.sleep_ms(20)
        return "well"
    finally:
        client.close()


async def main():
    task = asyncio.create_task(watch_loop())
    await asyncio.sleep_ms(20)
    begin = time.ticks_ms()
    try:
        end = await session()
    except (mqtt.MqttError, stream.StreamError) as error:
        end = str(error)
    print("end", end)
    print("sums", " ".join(sums))
    print("stall", longest)
    print("took", time.ticks_diff(time.ticks_ms(), begin))
    task.cancel()


asyncio.run(main())
