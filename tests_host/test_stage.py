"""tools.stage: what ends up in a device's tree, and what a second run does to it."""

import pytest

from tools import stage

NATIVE_ARCH = {"x86": 1, "x64": 2, "xtensawin": 10, "rv32imc": 11}


@pytest.fixture
def root(tmp_path):
    """A small project: one file of each kind, one of them with viper code."""
    files = {
        "boot.py": "print('boot')\n",
        "main.py": "import firmware.app\n",
        "firmware/app.py": "import han\ndef deeper():\n    assert False, 'left out'\n",
        "lib/han/__init__.py": "from han.fast import crc\n",
        "lib/han/fast.py": "import micropython\n@micropython.viper\ndef crc(a: int) -> int:\n    return a + 1\n",
        "lib/han/deep/table.py": "T = b'123'\n",
    }
    for name, text in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"


def tree(dest):
    return {path.relative_to(dest).as_posix() for path in dest.rglob("*") if path.is_file()}


def changed(result):
    return sorted(name for name, (_, fresh) in result.items() if fresh)


@pytest.mark.parametrize("arch", stage.ARCHES)
def test_mpy_for_every_processor(root, tmp_path, arch):
    dest = tmp_path / "out"
    result = stage.stage(dest, arch, root)
    assert tree(dest) == set(result) == {
        "boot.py", "main.py", "firmware/app.mpy", "lib/han/__init__.mpy", "lib/han/fast.mpy", "lib/han/deep/table.mpy"}
    assert (dest / "main.py").read_bytes() == (root / "main.py").read_bytes()
    plain, native = (dest / "firmware/app.mpy").read_bytes(), (dest / "lib/han/fast.mpy").read_bytes()
    assert plain[:2] == native[:2] == b"M\x06"
    # Native code is bound to its processor (bits 2.. of the feature byte); bytecode runs on all.
    assert plain[2] >> 2 == 0 and native[2] >> 2 == NATIVE_ARCH[arch]
    assert b"firmware/app.mpy" in plain and b"deeper" in plain  # what a traceback says
    assert b"left out" not in plain
    assert str(root).encode() not in plain
    assert all(size == (dest / name).stat().st_size for name, (size, _) in result.items())


def test_without_processor_everything_is_source(root, tmp_path):
    dest = tmp_path / "out"
    stage.stage(dest, None, root)
    assert "lib/han/fast.py" in tree(dest) and not any(name.endswith(".mpy") for name in tree(dest))


@pytest.mark.parametrize("arch", ("xtensawin", None))
def test_the_loops_form_for_cpython_stays_on_the_pc(tmp_path, arch):
    stage.stage(tmp_path / "real", arch)
    there = {name.rpartition(".")[0] for name in tree(tmp_path / "real")}
    assert {"lib/han/_loops", "lib/han/_plain"} <= there
    for name in ("lib/han/_strings", "lib/han/_patterns", "lib/han/_memory"):
        assert (stage.ROOT / (name + ".py")).is_file() and name not in there


def test_only_what_changed_is_built(root, tmp_path):
    dest = tmp_path / "out"
    assert len(changed(stage.stage(dest, "x64", root))) == 6
    assert changed(stage.stage(dest, "x64", root)) == []
    (root / "firmware/app.py").write_text("x = 2\n")
    assert changed(stage.stage(dest, "x64", root)) == ["firmware/app.mpy"]
    (dest / "lib/han/deep/table.mpy").write_bytes(b"spoilt")
    assert changed(stage.stage(dest, "x64", root)) == ["lib/han/deep/table.mpy"]
    (dest / "boot.py").unlink()
    assert changed(stage.stage(dest, "x64", root)) == ["boot.py"]
    assert "firmware/app.mpy" in changed(stage.stage(dest, "x86", root))


def test_what_is_gone_goes_and_what_is_not_ours_stays(root, tmp_path):
    dest = tmp_path / "out"
    stage.stage(dest, None, root)
    (dest / "settings.json").write_text("{}")
    (root / "lib/han/deep/table.py").unlink()
    stage.stage(dest, "x64", root)
    assert "settings.json" in tree(dest)
    assert not [name for name in tree(dest) if name.startswith(("lib", "firmware")) and name.endswith(".py")]
    assert not (dest / "lib/han/deep").exists()


def test_source_that_does_not_compile(root, tmp_path, capsys):
    dest = tmp_path / "out"
    stage.stage(dest, "x64", root)
    before = (dest / "firmware/app.mpy").read_bytes()
    (root / "firmware/app.py").write_text("def f(:\n    pass\n")
    with pytest.raises(stage.StageError, match=r'(?s)firmware/app.py does not compile for x64.*line 1.*SyntaxError'):
        stage.stage(dest, "x64", root)
    assert (dest / "firmware/app.mpy").read_bytes() == before
    assert not [name for name in tree(dest) if name.endswith(".tmp")]


def test_command_line(root, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(stage.stage, "__defaults__", (root, True))
    assert stage.main([str(tmp_path / "out"), "--arch", "x64"]) == 0
    assert "firmware/app.mpy" in capsys.readouterr().out
    (root / "firmware/app.py").write_text("1 +\n")
    assert stage.main([str(tmp_path / "out"), "--arch", "x64"]) == 1
    assert "SyntaxError" in capsys.readouterr().err
    (root / "main.py").unlink()
    assert stage.main([str(tmp_path / "out"), "--arch", "x64"]) == 1
    assert "main.py is missing" in capsys.readouterr().err


def test_the_real_tree_compiles_for_every_chip(tmp_path):
    for arch in stage.ARCHES:
        assert "main.py" in stage.stage(tmp_path / arch, arch)
