"""Who looks on: every reading as an event, and the state when it changes. In memory as long as somebody does, the rest is not."""

import asyncio
import json
import time

from micropython import const

from firmware import HttpError, let_go

_LOOK_MS = const(100)
_COMMENT_MS = const(15000)
# The fourth place is for requests.
_STREAMS = const(3)


async def answer(door, request, word, asked):
    if word == "readings":
        return 200, "", readings(door), ""
    if door.watching >= _STREAMS:
        raise HttpError(503, "three are looking on already", "Retry-After: 15\r\n")
    return 200, "text/event-stream", None, ""


async def run(door, stream, session, authorization):
    """Tell what happens until the visitor goes: returns when the right to see it is over, raises StreamError when the visitor has
    gone or does not keep up. session: of the visitor, None where it was let in without; authorization: what it showed instead.

    Nothing of the request is kept: it would hold on to the rooms that it was read in.
    """
    buf = bytearray(16)
    count = state = None
    said = time.ticks_ms()
    while True:
        stream.readinto(buf)  # raises when the visitor has gone
        if door.live.count != count:
            count = door.live.count
            await stream.write(b"event: reading\ndata: ", 0)
            for piece in readings(door):
                await stream.write(piece, 0)
            await stream.write(b"\n\n", 0)
        now = door.port.state, door.link.connected, door.uplink.connected
        if now != state:
            state = now
            await stream.write("event: status\ndata: %s\n\n" % _status(door), 0)
        if time.ticks_diff(time.ticks_ms(), said) > _COMMENT_MS:
            said = time.ticks_ms()
            if not _may(door, session, authorization):
                return
            await stream.write(b": still here\n\n", 0)
        await asyncio.sleep_ms(_LOOK_MS)


def readings(door):
    """The latest values, pieces of JSON; what is large is made once for all who ask for the same."""
    live = door.live
    now = door.log.uptime()
    if not door.made or door.made[0] != live.count:
        door.made = live.count, _pieces(live.latest), door.clock.iso_utc()
    yield '{"now":{'
    for piece in door.made[1]:
        yield piece
    when = door.made[2]
    yield '},"time":%s,"age_s":%s,"registers_age_s":%s,"fuse_a":%d}' % (
        '"%s"' % when if when else "null", "null" if live.heard is None else now - live.heard,
        "null" if live.registers is None else now - live.registers, door.settings["fuse_a"])


def _pieces(reading):
    """A reading as pieces of JSON: no large one, since the memory may be in many pieces itself."""
    if reading is None:
        return ()
    piece = '"protocol":"%s","vendor":%s,"list":"%s"' % (reading.protocol, json.dumps(reading.vendor), reading.list)
    pieces = []
    for key, text in reading.customary():
        if len(piece) > 200:
            pieces.append(piece)
            piece = ""
        if not text[-1].isdigit() or key[:6] in ("meter_", "list_v"):
            text = json.dumps(text)
        piece += ',"%s":%s' % (key, text)
    pieces.append(piece)
    return pieces


def _status(door):
    from firmware import web_state

    try:
        return web_state.status(door)
    finally:
        del web_state
        let_go("web_state")


def _may(door, session, authorization):
    """Whether the visitor still may see this."""
    if session is not None:
        return session in door.sessions and session[1] > door.log.uptime()
    if door.settings["open_readings"] == "on":
        return True
    from firmware import web_access

    try:
        return web_access.known(authorization)
    finally:
        del web_access
        door.tidy()
