"""tools.image: the image holds the tree, has the partition's size, and real MicroPython mounts it and runs main.py out of it."""

import hashlib
import json
import os
import select
import shutil
import sys
import time

import pytest

from mounted import LIST, micropython
from tools import chips, image, pcboard, process, stage

MIB = 1 << 20

# A chip's start from a file that is its flash: what a PC has room for in its heap, a chip has in its flash.
START = r"""
import os, vfs
class Flash:
    def __init__(self, path):
        self.file = open(path, "r+b")
        self.blocks = self.file.seek(0, 2) // 4096
    def readblocks(self, n, buf, offset=0):
        self.file.seek(n * 4096 + offset)
        self.file.readinto(buf)
    def writeblocks(self, n, buf, offset=0):
        self.file.seek(n * 4096 + offset)
        self.file.write(buf)
    def ioctl(self, op, arg):
        if op == 4: return self.blocks
        if op == 5: return 4096
        return 0
vfs.mount(vfs.VfsLfs2(Flash(%r)), "/flash")
os.chdir("/flash")
import _boot
_boot.power_on()
"""


@pytest.fixture
def files():
    """Files of every awkward size: empty, inside a directory entry, one byte around a block, many blocks."""
    sizes = (0, 1, 127, 128, 129, 511, 513, 1023, 4095, 4096, 4097, 60000)
    return {"lib/deep/er/f%d.mpy" % size: hashlib.shake_128(b"%d" % size).digest(size) for size in sizes} | {"main.py": b"pass"}


@pytest.mark.parametrize("fill", [0xFF, 0x00, 0x5A], ids=["erased", "zeros", "rubbish"])
@pytest.mark.parametrize("size", [2 * MIB, 6 * MIB, 14 * MIB, 0x1F0000])
def test_micropython_mounts_reads_and_writes(files, tmp_path, size, fill):
    path = tmp_path / "fs.bin"
    path.write_bytes(image.build(files, size))
    done = micropython(LIST, path, size, fill)
    assert done.returncode == 0, done.stderr
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert lines.pop("blocks") == "4096 %d" % (size // 4096)
    assert lines == {"/flash/" + name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def test_only_used_blocks_are_written(files):
    data = image.build(files, 2 * MIB)
    assert len(data) % image.BLOCK_SIZE == 0
    assert len(data) < sum(len(content) for content in files.values()) + 40 * image.BLOCK_SIZE


def test_a_wrong_size_is_refused_by_micropython(files, tmp_path):
    """Why the size must be right: this is what a chip would loop on."""
    path = tmp_path / "fs.bin"
    path.write_bytes(image.build(files, 2 * MIB))
    done = micropython(LIST, path, 1 * MIB)
    assert done.returncode and "EINVAL" in done.stderr


def test_files_that_do_not_fit():
    with pytest.raises(chips.ImageError, match="do not fit"):
        image.build({"big": bytes(200000)}, 128 * 1024)


def test_a_nearly_full_file_system_is_built(tmp_path):
    files = {"big": bytes(range(256)) * 200, "main.py": b"pass"}
    path = tmp_path / "fs.bin"
    path.write_bytes(image.build(files, 18 * 4096))
    assert "/flash/big" in micropython(LIST, path, 18 * 4096).stdout


def test_settings_are_carried_and_checked(tmp_path):
    good, bad, target = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "fs.bin"
    good.write_text(json.dumps({"mqtt_host": "broker.lan", "mqtt_password": "s3cret"}))
    files = image.make(target, "x64", 2 * MIB, good, tmp_path / "tree")
    assert json.loads(files["settings.json"])["mqtt_host"] == "broker.lan"
    assert target.stat().st_mode & 0o077 == 0
    bad.write_text(json.dumps({"mqtt_port": 70000, "mqtt_password": "s3cret"}))
    with pytest.raises(chips.ImageError, match="mqtt_port") as caught:
        image.make(target, "x64", 2 * MIB, bad, tmp_path / "tree")
    assert "s3cret" not in str(caught.value)
    for text in ("", "[", "\x00"):
        bad.write_text(text)
        with pytest.raises(chips.ImageError, match="bad.json"):
            image.make(target, "x64", 2 * MIB, bad, tmp_path / "tree")
    with pytest.raises(chips.ImageError, match="cannot be used"):
        image.make(target, "x64", 2 * MIB, tmp_path / "none.json", tmp_path / "tree")


@pytest.mark.parametrize("chip, flash_size, size", [
    ("esp32", "4MB", 2 * MIB), ("esp32", "8MB", 6 * MIB), ("esp32s3", "16MB", 14 * MIB), ("esp32c3", "4MB", 2 * MIB)])
def test_command_line(tmp_path, capsys, chip, flash_size, size):
    target = tmp_path / "fs.bin"
    assert image.main([str(target), "--chip", chip, "--flash-size", flash_size]) == 0
    assert "of %d KiB at 0x200000" % (size // 1024) in capsys.readouterr().out
    done = micropython(LIST, target, size)
    assert done.returncode == 0 and "/flash/main.py" in done.stdout, done.stderr


def test_command_line_with_bad_sizes(tmp_path, capsys):
    for flash_size in ("5MB", "2MB", "many"):
        assert image.main([str(tmp_path / "fs.bin"), "--flash-size", flash_size]) == 1
        assert capsys.readouterr().err.startswith("image: ")


def test_the_firmware_runs_out_of_the_image(tmp_path):
    """With the settings that the image carries, up to readings from a meter.

    In 64 bits: there the C stack has room for the file system's code below a deep import, 4 KB of path a level on a PC.
    """
    board = pcboard.PcBoard(tmp_path / "pc", bits=64, heap="224k")
    shutil.rmtree(board.device)
    board.device.mkdir()
    settings, flash, script = tmp_path / "mine.json", tmp_path / "fs.bin", tmp_path / "start.py"
    settings.write_text(json.dumps({"board": "esp32-s3-p1", "meter_line": "p1"}))
    image.make(flash, "x64", 2 * MIB, settings, tmp_path / "tree")
    flash.write_bytes(flash.read_bytes().ljust(2 * MIB, b"\xff"))
    script.write_text(START % str(flash))
    meter = process.Child([sys.executable, "-m", "tools.meter", "p1-landis", "--pty", str(board.uart), "--line", str(board.line),
                           "--start", "2026-01-15T10:00:05", "--seconds", "60"], cwd=stage.ROOT)
    try:
        deadline = time.monotonic() + 10
        while not board.line.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        dongle = board.start(script=script)
        said = b""
        try:
            while b"reading: import" not in said and time.monotonic() < deadline + 30:
                if select.select([dongle.output], [], [], 0.2)[0]:
                    piece = os.read(dongle.output.fileno(), 4096)
                    if not piece:
                        break
                    said += piece
        finally:
            dongle.stop()
    finally:
        meter.stop()
    said = said.decode()
    assert "hamn-240ac4123456 on esp32-s3-p1" in said, said
    assert "reading: import" in said, said
