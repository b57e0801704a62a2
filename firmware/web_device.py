"""What is done to the dongle itself: restart, forget everything, Wi-Fi. Entered for one request."""

import asyncio
import json

import machine

from firmware import HttpError, let_go

# The answer still has to reach the visitor.
_FAREWELL_MS = 1000


async def answer(door, request, word, asked):
    if word == "scan":
        if door.board.ethernet is not None:
            raise HttpError(409, "this board has no Wi-Fi")
        return 200, "", json.dumps({"networks": await door.link.visit("survey", "scan")}), ""
    if word == "wifi":
        return await _wifi(door, request, asked)
    if asked.get("confirm") is not True:
        raise HttpError(400, "confirm must be true")
    if word == "factory-reset":
        from firmware import forget

        forget.everything()
        let_go("forget")
        door.log.line("web", "everything is forgotten")
    else:
        door.log.line("web", "a restart was asked for")
    asyncio.create_task(_restart())
    return 200, "", '{"restart":true}', ""


async def _restart():
    await asyncio.sleep_ms(_FAREWELL_MS)
    machine.reset()


async def _wifi(door, request, asked):
    """Try a network; when it lets us in, keep it. The last try's outcome can be asked for, since the phone that asked may have lost
    its connection meanwhile: our own Wi-Fi follows to the other's channel."""
    kept = door.kept
    if request.method in ("GET", "HEAD"):
        return 200, "", json.dumps(kept.get("tried") or {"state": "idle"}), ""
    if door.board.ethernet is not None:
        raise HttpError(409, "this board has no Wi-Fi")
    if (kept.get("tried") or {}).get("state") == "trying":
        raise HttpError(429, "a network is being tried", "Retry-After: 5\r\n")
    from firmware import settings, web_settings

    try:
        values = settings.load()[0]
        values["wifi_ssid"] = asked.get("ssid", "")
        values["wifi_password"] = asked.get("password", "")
        values, found = settings.validate(values)
        problems = dict(found)
        if not values["wifi_ssid"]:
            problems.setdefault("wifi_ssid", "wifi_ssid must not be empty")
        if problems:
            raise HttpError(422, {"problems": problems})
        kept["tried"] = {"state": "trying"}
        try:
            address, sentence = await door.link.visit("survey", "attempt", values["wifi_ssid"], values["wifi_password"])
        except BaseException:
            kept["tried"] = None
            raise
        if not address:
            kept["tried"] = {"state": "failed", "sentence": sentence}
            raise HttpError(422, {"problems": {"wifi_password": sentence}})
        web_settings.store(values)
        kept["tried"] = {"state": "joined", "address": address}
        return 200, "", json.dumps({"address": address, "restart": True}), ""
    finally:
        del settings, web_settings
        let_go("web_settings")
        let_go("settings")
