"""tools.merge: rooms made into one mean what they meant, or are refused."""

import pytest

from tools import merge, stage

GROUPS = {"firmware/core.py": ("firmware/a.py", "firmware/b.py")}


def merged(a, b, other=b"", name="firmware/other.py"):
    return merge.merge({"firmware/a.py": a, "firmware/b.py": b, name: other}, GROUPS)


def run(code):
    space = {"const": lambda value: value}
    exec(code, space)
    return space


def test_two_rooms_become_one():
    made = merged(b"import time\ndef ask():\n    return time\n",
                  b"import time\nfrom firmware.a import ask\ndef tell():\n    return ask()\n")
    assert set(made) == {"firmware/core.py", "firmware/other.py"}
    assert made["firmware/core.py"].count(b"import") == 1
    assert run(made["firmware/core.py"])["tell"]().__name__ == "time"


@pytest.mark.parametrize("before, after", (
    (b"from firmware.a import f, g as h", b"from firmware.core import f, g as h"),
    (b"from .b import f", b"from firmware.core import f"),
    (b"def f():\n    from firmware.a import g\n    return g", b"def f():\n    from firmware.core import g\n    return g"),
    (b"from firmware.c import f  # as it is", b"from firmware.c import f  # as it is"),
    (b"from firmware import let_go", b"from firmware import let_go"),
))
def test_others_ask_where_it_is_now(before, after):
    assert merged(b"f = 1", b"g = 2", before)["firmware/other.py"] == after


def test_a_private_name_of_two_rooms_stays_two():
    made = run(merged(b"_N = const(1)\n_M = const(3)\ndef one():\n    return _N + _same() + _M\ndef _same():\n    return 10\n",
                      b"_N = const(2)\n_M = const(3)\ndef two():\n    return _N + _same() + _M\ndef _same():\n    return 20\n")["firmware/core.py"])
    assert made["one"]() == 14 and made["two"]() == 25


def test_a_global_that_is_changed_keeps_its_room():
    made = run(merged(b"_n = 1\ndef one():\n    return _n\n", b"_n = 5\ndef two():\n    global _n\n    _n += 1\n    return _n\n")["firmware/core.py"])
    assert made["two"]() == 6 and made["one"]() == 1


def test_what_is_asked_of_a_room_inside_is_there():
    made = merged(b"def f():\n    return 7\n", b"def g():\n    from firmware.a import f\n    return f()\ndef h():\n    from firmware.a import f\n")
    assert run(made["firmware/core.py"])["g"]() == 7


def test_private_numbers_in_capitals_are_constants():
    made = merged(b"_WAIT_MS = 5\nWAIT = 6\n_wait = 7\n_NAMES = 'a'", b"_WAIT_MS = 5")["firmware/core.py"]
    assert made.decode().strip().splitlines() == ["_WAIT_MS = const(5)", "WAIT = 6", "_wait = 7", "_NAMES = 'a'"]


@pytest.mark.parametrize("a, b, other", (
    (b"f = 1", b"f = 2", b""),  # one public name for two things
    (b"import x as t", b"import y as t", b""),
    (b"def f():\n    return max(1, 2)", b"def max():\n    pass", b""),  # Python's name
    (b"def f(_N):\n    return _N", b"_N = const(1)", b""),  # a constant is one in the whole file
    (b"_n = 1", b"_n = 2\ndef f(_n):\n    return _n", b""),
    (b"f = 1", b"from firmware.a import f as g", b""),
    (b"f = 1", b"g = 1", b"from firmware import a"),
    (b"f = 1", b"g = 1", b"import firmware.a"),
    (b"_f = 1", b"_f = 2", b"from firmware.b import _f"),
))
def test_what_would_change_is_refused(a, b, other):
    with pytest.raises(merge.MergeError):
        merged(a, b, other)


def test_a_group_that_is_not_all_there_stays_as_it_is():
    codes = {"firmware/a.py": b"f = 1", "firmware/other.py": b"from firmware.a import f"}
    assert merge.merge(codes, GROUPS) == codes


def test_the_real_rooms_are_merged_for_a_chip_and_for_it_alone(tmp_path):
    files = stage.stage(tmp_path / "chip", "xtensawin")
    single = stage.stage(tmp_path / "single", "xtensawin", merged=False)
    for made, rooms in merge.GROUPS.items():
        assert made[:-3] + ".mpy" in files
        for room in rooms:
            assert room[:-3] + ".mpy" in single and (room == made or room[:-3] + ".mpy" not in files)
    assert "firmware/link.py" in stage.stage(tmp_path / "source", None)


def test_rooms_that_cannot_be_one_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(merge, "GROUPS", {"firmware/core.py": ("firmware/link.py", "firmware/assembly.py", "firmware/settings.py",
                                                               "firmware/app.py")})
    stage._merged.cache_clear()
    with pytest.raises(stage.StageError, match="cannot be merged"):
        stage.stage(tmp_path / "chip", "x64")
