"""MicroPython's viper words for an interpreter without them: there `_loops` is ordinary Python, the reference."""


def viper(function):
    """The function as it is."""
    return function


def ptr8(buffer):
    """The buffer, indexed by octet."""
    return buffer


def ptr16(buffer):
    """The array of 16-bit words, indexed by word."""
    return buffer


def ptr32(buffer):
    """The array of 32-bit words, indexed by word."""
    return buffer
