"""tools.deploy and tools.remote: mpremote itself against real MicroPython behind a serial line, with a littlefs as its flash."""

import hashlib
import re
import subprocess
import time

import pytest

from serial_board import SIZE, SerialBoard
from tools import deploy, remote, stage

ROOM = 50_000  # bytes that a full board has left: less than the whole tree takes
RUNNING = b"import machine, time\nmachine.WDT(timeout=5000)\nprint('working')\nwhile True:\n    time.sleep(1)\n"


def staged(tmp_path):
    """What a board is to hold: {path: bytes}."""
    names = stage.stage(tmp_path / "wanted", "x64")
    return {"/" + name: (tmp_path / "wanted" / name).read_bytes() for name in names}


def run(board, tmp_path):
    return deploy.deploy(remote.Board(board.port), tmp_path / "device", say=lambda text: None)


def test_an_empty_board_gets_everything(tmp_path):
    with SerialBoard(tmp_path, {}) as board:
        copied, removed = run(board, tmp_path)
        said = board.ended()
    assert board.files() == staged(tmp_path)
    assert sorted(copied) == sorted(board.files()) and removed == []
    assert b"reset with watchdog 600000" in said


def test_only_what_changed_while_the_firmware_runs(tmp_path):
    """The program is interrupted, its watchdog widened; what is not ours stays."""
    wanted = staged(tmp_path)
    files = {name.lstrip("/"): data for name, data in wanted.items()}
    theirs = {"settings.json": b'{"mqtt_password": "s3cret"}', "crash.txt": b"x", "lib/other/driver.py": b"y", "notes.txt": b""}
    files.update(theirs)
    files["main.py"] = RUNNING
    files["lib/han/registers.mpy"] = b"old"
    files["lib/han/gone/table.mpy"] = b"stale"
    files["firmware/app.py"] = b"would win over app.mpy"
    files["boot.py.new"] = b"left by a copy that was cut off"
    del files["firmware/boards.mpy"]
    with SerialBoard(tmp_path, files) as board:
        deadline = time.monotonic() + 10
        while b"working" not in board.said and time.monotonic() < deadline:
            time.sleep(0.05)
        copied, removed = run(board, tmp_path)
        said = board.ended()
    assert copied == ["/firmware/boards.mpy", "/lib/han/registers.mpy", "/main.py"]
    assert removed == ["/boot.py.new", "/firmware/app.py", "/lib/han/gone/table.mpy"]
    assert board.files() == wanted | {"/" + name: data for name, data in theirs.items()}
    assert said.index(b"working") < said.index(b"KeyboardInterrupt") < said.index(b"reset with watchdog 600000")


def test_a_board_that_is_up_to_date_is_only_restarted(tmp_path):
    """Its own main.py runs here, and hands over on Ctrl-C; what it wrote meanwhile (crash.txt) is not ours to remove."""
    wanted = staged(tmp_path)
    with SerialBoard(tmp_path, {name.lstrip("/"): data for name, data in wanted.items()}) as board:
        deadline = time.monotonic() + 10
        while b"Restart in" not in board.said and time.monotonic() < deadline:
            time.sleep(0.05)
        assert run(board, tmp_path) == ([], [])
        said = board.ended()
    assert b"The prompt is yours" in said and b"reset with watchdog 600000" in said
    assert board.files().items() >= wanted.items()


def test_what_a_board_is(tmp_path):
    with SerialBoard(tmp_path, {"boot.py": b"", "lib/han/a.mpy": b"a", "lib/a.py": b"b"}) as board:
        found = remote.Board(board.port).look(["/boot.py", "/lib/han", "/none"])
    assert found.files == {"/boot.py": hashlib.sha256(b"").hexdigest(), "/lib/han/a.mpy": hashlib.sha256(b"a").hexdigest()}
    assert found.arch == "x64" and found.version >= (1, 24) and 0 < found.free < SIZE


def test_a_full_file_system_is_told_before_anything_is_copied(tmp_path):
    filler = {"mine.bin": bytes(SIZE - ROOM)}
    with SerialBoard(tmp_path, filler) as board:
        with pytest.raises(remote.RemoteError, match="KiB free and .* KiB are needed"):
            run(board, tmp_path)
        board.ended()
    assert list(board.files()) == ["/mine.bin"]


def test_a_source_that_does_not_compile_leaves_the_board_as_it_was(tmp_path, monkeypatch):
    def broken(*_):
        raise stage.StageError("no")
    with SerialBoard(tmp_path, {"firmware/app.mpy": b"old"}) as board:
        monkeypatch.setattr(stage, "stage", broken)
        with pytest.raises(stage.StageError):
            run(board, tmp_path)
        assert b"reset" in board.ended()
    assert board.files() == {"/firmware/app.mpy": b"old"}


def test_a_file_damaged_on_the_way_replaces_nothing(tmp_path):
    """The copy is verified on the board: here the file changes between its reading and its copying."""
    local = tmp_path / "app.mpy"
    local.write_bytes(b"right")

    def meddle(command, **options):
        if "cp" in command:
            local.write_bytes(b"wrong")
        return subprocess.run(command, **options)
    with SerialBoard(tmp_path, {"firmware/app.mpy": b"old"}) as board:
        there = remote.Board(board.port, meddle)
        there.look()
        with pytest.raises(remote.RemoteError, match="damaged on the way"):
            there.replace({"/firmware/app.mpy": local})
        there.restart()
        board.ended()
    assert board.files()["/firmware/app.mpy"] == b"old"


def test_a_power_cut_at_any_write_leaves_whole_files(tmp_path):
    """Each file is the old or the new one, never less; cut while they are copied, and at each write of the renaming."""
    old = {"firmware/a.mpy": b"A" * 900, "firmware/b.mpy": b"B" * 900, "main.py": b"print('old')\n" * 40}
    new = {}
    for name, data in old.items():
        path = tmp_path / name.replace("/", "_")
        path.write_bytes(data.lower().replace(b"old", b"new"))
        new["/" + name] = path

    def replace(writes):
        with SerialBoard(tmp_path, old, writes) as board:
            there = remote.Board(board.port)
            try:
                there.look()
                there.replace(new)
                there.restart()
                whole = True
            except remote.RemoteError as error:
                assert "went away" in str(error)
                whole = False
            said = board.ended()
        found = board.files()
        for name, path in new.items():
            assert found[name] in (old[name[1:]], path.read_bytes()), name
        return whole, sum(found[name] == path.read_bytes() for name, path in new.items()), said

    whole, fresh, said = replace(-1)
    assert whole and fresh == 3
    total = int(re.search(rb"after (\d+) writes", said).group(1))
    results = [replace(writes)[:2] for writes in [0, total // 3, *range(total - 8, total + 1)]]
    assert results[0] == (False, 0) and results[-1] == (True, 3)
    assert {fresh for _, fresh in results} > {0, 3}  # cuts between two renames were among them


@pytest.mark.parametrize("said, words", [
    ("mpremote: failed to access /dev/ttyUSB0 (it may be in use by another program)", "another program"),
    ("mpremote: no device found", "no device found"),
    ("could not enter raw repl", "gives no MicroPython prompt"),
    ("OSError: [Errno 28] ENOSPC", "file system is full"),
    ("", "without saying why"),
])
def test_sentences(said, words):
    calls = []

    def run(command, **_):
        calls.append(command)
        return subprocess.CompletedProcess(command, 1, b"", said.encode())
    with pytest.raises(remote.RemoteError, match=words):
        remote.Board("/dev/ttyUSB0", run).look()
    assert len(calls) == (3 if "raw repl" in said else 1)


def test_an_old_or_unknown_board_is_refused():
    for answer, words in ((b"((1, 22), 10, 9)\nend", "1.22; 1.24 or newer"), (b"((1, 27), 5, 9)\nend", "not known"), (b"??", "no sense")):
        with pytest.raises(remote.RemoteError, match=words):
            remote.Board("P", lambda command, **_: subprocess.CompletedProcess(command, 0, answer, b"")).look()


def test_no_port(capsys):
    assert deploy.main([]) == 1
    assert "which board" in capsys.readouterr().err
    assert deploy.main(["--port", "/dev/ttyNone"]) == 1
    assert "/dev/ttyNone is not there" in capsys.readouterr().err
    assert deploy.main(["--port", "/dev/null"]) == 1
    assert "deploy: " in capsys.readouterr().err
