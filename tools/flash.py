"""First installation on a chip: the stock MicroPython image and our file system, written in one go.

The user downloads the stock image; everything else follows from it: the chip from its header, the place of the file system
from its partition table, and the end of that from the size of the flash, which the chip tells (or --flash-size). The flash
is erased first, so that nothing of an earlier firmware is left: settings on the chip too, which --settings carries along.

    python -m tools.flash --port /dev/ttyUSB0 --image ESP32_GENERIC-….bin [--settings settings.json] [--dry-run]
"""

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys

from tools import chips, image, stage

BAUD = 460800
_PROBE_DEADLINE_S = 60
_WRITE_DEADLINE_S = 900  # 16 MB at 115200 baud, with the erasing before and the check behind
_SPEAKS_PORT = re.compile(r"[a-z0-9]+://|COM\d+$", re.IGNORECASE)


class FlashError(Exception):
    """Flashing cannot go on; the text says why and what to do."""


def need_port(port, example):
    """Raise FlashError unless `port` names a serial port that is there."""
    if not port:
        raise FlashError("which board? Name its serial port: %s" % example)
    if not _SPEAKS_PORT.match(port) and not os.path.exists(port):
        raise FlashError("%s is not there: is the board plugged in, with a cable that carries data? "
                         "`.venv/bin/mpremote devs` lists the ports" % port)


def esptool(chip, port, *words):
    """Command line of esptool for a chip's name and a port."""
    return [sys.executable, "-m", "esptool", "--chip", chip, "--port", port, *words]


def flash_size_of(chip, port, run=subprocess.run):
    """Ask the chip on `port` for the size of its flash, in bytes; raises FlashError when it is not a `chip` or is silent."""
    command = esptool(chip.name, port, "flash-id")
    try:
        done = run(command, capture_output=True, text=True, timeout=_PROBE_DEADLINE_S)
    except subprocess.TimeoutExpired:
        raise FlashError("the chip on %s did not answer within %d s" % (port, _PROBE_DEADLINE_S)) from None
    said = done.stdout + done.stderr
    if done.returncode:
        raise FlashError(explain(said, port, chip))
    match = re.search(r"Detected flash size: (\S+)", said)
    try:
        return chips.parse_flash_size(match.group(1) if match else "")
    except chips.ImageError:
        raise FlashError("the chip on %s does not tell the size of its flash: give it as FLASH_SIZE=4MB" % port) from None


def explain(said, port, chip):
    """A sentence that says what to do, for what esptool said when it failed."""
    match = re.search(r"This chip is (\S+?), not", said)
    if match:
        return "the chip on %s is an %s, but the image is for an %s: download the image for %s" % (
            port, match.group(1), chip.title, match.group(1))
    if "Permission denied" in said:
        return "no permission for %s: add yourself to the group that owns it (dialout on Debian), log in again" % port
    if "Could not open" in said:
        return "%s cannot be opened: it is used by another program (a console?) or is not a serial port" % port
    if "Failed to connect" in said or "No serial data received" in said:
        return ("the chip on %s does not answer: hold its BOOT button, press and release EN (or plug it in again), "
                "release BOOT, and repeat" % port)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return "esptool failed on %s: %s" % (port, lines[-1] if lines else "without saying why")


def write_command(port, stock, stock_path, vfs_offset, vfs_path, baud=BAUD):
    """The one command line that installs a chip: erase, write both images, verify (esptool checks each write's MD5)."""
    return esptool(stock.chip.name, port, "--baud", str(baud), "write-flash", "--erase-all",
                   "0x%x" % stock.chip.image_offset, str(stock_path), "0x%x" % vfs_offset, str(vfs_path))


def flash(port, image_path, flash_size=None, settings=None, baud=BAUD, dry_run=False, build=None, run=subprocess.run):
    """Install MicroPython from the file `image_path` and our file system on the chip at `port`.

    `flash_size` in bytes saves asking the chip, `settings` is a settings file to carry along, `build` the directory for the
    file system's image. With `dry_run` no board is touched and flash_size is needed. Returns the command line that wrote or
    would write. Raises FlashError, chips.ImageError, stage.StageError, OSError.
    """
    if not image_path:
        raise FlashError("which image? Download the stock MicroPython for the board's chip (%d.%d or newer, the full .bin) "
                         "and name it: make flash PORT=… IMAGE=ESP32_GENERIC-….bin" % chips.OLDEST)
    stock = chips.read_stock(image_path)
    if not dry_run:
        need_port(port, "make flash PORT=/dev/ttyUSB0 IMAGE=…")
        flash_size = flash_size or flash_size_of(stock.chip, port, run)
    elif not flash_size:
        raise FlashError("without a board the size of its flash must be given: FLASH_SIZE=4MB")
    offset, size = chips.vfs_region(stock, flash_size)
    build = pathlib.Path(build or stage.ROOT / "build")
    vfs_path = build / ("hamn-%s-%dMB.bin" % (stock.chip.name, flash_size // chips.MIB))
    files = image.make(vfs_path, stock.chip.arch, size, settings, build / "device" / stock.chip.arch)
    print("MicroPython %d.%d for %s, %d bytes at 0x%x; our %d files, %d bytes at 0x%x; flash %d MB" % (
        *stock.version, stock.chip.title, stock.size, stock.chip.image_offset,
        len(files), vfs_path.stat().st_size, offset, flash_size // chips.MIB))
    command = write_command(port or "PORT", stock, image_path, offset, vfs_path, baud)
    print(shlex.join(["python", *command[1:]]), flush=True)
    if dry_run:
        return command
    if not settings:
        print("The chip is erased, its settings too: have them in a file and give SETTINGS=file to keep them.", flush=True)
    try:
        done = run(command, timeout=_WRITE_DEADLINE_S)
    except subprocess.TimeoutExpired:
        raise FlashError("writing to %s took longer than %d min and was stopped: repeat with BAUD=115200" % (
            port, _WRITE_DEADLINE_S // 60)) from None
    if done.returncode:
        raise FlashError("writing to %s failed, see above: the chip is incomplete until `make flash` succeeds; "
                         "BAUD=115200 helps with poor cables" % port)
    return command


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.flash", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", help="serial port of the board")
    parser.add_argument("--image", help="stock MicroPython image for the board's chip")
    parser.add_argument("--flash-size", help="4MB, 8MB, 16MB …; default: the chip is asked")
    parser.add_argument("--settings", help="settings file to carry along")
    parser.add_argument("--baud", type=int, default=BAUD, help="default: %(default)s")
    parser.add_argument("--dry-run", action="store_true", help="write the images and print the command line, touch no board")
    args = parser.parse_args(argv)
    try:
        size = chips.parse_flash_size(args.flash_size) if args.flash_size else None
        flash(args.port, args.image, size, args.settings, args.baud, args.dry_run)
    except (FlashError, chips.ImageError, stage.StageError, OSError) as error:
        print("flash: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nflash: stopped; the chip may be incomplete until `make flash` succeeds", file=sys.stderr)
        return 130
    if not args.dry_run:
        next_step = "" if args.settings else "make configure PORT=%s, then " % args.port
        print("Done. Next: %smake console PORT=%s" % (next_step, args.port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
