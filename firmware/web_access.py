"""Who may see what: the page's session, tokens for machines, and what a browser must not be talked into by others."""

import binascii
import hashlib
import json
import os

from firmware import HttpError

SESSION_S = 43200
_SESSIONS = 8
TOKENS = "tokens.json"


def check(door, request):
    """Refuse requests that a foreign page made a browser send: by another name of ours (DNS rebinding), or from
    another origin (CSRF). Raises HttpError; in the set-up portal one that leads to the page."""
    host = request.fields.get("host", "")
    name = host.rsplit(":", 1)[0].lower() if "]" not in host else host
    own = door.name.lower()
    portal = door.link.portal
    if name not in (own, own + ".local", door.link.address or own, portal or own):
        if portal and request.method == "GET":
            # What phones ask for to see whether there is an internet behind a network: this is a page to log in at.
            raise HttpError(302, "this way", "Location: http://%s/\r\n" % portal)
        raise HttpError(421, "the Host field names somebody else")
    origin = request.fields.get("origin")
    if origin and origin != "http://" + host:
        raise HttpError(403, "this comes from another page")


def admit(door, request, word, right):
    """Let through who has the right: 1 to read, 2 logged in, 3 to use the HomeWizard API. Raises HttpError."""
    settings = door.settings
    if settings["homewizard"] == "on" and word in ("data", "telegram"):
        return
    if right == 3:
        raise HttpError(404, "there is nothing here")
    if session(door, request):
        return
    if right == 1:
        if settings["open_readings"] == "on":
            return
        if known(request.fields.get("authorization", "")):
            return
    raise HttpError(401, "log in first", 'WWW-Authenticate: Bearer\r\n' if right == 1 else "")


def session(door, request):
    """The session of a request; None without one."""
    cookie = request.cookie("hamn")
    now = door.log.uptime()
    for each in door.sessions:
        if each[1] > now and same(each[0], cookie):
            return each
    return None


def begin(door):
    """Begin a session; the header line that hands it over."""
    now = door.log.uptime()
    # The oldest makes room.
    sessions = [each for each in door.sessions if each[1] > now][1 - _SESSIONS:]
    word = binascii.hexlify(os.urandom(16)).decode()
    sessions.append((word, now + SESSION_S))
    door.sessions = sessions
    return "Set-Cookie: hamn=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d\r\n" % (word, SESSION_S)


def same(first, second):
    """Whether two texts are equal, in a time that does not tell where they differ."""
    if len(first) != len(second):
        return False
    difference = 0
    for at in range(len(first)):
        difference |= ord(first[at]) ^ ord(second[at])
    return difference == 0


def tokens():
    """{name: SHA-256 of the token, hexadecimal}."""
    try:
        with open(TOKENS) as f:
            return json.load(f)
    except (OSError, ValueError):
        return {}


def known(authorization):
    """Whether that field shows a machine's token (RFC 6750)."""
    if authorization[:7].lower() != "bearer ":
        return False
    hashed = binascii.hexlify(hashlib.sha256(authorization[7:].strip().encode()).digest()).decode()
    return any([same(each, hashed) for each in tokens().values()])
