"""The loops that touch every octet: machine code where the platform runs it, plain bytecode elsewhere on MicroPython.

`_plain` is `_loops` without its decorators, made where the files for a chip are made: for a firmware without the native
code emitter, or for files that carry another chip family's machine code. `_strings` is for CPython alone.

others       takes lines of a telegram that have no name all at once; None where there is no fast way
remembering  what reads a good message, made to remember what is equal in one after the other where that is faster
"""

try:
    import micropython
except ImportError:
    from ._strings import (advance, begin, crc_x25, ghash, hex_word, hunt, is_ident, name, numbers, others, p1_scan, p1_split,
                           remembering, shift, write_clock)
else:
    from .quantities import name
    others = None

    def remembering(read):
        return read

    try:
        from ._loops import (advance, begin, crc_x25, ghash, hex_word, hunt, is_ident, numbers, p1_scan, p1_split, shift,
                             write_clock)
    except (ImportError, SyntaxError, ValueError):
        from ._plain import (advance, begin, crc_x25, ghash, hex_word, hunt, is_ident, numbers, p1_scan, p1_split, shift,
                             write_clock)

__all__ = ("advance", "begin", "crc_x25", "ghash", "hex_word", "hunt", "is_ident", "name", "numbers", "others", "p1_scan",
           "p1_split", "remembering", "shift", "write_clock")
