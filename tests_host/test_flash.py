"""tools.flash and tools.chips: the command line, the images it names, and a sentence for everything that can be wrong.

The stock image is made here from the formats' description (ESP-IDF: App Image Format, Partition Tables), and esptool itself
is asked whether it is one.
"""

import hashlib
import re
import struct
import subprocess
import sys

import pytest

from mounted import LIST, micropython
from tools import chips, flash

MIB = 1 << 20
NVS = (1, 2, 0x9000, 0x6000, b"nvs")
PHY = (1, 1, 0xF000, 0x1000, b"phy_init")
FACTORY = (0, 0, 0x10000, 0x1F0000, b"factory")
VFS = (1, 0x81, 0x200000, 0x200000, b"vfs")
TODAY, FIXED = (NVS, PHY, FACTORY), (NVS, PHY, FACTORY, VFS)


def program(number, text=b"", size=3000):
    """An ESP-IDF image: header, one segment with an application description, checksum, SHA-256."""
    description = struct.pack("<II8x32s32s16s16s32s32s80x", 0xABCD5432, 0, b"v1.27.0", b"micropython", b"", b"", b"v5.5", b"\0" * 32)
    body = (description + text).ljust(size & ~3, b"\x11")
    head = struct.pack("<BBBBIB3xHBHH4xB", 0xE9, 1, 2, 0x20, 0x40080000, 0xEE, number, 0, 0, 0xFFFF, 1)
    data = head + struct.pack("<II", 0x3F400020, len(body)) + body
    checksum = 0xEF
    for byte in body:
        checksum ^= byte
    data = data + bytes(15 - len(data) % 16) + bytes((checksum,))
    return data + hashlib.sha256(data).digest()


def table(rows):
    data = b"".join(struct.pack("<2sBBII16sI", b"\xaa\x50", *row, 0) for row in rows)
    return (data + b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(data).digest()).ljust(0xC00, b"\xff")


def stock(chip="esp32", rows=TODAY, banner=b"MicroPython v1.27.0 on 2025-12-10; Generic", size=300000):
    """A stock image as downloaded: bootloader, partition table, application, at their places in the flash."""
    number, start = chips.CHIPS[chip].number, chips.CHIPS[chip].image_offset
    whole = bytearray(b"\xff" * 0x10000)
    boot = program(number)
    whole[start:start + len(boot)] = boot
    whole[0x8000:0x8C00] = table(rows)
    return bytes(whole[start:]) + program(number, banner, size)


@pytest.fixture
def save(tmp_path):
    def save(data, name="stock.bin"):
        path = tmp_path / name
        path.write_bytes(data)
        return path
    return save


def dry(capsys, *words):
    status = flash.main([*map(str, words), "--dry-run"])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.parametrize("chip", sorted(chips.CHIPS))
def test_esptool_takes_our_stock_image_for_one(save, chip):
    path = save(stock(chip))
    words = [sys.executable, "-m", "esptool", "--chip", chip, "image-info"]
    said = subprocess.run([*words, path], capture_output=True, text=True, timeout=60)
    assert said.returncode == 0 and "(valid)" in said.stdout, said.stdout + said.stderr
    app = save(stock(chip)[0x10000 - chips.CHIPS[chip].image_offset:], "app.bin")
    said = subprocess.run([*words, app], capture_output=True, text=True, timeout=60)
    assert said.stdout.count("(valid)") == 2, said.stdout


@pytest.mark.parametrize("chip, rows, flash_size, image_at, vfs_at, size", [
    ("esp32", TODAY, "4MB", 0x1000, 0x200000, 2 * MIB),
    ("esp32", FIXED, "4MB", 0x1000, 0x200000, 2 * MIB),
    ("esp32", FIXED, "16MB", 0x1000, 0x200000, 2 * MIB),
    ("esp32", TODAY, "16MB", 0x1000, 0x200000, 14 * MIB),
    ("esp32", (NVS, PHY, (0, 0, 0x10000, 0x210000, b"factory")), "4MB", 0x1000, 0x220000, 0x1E0000),
    ("esp32", (NVS, (0, 0x10, 0x10000, 0x180000, b"ota_0"), (0, 0x11, 0x190000, 0x180000, b"ota_1")), "4MB", 0x1000, 0x310000, 0xF0000),
    ("esp32s3", TODAY, "8MB", 0, 0x200000, 6 * MIB),
    ("esp32c3", TODAY, "4MB", 0, 0x200000, 2 * MIB),
])
def test_the_whole_flash(save, tmp_path, chip, rows, flash_size, image_at, vfs_at, size):
    """Put together what the command line names, as esptool would: both images are whole and MicroPython mounts ours."""
    path = save(stock(chip, rows))
    command = flash.flash("PORT", path, chips.parse_flash_size(flash_size), dry_run=True, build=tmp_path / "build")
    at = command.index("write-flash")
    assert command[:at] == [sys.executable, "-m", "esptool", "--chip", chip, "--port", "PORT", "--baud", "460800"]
    assert command[at + 1] == "--erase-all"
    places = dict(zip(command[at + 2::2], command[at + 3::2]))
    assert list(places) == ["0x%x" % image_at, "0x%x" % vfs_at]
    merged = tmp_path / "merged.bin"
    subprocess.run([sys.executable, "-m", "esptool", "--chip", chip, "merge-bin", "-o", merged, *command[at + 2:]],
                   check=True, capture_output=True, timeout=60)
    whole = merged.read_bytes()
    assert whole[image_at:image_at + path.stat().st_size] == path.read_bytes()
    done = micropython(LIST, save(whole[vfs_at:], "fs.bin"), size)
    assert "/flash/main.py" in done.stdout and "/flash/firmware/settings.mpy" in done.stdout, done.stderr
    assert "blocks 4096 %d" % (size // 4096) in done.stdout


def test_dry_run_prints_the_command(save, capsys):
    status, out, _ = dry(capsys, "--port", "/dev/ttyUSB7", "--image", save(stock()), "--flash-size", "4MB")
    assert status == 0
    assert re.search(r"python -m esptool --chip esp32 --port /dev/ttyUSB7 --baud 460800 write-flash --erase-all 0x1000 \S+stock.bin "
                     r"0x200000 \S+hamn-esp32-4MB.bin\n", out), out


@pytest.mark.parametrize("data, words", [
    (b"", "not a flash image"),
    (b"\x7fELF" + bytes(100), "an ELF file"),
    (b"UF2\n" + bytes(100), "a UF2 file"),
    (b"<!DOCTYPE html>" + bytes(100), "a web page"),
    (program(0, b"MicroPython v1.27.0"), "no partition table.*app-bin"),
    (stock()[:5000], "no partition table"),
    (stock()[:200000], "damaged or cut short"),
    (stock()[:-1], "damaged or cut short"),
    (stock()[:200000] + b"?" + stock()[200001:], "damaged or cut short"),
    (stock().replace(b"factory\0", b"factorY\0"), "damaged partition table"),
    (stock(banner=b"Tasmota"), "not MicroPython"),
    (stock(banner=b"MicroPython v1.23.0 on 2024-06-02"), "1.23: 1.24 or newer"),
    (stock(size=0x1F8000), "damaged or cut short"),  # an application larger than its partition
    (stock(rows=(NVS, (0, 0, 0x10000, 0x20000, b"factory")), size=100000) + bytes(0x20000), "too large: .* 0x30000"),
    (stock(rows=(NVS, PHY)), "no application"),
    (stock()[:12] + b"\2\0" + stock()[14:], r"chip id 2\); it knows ESP32, ESP32-S3, ESP32-C3"),
])
def test_images_that_are_refused(save, capsys, data, words):
    status, _, err = dry(capsys, "--port", "P", "--image", save(data), "--flash-size", "4MB")
    assert status == 1 and re.search(words, err), err
    assert err.count("\n") == 1 and err.startswith("flash: ")


def test_what_the_user_can_forget(save, capsys, tmp_path):
    path = save(stock())
    for words, sentence in (
        (["--image", path], "FLASH_SIZE"),
        (["--port", "P", "--flash-size", "4MB"], "which image"),
        (["--image", tmp_path / "none.bin", "--flash-size", "4MB"], "none.bin cannot be read: No such file"),
        (["--image", tmp_path, "--flash-size", "4MB"], "Is a directory"),
        (["--image", path, "--flash-size", "2MB"], "no room"),
        (["--image", path, "--flash-size", "4M"], "flash size '4M'"),
        (["--image", save(stock(rows=FIXED), "fixed.bin"), "--flash-size", "2MB"], "needs a flash of 4 MB"),
        (["--image", path, "--flash-size", "4MB", "--settings", tmp_path / "none.json"], "none.json"),
    ):
        status, _, err = dry(capsys, *words)
        assert status == 1 and sentence in err, err
    assert flash.main(["--image", str(path)]) == 1
    assert "which board" in capsys.readouterr().err
    assert flash.main(["--image", str(path), "--port", "/dev/ttyNone"]) == 1
    assert "/dev/ttyNone is not there" in capsys.readouterr().err


class Esptool:
    """Stands where subprocess.run stood: notes the commands, answers like a chip."""

    def __init__(self, answer="", status=0):
        self.commands, self.answer, self.status = [], answer, status

    def __call__(self, command, **_):
        self.commands.append(command)
        return subprocess.CompletedProcess(command, self.status, self.answer, "")


def test_the_chip_is_asked_for_its_flash(save, tmp_path):
    run = Esptool("Manufacturer: 68\nDetected flash size: 8MB\n")
    flash.flash("/dev/null", save(stock()), build=tmp_path, run=run)
    assert [command[7] for command in run.commands] == ["flash-id", "--baud"]
    assert run.commands[1][-1].endswith("hamn-esp32-8MB.bin")


@pytest.mark.parametrize("answer, status, words", [
    ("Detected flash size: Unknown", 0, "FLASH_SIZE=4MB"),
    ("A fatal error occurred: This chip is ESP32-S3, not ESP32. Wrong chip argument?", 2, "is an ESP32-S3, but the image is for an ESP32:"),
    ("Could not open /dev/null, the port is busy or doesn't exist.\n(Permission denied)", 2, "group"),
    ("Could not open /dev/null, the port is busy or doesn't exist.\n([Errno 16] busy)", 2, "another program"),
    ("A fatal error occurred: Failed to connect to ESP32: No serial data received.", 2, "BOOT button"),
    ("something\nelse", 2, "else"),
    ("", 2, "without saying why"),
])
def test_a_chip_that_does_not_answer_well(save, tmp_path, answer, status, words):
    with pytest.raises(flash.FlashError, match=words):
        flash.flash("/dev/null", save(stock()), build=tmp_path, run=Esptool(answer, status))


def test_a_write_that_fails_or_hangs(save, tmp_path):
    with pytest.raises(flash.FlashError, match="incomplete"):
        flash.flash("/dev/null", save(stock()), 4 * MIB, build=tmp_path, run=Esptool(status=2))

    def hang(command, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)
    with pytest.raises(flash.FlashError, match="BAUD=115200"):
        flash.flash("/dev/null", save(stock()), 4 * MIB, build=tmp_path, run=hang)
    with pytest.raises(flash.FlashError, match="did not answer within"):
        flash.flash("/dev/null", save(stock()), build=tmp_path, run=hang)


def test_the_real_esptool_on_something_that_is_no_board(save, capsys):
    assert flash.main(["--image", str(save(stock())), "--port", "/dev/null"]) == 1
    assert "flash: /dev/null cannot be opened" in capsys.readouterr().err
