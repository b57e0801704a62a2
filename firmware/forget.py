"""Everything forgotten: settings, secrets, tokens, records and history. The program stays, and the password on the label."""

import os

_STAYS = ("boot.py", "main.py", "firmware", "lib", "www", "label.txt")


def everything(folder=""):
    """Remove what is not the program's. A file that cannot be removed does not keep the others."""
    for entry in list(os.ilistdir(folder or ".")):
        name = entry[0]
        if not folder and name in _STAYS or name in (".", ".."):
            continue
        path = folder + "/" + name if folder else name
        try:
            if entry[1] & 0x4000:
                everything(path)
                os.rmdir(path)
            else:
                os.remove(path)
        except OSError:
            pass
