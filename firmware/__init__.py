"""The application on the device."""

import gc
import sys

VERSION = "0.1"


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


class StreamError(Exception):
    """The connection could not be made, or is gone; the text says how, in the words of firmware.sentences.

    args: an errno or a word of its table CONNECTION, and what stands in that sentence.
    """

    def __str__(self):
        return sentence("CONNECTION", self.args[0], *self.args[1:])


class HttpError(Exception):
    """What a visitor of the page is answered instead. args: the status, a sentence (or an object), further header lines."""
