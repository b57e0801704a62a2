"""The loops that touch every octet: machine code where the platform runs it, plain bytecode elsewhere on MicroPython.

`_plain` is `_loops` and `_entries` without their decorators, made where the files for a chip are made: for a firmware without
the native code emitter, or for files that carry another chip family's machine code. `_strings` is for CPython alone.

others       takes lines of a telegram that have no name all at once
remembering  makes what reads a good message remember what is equal in one after the other
Both are None where there is no fast way.
"""

try:
    import micropython
except ImportError:
    from ._strings import (advance, begin, crc_x25, ghash, hex_word, is_ident, name, numbers, others, p1_split, remembering,
                           shift, write_clock)
else:
    from .quantities import name
    others = remembering = None
    try:
        from ._entries import begin, numbers, p1_split, write_clock
        from ._loops import advance, crc_x25, ghash, hex_word, is_ident, shift
    except (ImportError, SyntaxError, ValueError):
        from ._plain import advance, begin, crc_x25, ghash, hex_word, is_ident, numbers, p1_split, shift, write_clock
