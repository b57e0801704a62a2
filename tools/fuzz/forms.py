"""Both forms of the parser under CPython: with the loops that a chip runs, as plain Python, and with those made for CPython."""

import importlib
import importlib.util
import sys
import types
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent.parent
PARSER = _ROOT / "lib" / "han"
_CHIP = "han_of_the_chip"

sys.path[:0] = [str(_ROOT / "lib"), str(_ROOT / "tools" / "crypto")]

from han import Reader  # noqa: E402


def _chip_reader():
    """The Reader of the same files once more, under a name of their own, with the chip's loops where CPython has others."""
    spec = importlib.util.spec_from_file_location(_CHIP, PARSER / "__init__.py")
    package = sys.modules[_CHIP] = importlib.util.module_from_spec(spec)
    loops = types.ModuleType(_CHIP + "._strings")
    for room in ("_loops", "_entries"):
        vars(loops).update(vars(importlib.import_module("%s.%s" % (_CHIP, room))))
    loops.name = importlib.import_module(_CHIP + ".quantities").name
    loops.others = loops.remembering = None
    sys.modules[_CHIP + "._strings"] = package._strings = loops
    spec.loader.exec_module(package)
    return package.Reader


# The chip's form first: it is what ships.
FORMS = {"chip": _chip_reader(), "cpython": Reader}
