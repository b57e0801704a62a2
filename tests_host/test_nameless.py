"""tools.nameless: with parameters renamed, a program does what it did."""

import ast

import pytest

from tools import nameless, stage


def renamed(code, *others):
    codes = {"%d.py" % n: each for n, each in enumerate((code, *others))}
    return nameless.nameless(codes)["0.py"]


def run(code, call):
    space = {}
    exec(code, space)
    return eval(call, space)


@pytest.mark.parametrize("code, call", (
    (b"def f(one, two=3):\n    one += two\n    return one", "f(1), f(1, 5)"),
    (b"class C:\n    def f(self, other):\n        self.other = other\n        return self.other", "C().f(2)"),
    (b"async def f(one):\n    return one\ndef g(two):\n    try:\n        f(two).send(None)\n    except StopIteration as e:\n        return e.value", "g(4)"),
    # Functions in functions: what is around is still seen, and what is inside is not mistaken for it.
    (b"def f(one, two):\n    def g(three):\n        return one, two, three\n    return g(7)", "f(1, 2)"),
    (b"def f(one):\n    def g(one):\n        return one\n    return one, g(2)", "f(1)"),
    (b"def f(one):\n    def g():\n        one = 5\n        return one\n    return one, g()", "f(1)"),
    (b"def f(one):\n    def g():\n        nonlocal one\n        one += 5\n    g()\n    return one", "f(1)"),
    (b"def f(one):\n    return (lambda two, one=one: (one, two))(3)", "f(1)"),
    (b"def f(one, many):\n    return [one + each for each in many], {one: one for one in many}", "f(1, (2, 3))"),
    (b"def f(one):\n    def g():\n        return [one for one in (7, 8)], one\n    return g()", "f(1)"),
    (b"one = 5\ndef f(two=one):\n    global one\n    one = two + 1\n    return one", "f(), one"),
    (b"def f(sys, one):\n    import sys\n    return sys.__name__, one", "f(1, 2)"),
    (b"def f(one, e):\n    try:\n        raise ValueError(one)\n    except ValueError as e:\n        return str(e)", "f(1, 2)"),
    (b"def f(one, *rest, key=2, **more):\n    return one, rest, key, more", "f(1, 3, key=4, x=5)"),
    (b"def f(one):\n    class C:\n        two = one\n        def g(self):\n            return one\n    return C.two, C().g()", "f(1)"),
))
def test_a_program_does_what_it_did(code, call):
    assert run(renamed(code), call) == run(code, call)


def test_what_is_called_by_name_keeps_it():
    made = renamed(b"def f(one, two):\n    return one, two\n", b"f(0, two=1)")
    assert made == b"def f(_0, two):\n    return _0, two\n"


def test_names_that_are_taken_are_told():
    with pytest.raises(nameless.NamelessError, match="_7 is a name in 0.py"):
        renamed(b"_7 = 1")


def test_the_chips_files_have_few_names_for_parameters(tmp_path, monkeypatch):
    seen = {}
    monkeypatch.setattr(stage, "_compile", lambda code, name, product, arch: seen.setdefault(name, code))
    stage.stage(tmp_path / "tree", "xtensawin")
    names = {node.arg for code in seen.values() for node in ast.walk(ast.parse(code)) if isinstance(node, ast.arg)}
    source = {node.arg for path in stage.sources().values() if path.suffix == ".py" for node in ast.walk(ast.parse(path.read_bytes()))
              if isinstance(node, ast.arg)}
    assert len(names) < len(source) // 3
