"""Numbers that modules of the parser share are written down in each of them: they are the same everywhere."""

import pathlib
import re

LIB = pathlib.Path(__file__).resolve().parent.parent / "lib" / "han"
HOMES = ("axdr", "work", "quantities")


def constants(path):
    return dict(re.findall(r"^(_[A-Z0-9_]+) = const\(([^)]+)\)", path.read_text(), re.MULTILINE))


def test_shared_numbers_agree():
    shared = {}
    for home in HOMES:
        shared.update(constants(LIB / (home + ".py")))
    held = 0
    for path in sorted(LIB.glob("*.py")):
        for name, value in constants(path).items():
            if name in shared:
                assert value == shared[name], (path.name, name)
                held += 1
    assert held > 2 * len(shared)
