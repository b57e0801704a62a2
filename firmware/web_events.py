"""Who looks on: every reading as an event, and the state when it changes. In memory as long as somebody does, the rest is not."""

import asyncio
import json
import time

from micropython import const

from firmware import HttpError, StreamError, let_go

_LOOK_MS = const(100)
_COMMENT_MS = const(15000)
# The other places are for requests.
_STREAMS = const(3)
# Of a watcher: stream, session (None where it was let in without), authorization (what it showed instead), the count of readings and the
# state that it was told last. Nothing of its request is kept: that would hold on to the rooms that it was read in.
_STREAM = const(0)
_SESSION = const(1)
_AUTHORIZATION = const(2)
_COUNT = const(3)
_STATE = const(4)


async def answer(door, request, word, asked):
    if word == "readings":
        return 200, "", _still(door), ""
    if len(door.watchers) >= _STREAMS:
        raise HttpError(503, "three are looking on already", "Retry-After: 15\r\n")
    return 200, "text/event-stream", None, ""


async def run(door):
    """Tell all watchers what happens, until the last has gone or the door stops it. One goes when the right to see it is over, when
    the other side is closed, and when it does not keep up."""
    try:
        await _run(door)
    except Exception as error:
        door.log.line("web", "events ended (%s)" % type(error).__name__)
    for each in door.watchers:
        each[_STREAM].close()
    door.watchers = []
    door.looking = None
    let_go("web_events")


async def _run(door):
    buf = bytearray(16)
    while door.watchers:
        for each in door.watchers:
            try:
                each[_STREAM].readinto(buf)
            except StreamError:
                _leave(door, each)
        count = door.live.count
        late = [each for each in door.watchers if each[_COUNT] != count]
        if late:
            # Made once for all of them, and nothing kept.
            await _tell(door, late, _event(door))
            for each in late:
                each[_COUNT] = count
        state = door.port.state, door.link.connected, door.uplink.connected
        late = [each for each in door.watchers if each[_STATE] != state]
        if late:
            await _tell(door, late, ("event: status\ndata: %s\n\n" % _status(door),))
            for each in late:
                each[_STATE] = state
        if time.ticks_diff(time.ticks_ms(), door.said) > _COMMENT_MS:
            door.said = time.ticks_ms()
            for each in door.watchers:
                if not _may(door, each[_SESSION], each[_AUTHORIZATION]):
                    _leave(door, each)
            await _tell(door, door.watchers, (b": still here\n\n",))
        late = None
        await asyncio.sleep_ms(_LOOK_MS)


def _leave(door, watcher):
    watcher[_STREAM].close()
    door.watchers = [each for each in door.watchers if each is not watcher]


async def _tell(door, watchers, pieces):
    """Send to all of them; nothing waits in here, so that the pieces stay those of one moment."""
    for piece in pieces:
        for each in watchers:
            if each in door.watchers:
                try:
                    await each[_STREAM].write(piece, 0)
                except StreamError:
                    _leave(door, each)


def _event(door):
    yield b"event: reading\ndata: "
    yield from readings(door)
    yield b"\n\n"


def _still(door):
    """The latest values as they are now, however long it takes to send them."""
    yield from list(readings(door))


def readings(door):
    """The latest values, pieces of JSON: no large one, since the memory may be in many pieces itself."""
    live = door.live
    piece = '{"now":{'
    reading = live.latest
    if reading is not None:
        piece += '"protocol":"%s","vendor":%s,"list":"%s"' % (reading.protocol, json.dumps(reading.vendor), reading.list)
        for key, text in reading.customary():
            if len(piece) > 200:
                yield piece
                piece = ""
            if not text[-1].isdigit() or key[:6] in ("meter_", "list_v"):
                text = json.dumps(text)
            piece += ',"%s":%s' % (key, text)
    now = door.log.uptime()
    age = 0 if live.heard is None else now - live.heard
    when = "%04d-%02d-%02dT%02d:%02d:%02dZ" % time.gmtime(int(time.time()) - age)[:6] if door.clock.known else ""
    yield piece + '},"time":%s,"age_s":%s,"registers_age_s":%s,"fuse_a":%d}' % (
        '"%s"' % when if when else "null", "null" if live.heard is None else age,
        "null" if live.registers is None else now - live.registers, door.settings["fuse_a"])


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
        let_go("web_access")
