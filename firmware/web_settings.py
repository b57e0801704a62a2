"""The settings: what there is, what is set, and new values checked by the same rules as everywhere. Entered for one request.

A secret goes in and never comes out: it is shown as true or false, and true sent back leaves it as it is.
"""

import json

from firmware import HttpError, let_go, settings

# What takes effect at once; everything else with the next start.
_NOW = ("page_password", "open_readings", "language", "fuse_a", "homewizard")


async def answer(door, request, word, asked):
    if request.method == "PUT":
        return await _put(door, request, asked)
    return 200, "", _pieces(settings.load()[0]), ""


def _pieces(values):
    between = '{"fields":['
    for field in settings.FIELDS:
        yield '%s{"key":"%s","kind":"%s","limits":%s,"default":%s,"secret":%s,"help":%s}' % (
            between, field.key, field.kind, json.dumps(field.limits), json.dumps(field.default),
            "true" if field.secret else "false", json.dumps(field.help))
        between = ","
    between = '],"values":{'
    for field in settings.FIELDS:
        value = values[field.key]
        yield '%s"%s":%s' % (between, field.key, json.dumps(value != "" if field.secret else value))
        between = ","
    yield "}}"


async def _put(door, request, asked):
    """Merge, check, save. Raises HttpError 422 with a sentence for every key that is not right."""
    problems = {}
    password = asked.get("page_password")
    if isinstance(password, str) and password:
        low, high = [field.limits for field in settings.FIELDS if field.key == "page_password"][0]
        if low <= len(password) <= high:
            from firmware import password as room

            asked["page_password"] = await room.make(password)
            let_go("password")
        else:
            problems["page_password"] = "page_password must have %d to %d characters, got %d" % (low, high, len(password))
            asked["page_password"] = ""
    # From here on nobody gets in between: what is read is what is written over.
    values = settings.load()[0]
    secrets = [field.key for field in settings.FIELDS if field.secret]
    changed = []
    for key in asked:
        if asked[key] is True and key in secrets:
            continue
        if key not in values or values[key] != asked[key]:
            changed.append(key)
        values[key] = asked[key]
    clean, found = settings.validate(values)
    for key, sentence in found:
        problems.setdefault(key, sentence)
    if problems:
        raise HttpError(422, {"problems": problems})
    store(clean)
    for key in changed:
        if key in _NOW:
            # Of the password only whether there is one.
            door.settings[key] = clean[key] if key != "page_password" else clean[key] != ""
    if "page_password" in changed:
        # Whoever knew the old one is out, but for who changed it.
        from firmware import web_access

        mine = web_access.session(door, request)
        door.sessions = [each for each in door.sessions if each is mine]
    # The first thing to guard brings the guard.
    restart = any([key not in _NOW or key == "fuse_a" and clean[key] and not door.keeper.guard for key in changed])
    return 200, "", '{"restart":%s}' % ("true" if restart else "false"), ""


def store(values):
    """Save, or raise HttpError."""
    try:
        settings.save(values)
    except settings.SettingsError as error:
        raise HttpError(500, str(error))
