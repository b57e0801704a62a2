"""The file system of a freshly flashed chip, as a littlefs image: the staged tree and, when the user has them, the settings.

The image holds only the blocks in use; what follows them in the flash need not be erased, since littlefs erases a block
before it writes there. The size of the whole file system stands in the image's superblock and must be the partition's to the
block: MicroPython refuses any other with EINVAL and then loops on "filesystem appears to be corrupted".

    python -m tools.image FILE --chip esp32 --flash-size 4MB [--settings settings.json]
"""

import argparse
import json
import pathlib
import sys

from littlefs import LittleFS
from littlefs.errors import LittleFSError

from tools import chips, stage

BLOCK_SIZE = 4096  # the flash's erase unit, and MicroPython's block size for it
USUAL_VFS_OFFSET = 0x200000  # where the file system begins in today's generic images; an image's own table knows better
SETTINGS_NAME = "settings.json"
_NOSPC = -28

# As MicroPython mounts it (extmod/vfs_lfs.c: readsize, progsize and lookahead 32, cache four times that), so that the files
# lie in the image as MicroPython itself would have written them.
_GEOMETRY = {"block_size": BLOCK_SIZE, "read_size": 32, "prog_size": 32, "cache_size": 128, "lookahead_size": 32}


def read_tree(directory):
    """{path: bytes} of every file in a staged tree."""
    directory = pathlib.Path(directory)
    return {path.relative_to(directory).as_posix(): path.read_bytes()
            for path in sorted(directory.rglob("*")) if path.is_file()}


def read_settings(path):
    """The bytes of settings.json for the chip, from the user's file; raises chips.ImageError when a value does not validate."""
    from firmware import settings
    try:
        values = json.loads(pathlib.Path(path).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise chips.ImageError("%s cannot be used as settings: %s" % (path, error)) from None
    clean, problems = settings.validate(values)
    if problems:
        raise chips.ImageError("the settings in %s do not validate:\n%s" % (
            path, "\n".join("  " + sentence for _, sentence in problems)))
    return json.dumps(clean).encode()


def build(files, size):
    """The littlefs image of `files` ({path: bytes}) for a file system of `size` bytes (a multiple of BLOCK_SIZE).

    Returns the used blocks alone. Raises chips.ImageError when the files do not fit.
    """
    blocks = size // BLOCK_SIZE
    if size % BLOCK_SIZE or blocks < 4:
        raise ValueError("a file system of %d bytes" % size)
    try:
        used = _filled(files, blocks).used_block_count
        # Packing takes a little room of its own, and how much depends on the files.
        for count in range(min(used + 2, blocks), blocks + 1):
            try:
                packed = _filled(files, count)
                break
            except LittleFSError as error:
                if error.code != _NOSPC or count == blocks:
                    raise
    except LittleFSError as error:
        if error.code != _NOSPC:
            raise
        raise chips.ImageError("the files (%d bytes) do not fit a file system of %d bytes" % (
            sum(len(data) for data in files.values()), size)) from None
    if count < blocks:
        packed.fs_grow(blocks)
    return bytes(packed.context.buffer)


def _filled(files, blocks):
    fs = LittleFS(block_count=blocks, **_GEOMETRY)
    for name, data in files.items():
        parent = name.rpartition("/")[0]
        if parent:
            fs.makedirs(parent, exist_ok=True)
        with fs.open(name, "wb") as file:
            file.write(data)
    return fs


def make(target, arch, size, settings=None, directory=None):
    """Stage the tree for `arch` and write its image of a file system of `size` bytes to the file `target`.

    `settings` is the path of a settings file to carry along, `directory` where to stage (build/device/<arch>).
    Returns {path: bytes} of what is in it. Raises chips.ImageError, stage.StageError, OSError.
    """
    directory = pathlib.Path(directory or stage.ROOT / "build" / "device" / arch)
    wanted = stage.stage(directory, arch)
    files = {name: data for name, data in read_tree(directory).items() if name in wanted}
    if settings:
        files[SETTINGS_NAME] = read_settings(settings)
    image = build(files, size)
    target = pathlib.Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.touch(0o600 if settings else 0o666)  # before the first byte: settings hold passwords
    target.write_bytes(image)
    return files


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.image", description=__doc__.partition("\n")[0])
    parser.add_argument("file", help="image file to write")
    parser.add_argument("--chip", choices=sorted(chips.CHIPS), default="esp32", help="default: %(default)s")
    parser.add_argument("--flash-size", default="4MB", help="of the chip; default: %(default)s")
    parser.add_argument("--image", help="stock MicroPython image to read the file system's place from, instead of 0x%x"
                        % USUAL_VFS_OFFSET)
    parser.add_argument("--settings", help="settings file to carry in the image")
    args = parser.parse_args(argv)
    try:
        flash_size = chips.parse_flash_size(args.flash_size)
        chip = chips.CHIPS[args.chip]
        stock = chips.Stock(chip, None, 0, USUAL_VFS_OFFSET, None)
        if args.image:
            stock = chips.read_stock(args.image)
            if stock.chip is not chip:
                raise chips.ImageError("%s is for %s, not %s" % (args.image, stock.chip.title, chip.title))
        offset, size = chips.vfs_region(stock, flash_size)
        files = make(args.file, chip.arch, size, args.settings)
    except (chips.ImageError, stage.StageError, OSError) as error:
        print("image: %s" % error, file=sys.stderr)
        return 1
    print("%s: %d files, %d bytes, for the file system of %d KiB at 0x%x of an %s with %s" % (
        args.file, len(files), pathlib.Path(args.file).stat().st_size, size // 1024, offset, chip.title, args.flash_size))
    return 0


if __name__ == "__main__":
    sys.exit(main())
