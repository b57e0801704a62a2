"""tools.nameless: with fewer names, a program does what it did, and what others may know keeps its own."""

import ast

import pytest

from tools import nameless, stage


def renamed(code, *others):
    codes = {"%d.py" % n: each for n, each in enumerate((code, *others))}
    return nameless.nameless(codes)[0]["0.py"]


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


PAIR = b"""
class Base:
    def __init__(self, one):
        self._one = one
        self._two = [one]
    def one(self):
        return self._one
class Sub(Base):
    def __init__(self, one, three):
        super().__init__(one)
        self._three = three
    def all(self):
        self._two.append(lambda: self._three)
        del self._one
        return self._two[0], self._two[1]()
class Else:
    def __init__(self):
        self._four = self._five = 4
    def sum(self):
        return self._four + self._five
"""


@pytest.mark.parametrize("code, call", (
    (PAIR, "Base(1).one(), Else().sum(), Sub(1, 2).all()"),
    (b"class C:\n    _n = 5\n    def __init__(self):\n        self._n += 1\n        self._m = 1\n    def f(self):\n        return self._n + self._m", "C().f(), C._n"),
    (b"class C:\n    def __init__(self):\n        self._m = 1\n    @property\n    def _p(self):\n        return self._m\n    def f(self):\n        return self._p, self._g()\n"
     b"    def _g(self):\n        return self._m + 1", "C().f()"),
    (b"class C:\n    def __init__(self, m):\n        self._m, self._n = m, 2\n    def __eq__(self, other):\n        return self._m == other._m and self._n", "C(1) == C(1), C(1) == C(2)"),
    (b"class C:\n    def __init__(self):\n        self._m = 1\nclass D:\n    def __init__(self):\n        self._n = self._m = 3\ndef f(it):\n    return it._m", "f(C()), f(D())"),
    # What is called self is not always the object.
    (b"class C:\n    def __init__(self, m):\n        self._l, self._m = 0, m\n    def f(self):\n        self = C(7)\n        return self._m", "C(1).f()"),
    (b"class C:\n    def __init__(self):\n        self._l, self._m = 0, 1\nclass D:\n    def __init__(self):\n        self._m, self._l = 2, 3\n"
     b"    def f(self, of):\n        return (lambda self: self._m)(of)", "D().f(C()), D().f(D())"),
    (b"class C:\n    def __init__(self):\n        self._l, self._m = 0, 1\nclass D:\n    def __init__(self):\n        self._m, self._l = 2, 3\n"
     b"    def f(self, of):\n        return [self._m for self in of]", "D().f((C(), D()))"),
    (b"class C:\n    def __init__(self):\n        self._l, self._m = 0, 1\nclass D:\n    def __init__(self):\n        self._m, self._l = 2, 3\n"
     b"    @staticmethod\n    def f(self):\n        return self._m", "D().f(C()), D().f(D())"),
    (b"class C:\n    def __init__(self):\n        self._l, self._m = 0, 1\nclass D:\n    def __init__(self):\n        self._m, self._l = 2, 3\n"
     b"    def f(self):\n        return self._m", "D.f(C()), D().f()"),
    (b"class C:\n    def __init__(self):\n        self._l, self._m = 0, 1\n    def f(self):\n        class D:\n            def __init__(self):\n                self._m = 9\n"
     b"            def g(self, n=self._m):\n                return self._m + n\n        return D().g()", "C().f()"),
    # Names in strings.
    (b"class C:\n    def __init__(self):\n        self._l, self._m = 0, 1\n    def f(self, name):\n        return getattr(self, name)", "C().f('_m')"),
    (b"class C:\n    __slots__ = ('_l', '_m')\n    def __init__(self):\n        self._l, self._m = 0, 1", "C()._m"),
    (b"from collections import namedtuple\nclass C(namedtuple('C', ('a', 'b'))):\n    def f(self):\n        return self._replace(b=5), self._fields", "C(1, 2).f()"),
    (b"class C:\n    def __getattr__(self, name):\n        return name\n    def f(self):\n        return self._m", "C().f()"),
))
def test_private_attributes_do_what_they_did(code, call):
    # What the call itself names is known to another file.
    assert run(renamed(code, call.encode()), call) == run(code, call)


@pytest.mark.parametrize("code, call", (
    (b"_TABLE = (1, 2)\n_last = None\ndef f(one):\n    global _last, other\n    other = _last = _TABLE[one]\n    return _last, other", "f(1)"),
    (b"_a = _b = 3\nfor _c in (1, 2):\n    _a += _c\nif _a:\n    _d: int = _a\ndef f(one=_a):\n    return [one + _b for one in (_a, _b, _c, _d)], (lambda: _b)()", "f()"),
    (b"_a = 3\n_b = 4\ndef f(_a):\n    return _a + _b\ndef g():\n    _b = 9\n    return f(_b)", "f(1), g()"),
    (b"_a = 3\nclass C:\n    _a = 4\n    _b = _a\n    def f(self):\n        return _a, self._a", "C().f()"),
    (b"_a = [_b for _b in (1, 2)]\n_b = 3\ndef f():\n    return _a, _b", "f()"),
    (b"_e = 1\ntry:\n    raise ValueError(5)\nexcept ValueError as _e:\n    _f = str(_e)\ndef f():\n    return _f", "f()"),
    (b"try:\n    import json as _json\nexcept ImportError:\n    _json = None\ndef f():\n    return _json.dumps(1)", "f()"),
    (b"_f = None\ndef _f():\n    return 1\ndef f():\n    return _f()", "f()"),
    (b"_a = 7\ndef f(name):\n    return globals()[name]", "f('_a')"),
    (b"_a, (_b, *_c) = 1, (2, 3)\ndel _a\ndef f():\n    return _b, _c", "f()"),
))
def test_private_variables_do_what_they_did(code, call):
    assert run(renamed(code), call) == run(code, call)


def test_unrelated_classes_share_names_and_related_ones_do_not():
    tree = ast.parse(renamed(PAIR))
    names = {node.name: {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute) and each.attr[:2] != "__"} for node in tree.body[:3]}
    assert names == {"Base": {"_0", "_1"}, "Sub": {"_0", "_1", "_2", "append"}, "Else": {"_0", "_1"}}


def test_private_names_become_few():
    code = (b"_HEAD = (1,)\n_N = const(5)\n_last = 0\nclass C:\n    def __init__(self):\n        self._m = _HEAD\n"
            b"    def _f(self):\n        global _last\n        _last += _N\n        self._m = self._f\n")
    assert renamed(code) == (b"_A0 = (1,)\n_N = const(5)\n_A1 = 0\nclass C:\n    def __init__(_0):\n        _0._0 = _A0\n"
                             b"    def _f0(_0):\n        global _A1\n        _A1 += _N\n        _0._0 = _0._f0\n")


def test_private_functions_become_few_and_what_they_were_is_told():
    code = (b"def _far(one):\n    return _near(one)\nasync  def _near(two):\n    return two\nclass C:\n    def f(self):\n        return self._g(_far)\n"
            b"    def _g(self, h):\n        return h\nclass D(C):\n    def _g(self, h):\n        return super().f() and h\n")
    made, functions = nameless.nameless({"a.py": code})
    assert made["a.py"] == (
        b"def _f1(_0):\n    return _f2(_0)\nasync  def _f2(_0):\n    return _0\nclass C:\n    def f(_0):\n        return _0._f0(_f1)\n"
        b"    def _f0(_0, _1):\n        return _1\nclass D(C):\n    def _f0(_0, _1):\n        return super().f() and _1\n")
    assert functions == {"a.py": {"_f0": "C._g", "_f1": "_far", "_f2": "_near"}}


@pytest.mark.parametrize("code, other", (
    # Somebody else asks for it, by whatever way; or it is more than a function.
    (b"def _g():\n    return 1", b"from a import _g"),
    (b"def _g():\n    return 1", b"import a\nx = a._g"),
    (b"def _g():\n    return 1\nx = '_g'", b""),
    (b"def _g():\n    return 1\nx = globals()", b""),
    (b"def _g():\n    return 1\ndef f(_g):\n    return _g", b""),
    (b"def _g():\n    return 1\n_g = 5", b""),
    (b"def _g():\n    return 1\ndef f():\n    global _g\n    _g = 5", b""),
    (b"@d\ndef _g():\n    return 1", b""),
    (b"class _g:\n    pass", b""),
    (b"class C:\n    def f(self):\n        return self._g\n    @property\n    def _g(self):\n        return 1", b""),
    (b"class C:\n    def _g(self):\n        return 1\n    h = _g", b""),
    (b"class C:\n    def _g(self):\n        return 1\nx = C._g", b""),
    (b"class C:\n    def _g(self):\n        return 1\ndef f(it):\n    return it._g()", b""),
    (b"class C:\n    def _g(self):\n        return 1\n    def f(self):\n        return getattr(self, '_g')", b""),
    (b"class C:\n    def _g(self):\n        return 1", b"class E:\n    def f(self, it):\n        return it._g()"),
    (b"from x import E\nclass C(E):\n    def _g(self):\n        return 1", b""),
))
def test_a_function_that_is_known_elsewhere_keeps_its_name(code, other):
    made, functions = nameless.nameless({"a.py": code, "b.py": other})
    assert b"_g" in made["a.py"] and "_g" not in str(functions)


@pytest.mark.parametrize("other", (
    b"from a import _m", b"import a\na._m", b"f(b'%d _m')", b"def f(it):\n    it._m = 1",
    b"from a import C\nclass D(C):\n    def f(self):\n        return self._m", b"import a\nclass D(a.C):\n    def _m(self):\n        pass",
    b"from a import C as E\nclass F:\n    f = E.f", b"import a\ng(a.C.f)",
))
def test_what_another_file_knows_keeps_its_name(other):
    made = renamed(b"class C:\n    def f(self):\n        self._m = 1", other)
    assert made == b"class C:\n    def f(_0):\n        _0._m = 1"


@pytest.mark.parametrize("code", (
    b"from a import TimeoutError\nclass C(TimeoutError):\n    def f(_0):\n        _0._m = 1",
    b"try:\n    from a import C\nexcept ImportError:\n    class C:\n        def f(_0):\n            _0._m = 1",
    b"class C(a.b):\n    def f(_0):\n        _0._m = 1",
    b"@d\nclass C:\n    def f(_0):\n        _0._m = 1",
))
def test_a_class_of_which_not_all_is_known_keeps_its_attributes(code):
    assert renamed(code.replace(b"_0", b"self")) == code


def test_a_variable_that_another_file_knows_keeps_its_name():
    assert renamed(b"_a = 1\n_b = 2", b"from a import _a") == b"_a = 1\n_A0 = 2"
    assert renamed(b"_a = 1\n_b = 2", b"import a\na._a = 5") == b"_a = 1\n_A0 = 2"


def test_files_that_are_left_alone_keep_their_names():
    code = b"_b = 1\nclass C:\n    def f(self):\n        self._m = _b"
    made, _ = nameless.nameless({"main.py": code, "a.py": code + b"\n        self._n = 1"}, ("main.py",))
    assert made["main.py"] == code
    assert made["a.py"].endswith(b"_0._m = _A0\n        _0._0 = 1")


@pytest.mark.parametrize("code, text", (
    (b"_7 = 1", "_7 is a name in 0.py"),
    (b"def f(it):\n    return it._7", "_7 is a name in 0.py"),
    (b"from a import b as _A12", "_A12 is a name in 0.py"),
    (b"def f(_A1):\n    pass", "_A1 is a name in 0.py"),
    (b"f('_0')", "_0 is a name in 0.py"),
    (b"def _f3():\n    pass", "_f3 is a name in 0.py"),
    (b"exec('1')", r"0.py calls exec\(\), which may use any name"),
    (b"def f(it, name):\n    return getattr(it, '_' + name)", r"0.py makes up a name for getattr\(\)"),
    (b"def f(it, name):\n    setattr(it, name.lower(), 1)", r"0.py makes up a name for setattr\(\)"),
))
def test_what_cannot_be_done_is_told(code, text):
    with pytest.raises(nameless.NamelessError, match=text):
        renamed(code)


def test_the_chips_files_have_few_names(tmp_path, monkeypatch):
    seen = {}
    monkeypatch.setattr(stage, "_compile", lambda code, name, product, arch: seen.setdefault(name, code))
    stage.stage(tmp_path / "tree", "xtensawin")
    names = {node.arg for code in seen.values() for node in ast.walk(ast.parse(code)) if isinstance(node, ast.arg)}
    source = {node.arg for path in stage.sources().values() if path.suffix == ".py" for node in ast.walk(ast.parse(path.read_bytes()))
              if isinstance(node, ast.arg)}
    assert len(names) < len(source) // 3

    private = {node.attr for code in seen.values() for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute) and node.attr[:1] == "_"}
    assert len({name for name in private if not name[1:].isdecimal()}) < len(private_attributes()) * 3 // 4


def private_attributes():
    return {node.attr for path in stage.sources().values() if path.suffix == ".py" for node in ast.walk(ast.parse(path.read_bytes()))
            if isinstance(node, ast.Attribute) and node.attr[:1] == "_"}
