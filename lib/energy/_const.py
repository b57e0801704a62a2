"""`const()` for CPython. MicroPython's compiler knows the name and folds `_NAME = const(1)` away."""


def const(value):
    """Return value."""
    return value
