"""The password that every dongle has of its own: of its set-up Wi-Fi, and of its page until another is set.

Made once, of random octets, and meant for the label; nothing that others could know of the chip leads to it.
"""

import os

_PATH = "label.txt"
# Nothing that is easily taken for something else. 32 signs: 60 bits in 12 of them.
_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"


def read():
    """The password, 14 characters in three groups; made when there is none."""
    try:
        with open(_PATH) as f:
            word = f.read().strip()
        if len(word) == 14:
            return word
    except OSError:
        pass
    signs = "".join(_SIGNS[each & 31] for each in os.urandom(12))
    word = "-".join((signs[:4], signs[4:8], signs[8:]))
    with open(_PATH + ".tmp", "w") as f:
        f.write(word + "\n")
    os.rename(_PATH + ".tmp", _PATH)
    return word
