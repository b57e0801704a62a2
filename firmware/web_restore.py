"""Settings back out of a file: a backup of ours, or an amsreader's configuration. Entered for one request.

What the file does not know stays as it is. Every room is left before the next is entered: memory is short here.
"""

import json

from firmware import HttpError, let_go


async def answer(door, request, word, asked):
    found, ignored = await _read(asked)
    asked.clear()
    from firmware import settings

    values, _ = settings.load()
    for key in found:
        # Of another version, perhaps: what is not known here is left out, and said.
        if key in values:
            values[key] = found[key]
        else:
            ignored.append(key)
    taken = sorted([key for key in found if key in values])
    found.clear()
    problems = settings.validate(values)[1]
    if problems:
        raise HttpError(422, {"problems": dict(problems)})
    try:
        settings.save(values)
    except settings.SettingsError as error:
        raise HttpError(500, str(error))
    return 200, "", json.dumps({"restart": True, "taken": taken, "ignored": ignored}), ""


async def _read(asked):
    """({key: value}, [keys that have no use here])."""
    made = asked.get("file")
    if isinstance(made, str):
        from firmware import ams_file

        found, ignored = ams_file.read(made)
        del ams_file
        let_go("ams_file")
        if not found:
            raise HttpError(422, {"problems": {"file": "this is neither a backup of Hamn nor a configuration of an amsreader"}})
        return found, ignored
    if not isinstance(made, dict) or not isinstance(made.get("settings"), dict):
        raise HttpError(422, {"problems": {"file": "this is no backup of Hamn"}})
    found = made["settings"]
    if made.get("secrets"):
        from firmware import sealing

        try:
            secrets = await sealing.unseal(made["secrets"], str(asked.get("password", "")))
        finally:
            del sealing
            let_go("sealing")
        if not isinstance(secrets, dict):
            raise HttpError(422, {"problems": {"password": "the password does not fit, or the file was changed"}})
        found.update(secrets)
    return found, []
