"""The few loops that touch every byte: machine code where the platform has it, plain Python elsewhere.

Both forms do the same, and the same tests run against both. `_native` cannot be imported on CPython (no module
`micropython`), on a MicroPython without the native code emitter, or from an `.mpy` made for another chip family.
"""

try:
    from ._native import copy, crc_arc, crc_x25, hunt, p1_line, p1_number, p1_stop, shift
except (ImportError, SyntaxError, ValueError):
    from ._plain import copy, crc_arc, crc_x25, hunt, p1_line, p1_number, p1_stop, shift

__all__ = ("copy", "crc_arc", "crc_x25", "hunt", "p1_line", "p1_number", "p1_stop", "shift")
