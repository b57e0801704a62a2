"""The loops that touch every octet: machine code where the platform runs it, plain bytecode elsewhere.

`_plain` is `_loops` without its decorators, made where the files for a chip are made: for a firmware without the native
code emitter, or for files that carry another chip family's machine code.
"""

try:
    from ._loops import begin, copy, crc_x25, hunt, lookup, p1_lines, p1_scan, p1_split, registers, shift
except (ImportError, SyntaxError, ValueError):
    from ._plain import begin, copy, crc_x25, hunt, lookup, p1_lines, p1_scan, p1_split, registers, shift

__all__ = ("begin", "copy", "crc_x25", "hunt", "lookup", "p1_lines", "p1_scan", "p1_split", "registers", "shift")
