"""Who comes: log-in, log-out, and the tokens of machines. Entered for one request."""

import binascii
import hashlib
import json
import os

from firmware import VERSION, HttpError, let_go, web_access

# Wrong passwords in a row that cost nothing, then a pause that doubles.
_FREE = 3
_LONGEST_S = 300
_TOKENS = 8


async def answer(door, request, word, asked):
    if word == "session":
        return _session(door, request)
    if word == "login":
        return await _login(door, asked)
    if word == "logout":
        each = web_access.session(door, request)
        if each:
            door.sessions = [other for other in door.sessions if other is not each]
        return 204, "", b"", "Set-Cookie: hamn=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0\r\n"
    return _tokens(request, asked)


def _session(door, request):
    """What a page must know before anybody has logged in."""
    settings = door.settings
    authorised = web_access.session(door, request) is not None
    more = ""
    set_up = settings["page_password"]
    if not authorised and not set_up and door.link.portal and not door.link.connected:
        # Whoever is in our own Wi-Fi knows the password on the label.
        more = web_access.begin(door)
        authorised = True
    text = '{"authorised":%s,"set_up":%s,"portal":%s,"open_readings":%s,"language":"%s","name":"%s","version":"%s"}' % (
        json.dumps(authorised), json.dumps(set_up), json.dumps(bool(door.link.portal)), json.dumps(settings["open_readings"] == "on"),
        settings["language"], door.name, VERSION)
    return 200, "", text, more


async def _login(door, asked):
    """A session for who knows the page's password; before one is set, for who knows that on the label."""
    kept = door.kept
    now = door.log.uptime()
    wait = kept.get("wait", 0) - now
    if kept.get("busy") or wait > 0:
        raise HttpError(429, "wait a moment", "Retry-After: %d\r\n" % max(wait, 2))
    given = asked.get("password")
    if not isinstance(given, str) or not given:
        raise HttpError(400, "password is missing")
    kept["busy"] = True
    try:
        if door.settings["page_password"]:
            from firmware import password

            with open("settings.json") as f:
                stored = json.load(f)["page_password"]
            right = await password.fits(given, stored)
            del password
            let_go("password")
        else:
            from firmware import label

            right = web_access.same(given, label.read())
            del label
            let_go("label")
    finally:
        kept["busy"] = False
    if not right:
        wrong = kept["wrong"] = kept.get("wrong", 0) + 1
        if wrong >= _FREE:
            # The second that has begun does not count.
            kept["wait"] = door.log.uptime() + 1 + min(1 << min(wrong - _FREE, 10), _LONGEST_S)
        door.log.line("web", "a wrong password was given")
        raise HttpError(401, "the password is wrong")
    kept["wrong"] = 0
    return 204, "", b"", web_access.begin(door)


def _tokens(request, asked):
    tokens = web_access.tokens()
    if request.method in ("GET", "HEAD"):
        return 200, "", json.dumps({"tokens": sorted(tokens)}), ""
    if request.method == "DELETE":
        if tokens.pop(request.name, None) is None:
            raise HttpError(404, "there is no such token")
        _save(tokens)
        return 204, "", b"", ""
    name = asked.get("name")
    allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
    if not isinstance(name, str) or not 1 <= len(name) <= 32 or any(c not in allowed for c in name):
        raise HttpError(422, {"problems": {"name": "must be 1 to 32 letters, digits, hyphens and underscores"}})
    if name in tokens:
        raise HttpError(422, {"problems": {"name": "there is such a token already"}})
    if len(tokens) >= _TOKENS:
        raise HttpError(422, {"problems": {"name": "there are %d tokens already: remove one first" % _TOKENS}})
    token = binascii.hexlify(os.urandom(16)).decode()
    tokens[name] = binascii.hexlify(hashlib.sha256(token.encode()).digest()).decode()
    _save(tokens)
    return 200, "", json.dumps({"token": token}), ""


def _save(tokens):
    path = web_access.TOKENS
    with open(path + ".tmp", "w") as f:
        json.dump(tokens, f)
    os.rename(path + ".tmp", path)
