"""The application on the device."""

import gc
import sys

VERSION = "0.1"


def let_go(*names):
    """Free modules of this package, or of another one as in "energy.journal": rooms that are seldom entered; what was made in them
    lives on."""
    for name in names:
        package, _, room = ("firmware." + name if "." not in name else name).rpartition(".")
        sys.modules.pop(package + "." + room, None)
        if package in sys.modules:
            sys.modules[package].__dict__.pop(room, None)
    gc.collect()


def sentence(table, key, *values):
    """What is said of a trouble: the sentence `key` of a table in firmware.sentences, with its values."""
    try:
        from firmware import sentences

        return sentences.find(table, key, values)
    finally:
        sentences = None
        let_go("sentences")


class StreamError(Exception):
    """The connection could not be made, or is gone; the text says how, in the words of firmware.sentences.

    args: an errno or a word of its table CONNECTION, and what stands in that sentence.
    """

    def __str__(self):
        return sentence("CONNECTION", self.args[0], *self.args[1:])


class HttpError(Exception):
    """What a visitor of the page is answered instead. args: the status, a sentence (or an object), further header lines."""
