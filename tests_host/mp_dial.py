"""Runs on the PC board: connections to HOST, with the name looked up when that is due. PORT is open, CLOSED is not.

Prints a line for each step: its name, the address used or the sentence, and what the peer remembers.
"""

import asyncio
import os

from firmware import StreamError, stream

PORT, CLOSED = int(os.getenv("PORT")), int(os.getenv("CLOSED"))


class Link:
    dns = "127.0.0.1"


async def step(name, peer, port):
    peer.port = port
    try:
        (await stream.connect(peer, 1000)).close()
        end = "connected"
    except StreamError as error:
        end = str(error).partition(":")[0]
    print(name, end, peer.found, "failures", peer.failures, "lasts", peer.lasts // 1000)


async def main():
    peer = stream.Peer({"mqtt_host": os.getenv("HOST"), "mqtt_port": PORT, "mqtt_tls": "off", "mqtt_user": ""}, Link, None)
    await step("first", peer, PORT)
    await step("again", peer, PORT)
    for n in range(3):
        await step("closed%d" % n, peer, CLOSED)
    await step("after", peer, PORT)
    peer.lasts = 0
    await step("old", peer, PORT)
    await step("older", peer, PORT)


asyncio.run(main())
