"""What the dongle heard and said last: the next telegram as it comes, the lines of the log. Entered for one request."""

import asyncio
import json
import time

from micropython import const

from firmware import HttpError, StreamError, let_go

# Meters speak every 10 s or faster.
_TELEGRAM_MS = const(12000)
_LOOK_MS = const(100)
_POLL_MS = const(10)


async def answer(door, request, word, asked):
    if word == "telegram":
        if door.aside:
            raise HttpError(503, "somebody else is waiting for it", "Retry-After: 12\r\n")
        # Others need not wait for the meter.
        return 200, "telegram", None, ""
    text = bytes(door.log.ring[door.log.end:] + door.log.ring[:door.log.end]).strip(b"\0")
    # The oldest line may have lost its beginning, and that a part of a character.
    lines = text.split(b"\n")[1 if door.log.ring[door.log.end] else 0:-1]
    return 200, "", json.dumps({"lines": [each.decode() for each in lines]}), ""


async def run(door, stream, method):
    """Wait for the next good telegram, then for a turn, and show it as text: P1 as it is, what is binary in hex; nobody can tell from
    it whose meter it is. method: of the request."""
    try:
        telegram = await _next(door.reader, stream)
        while door.busy:
            await asyncio.sleep_ms(_POLL_MS)
        door.busy = True
        try:
            await _show(door, stream, method, telegram)
        finally:
            door.busy = False
    except StreamError:
        pass
    except Exception as error:
        door.log.line("web", "a telegram could not be shown (%s)" % type(error).__name__)
    finally:
        stream.close()
        door.aside -= 1
        let_go("web_telegram")


async def _next(reader, stream):
    """The octets of the next good telegram; None when none comes. Raises StreamError when the visitor has gone."""
    taken = reader.tap = []
    buf = bytearray(16)
    end = time.ticks_add(time.ticks_ms(), _TELEGRAM_MS)
    try:
        while not taken and time.ticks_diff(end, time.ticks_ms()) > 0:
            stream.readinto(buf)
            await asyncio.sleep_ms(_LOOK_MS)
    finally:
        reader.tap = None
    return taken[0] if taken else None


async def _show(door, stream, method, telegram):
    if telegram:
        from firmware import masking

        kind, body = "text/plain; charset=utf-8", masking.text(telegram, door.live.latest)
        masking = None
        let_go("masking")
    else:
        kind, body = "", '{"error":"no good telegram came within %d s"}' % (_TELEGRAM_MS // 1000)
    from firmware import web_send

    try:
        await web_send.send(stream, method, 1, 0, 200 if telegram else 504, kind, body, "")
    finally:
        web_send = None
        let_go("web_send")
