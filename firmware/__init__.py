"""The application on the device."""

import gc
import sys


def let_go(name):
    """Free the module firmware.`name`, a room that is seldom entered; what was made in it lives on."""
    sys.modules.pop("firmware." + name, None)
    globals().pop(name, None)
    gc.collect()


def sentence(table, key, *values):
    """What is said of a trouble: the sentence `key` of a table in firmware.sentences, with its values."""
    from firmware import sentences

    text = sentences.find(table, key, values)
    let_go("sentences")
    return text
