"""The settings as one file to keep: secrets only when they are asked for, and then sealed. Entered for one request."""

import json

from firmware import VERSION, HttpError, let_go, settings


async def answer(door, request, word, asked):
    values = settings.load()[0]
    sealed = None
    if request.method == "POST":
        password = asked.get("password")
        if not isinstance(password, str) or not 8 <= len(password) <= 64:
            raise HttpError(422, {"problems": {"password": "password must have 8 to 64 characters"}})
        from firmware import sealing

        try:
            sealed = await sealing.seal({field.key: values[field.key] for field in settings.FIELDS if field.secret}, password)
        finally:
            del sealing
            let_go("sealing")
    return 200, "", _pieces(values, sealed), 'Content-Disposition: attachment; filename="%s.json"\r\n' % door.name


def _pieces(values, sealed):
    yield '{"hamn":"%s"' % VERSION
    between = ',"settings":{'
    for field in settings.FIELDS:
        if not field.secret:
            yield '%s"%s":%s' % (between, field.key, json.dumps(values[field.key]))
            between = ","
    yield "}"
    if sealed:
        between = ',"secrets":{'
        for key, value in sealed.items():
            yield '%s"%s":%s' % (between, key, json.dumps(value))
            between = ","
        yield "}"
    yield "}"
