"""The parser's files as the bench runs them: .mpy out of tools.stage, and the same without machine code."""

import shutil
from pathlib import Path

from tools import runtime
from tools.stage import LOOPS, StageError, stage

_FOLDER = runtime.ROOT / "build/bench"


class BenchError(Exception):
    """Something that could not be measured though it should have been; the text says what and why."""


def library(arch):
    """(folder with han/ for `arch`, {file of han/: octets}). Raises BenchError."""
    tree = _FOLDER / arch
    try:
        files = stage(tree, arch)
    except StageError as error:
        raise BenchError(str(error)) from None
    return tree / "lib", {Path(name).name: size for name, (size, _) in sorted(files.items()) if name.startswith("lib/han/")}


def plain(lib):
    """A copy of such a folder in which the byte loops are bytecode, as for a firmware that cannot run machine code."""
    target = lib.parent.with_name(lib.parent.name + "-plain") / "lib"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(lib, target)
    for name in LOOPS:
        (target / "han" / Path(name).with_suffix(".mpy").name).unlink(missing_ok=True)
    return target
