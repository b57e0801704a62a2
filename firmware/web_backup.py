"""The settings as one file to keep: secrets only when they are asked for, and then sealed. Entered for one request."""

import json

from firmware import VERSION, let_go, settings
from firmware.web_request import HttpError


async def answer(door, request, word, asked):
    values = settings.load()[0]
    secrets = {}
    for field in settings.FIELDS:
        if field.secret:
            secrets[field.key] = values.pop(field.key)
    made = {"hamn": VERSION, "settings": values}
    if request.method == "POST":
        password = asked.get("password")
        if not isinstance(password, str) or not 8 <= len(password) <= 64:
            raise HttpError(422, {"problems": {"password": "password must have 8 to 64 characters"}})
        from firmware import sealing

        try:
            made["secrets"] = await sealing.seal(secrets, password)
        finally:
            del sealing
            let_go("sealing")
    more = 'Content-Disposition: attachment; filename="%s.json"\r\n' % door.name
    return 200, "", _pieces(made), more


def _pieces(made):
    between = "{"
    for key in ("hamn", "settings", "secrets"):
        if key in made:
            yield '%s"%s":%s' % (between, key, json.dumps(made[key]))
            between = ","
    yield "}"
