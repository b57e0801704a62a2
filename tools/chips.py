"""The chips that the firmware runs on, and the stock MicroPython image that a user downloads for one of them.

Nothing about the flash's layout is taken for granted: where the file system begins stands in the partition table inside the
image. Up to MicroPython 1.25 that table has a line for it; since 1.26 the file system takes whatever follows the last
partition, up to the end of the flash.
Formats: ESP-IDF, "App Image Format" and "Partition Tables".
"""

import collections
import hashlib
import re
import struct

Chip = collections.namedtuple("Chip", "name title number image_offset arch")
Chip.__doc__ = """name as esptool and we spell it; the name's own spelling; chip id in an image header; where in the flash the
stock image begins; processor of native code in .mpy files."""

CHIPS = {
    "esp32": Chip("esp32", "ESP32", 0, 0x1000, "xtensawin"),
    "esp32s3": Chip("esp32s3", "ESP32-S3", 9, 0x0, "xtensawin"),
    "esp32c3": Chip("esp32c3", "ESP32-C3", 5, 0x0, "rv32imc"),
}
OLDEST = (1, 24)  # the oldest MicroPython that the firmware is tried on
MIB = 1 << 20

_IMAGE_MAGIC = 0xE9
_TABLE_OFFSET = 0x8000  # in the flash, of the partition table
_TABLE_SIZE = 0xC00
_ENTRY = struct.Struct("<2sBBII16sI")
_ENTRY_MAGIC = b"\xaa\x50"
_MD5_MAGIC = b"\xeb\xeb" + b"\xff" * 14
_TYPE_APP = 0
_TYPE_DATA = 1
_VERSION = re.compile(rb"MicroPython v(\d+)\.(\d+)[0-9A-Za-z.\-]*")

Stock = collections.namedtuple("Stock", "chip version size vfs_offset vfs_end")
Stock.__doc__ = """A stock image: its Chip; version as (major, minor); size of the file in bytes; where in the flash the file
system begins, and where it ends (None: at the end of the flash, whatever the flash's size)."""


class ImageError(Exception):
    """The file is not an image that we can put on a chip; the text says why and what to do."""


def read_stock(path):
    """Look into the stock image in the file `path`; returns a Stock or raises ImageError."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise ImageError("%s cannot be read: %s" % (path, error.strerror)) from None
    chip = _chip_of(data, path)
    partitions = _partitions(data, chip, path)
    version = _VERSION.search(data)
    if not version:
        raise ImageError("%s is an %s image, but not MicroPython" % (path, chip.title))
    version = tuple(int(part) for part in version.groups())
    if version < OLDEST:
        raise ImageError("%s is MicroPython %d.%d: %d.%d or newer is needed" % (path, *version, *OLDEST))
    for kind, _, offset, size, label in partitions:
        if kind == _TYPE_APP and label in ("factory", "ota_0"):
            _check_app(data, offset - chip.image_offset, size, path)
            break
    else:
        raise ImageError("%s has no application in its partition table" % path)
    begin, end = _vfs(partitions)
    if chip.image_offset + len(data) > begin:
        raise ImageError("%s is too large: it would reach into the file system at 0x%x" % (path, begin))
    return Stock(chip, version, len(data), begin, end)


def _chip_of(data, path):
    if len(data) < 24 or data[0] != _IMAGE_MAGIC:
        kind = {b"\x7fE": "an ELF file", b"UF": "a UF2 file", b"PK": "a ZIP archive", b"<!": "a web page", b"<h": "a web page"}
        raise ImageError("%s is %s, not a flash image: download the file that ends in .bin" % (
            path, kind.get(data[:2], "something else")))
    number = struct.unpack_from("<H", data, 12)[0]
    for chip in CHIPS.values():
        if chip.number == number:
            return chip
    raise ImageError("%s is for a chip that this firmware does not know (chip id %d); it knows %s" % (
        path, number, ", ".join(chip.title for chip in CHIPS.values())))


def _partitions(data, chip, path):
    """[(type, subtype, offset, size, label)] of the table in the image, its MD5 verified."""
    start = _TABLE_OFFSET - chip.image_offset
    table = data[start:start + _TABLE_SIZE]
    if table[:2] != _ENTRY_MAGIC:
        raise ImageError("%s has no partition table: take the full image (.bin), not the one for updates (.app-bin)" % path)
    found = []
    for at in range(0, len(table) - _ENTRY.size + 1, _ENTRY.size):
        magic, kind, subtype, offset, size, label, _ = _ENTRY.unpack_from(table, at)
        if magic == _ENTRY_MAGIC:
            found.append((kind, subtype, offset, size, label.rstrip(b"\0").decode("ascii", "replace")))
        elif table[at:at + 16] == _MD5_MAGIC:
            if hashlib.md5(table[:at]).digest() != table[at + 16:at + 32]:
                break
            return found
        else:
            return found
    raise ImageError("%s has a damaged partition table: download it again" % path)


def _check_app(data, start, limit, path):
    """Walk the application's segments up to its SHA-256 and verify that, so that a cut download is not flashed."""
    damaged = ImageError("%s is damaged or cut short: download it again" % path)
    app = data[start:start + limit]
    if len(app) < 24 or app[0] != _IMAGE_MAGIC:
        raise damaged
    at = 24
    for _ in range(app[1]):
        if at + 8 > len(app):
            raise damaged
        at += 8 + struct.unpack_from("<I", app, at + 4)[0]
    at = (at | 15) + 1  # the checksum byte ends a block of 16
    if at > len(app) or app[23] and app[at:at + 32] != hashlib.sha256(app[:at]).digest():
        raise damaged


def _vfs(partitions):
    for kind, _, offset, size, label in partitions:
        if kind == _TYPE_DATA and label == "vfs":
            return offset, offset + size
    return max(offset + size for _, _, offset, size, _ in partitions), None


def vfs_region(stock, flash_size):
    """(offset, size) in bytes of the file system on a flash of `flash_size` bytes; raises ImageError when it does not fit."""
    end = stock.vfs_end or flash_size
    if end > flash_size:
        raise ImageError("this MicroPython image needs a flash of %d MB, the board has %d MB" % (
            -(-end // MIB), flash_size // MIB))
    if end - stock.vfs_offset < 64 * 1024:
        raise ImageError("the flash of %d MB leaves no room for a file system behind this MicroPython image" % (
            flash_size // MIB))
    return stock.vfs_offset, end - stock.vfs_offset


def parse_flash_size(text):
    """Bytes of "4MB", "8MB", "16MB" … as esptool writes them; raises ImageError."""
    match = re.fullmatch(r"(\d{1,3})MB", text.strip().upper())
    size = int(match.group(1)) if match else 0
    if size not in (2, 4, 8, 16, 32, 64, 128):
        raise ImageError("flash size %r is not one of 2MB, 4MB, 8MB, 16MB, 32MB, 64MB, 128MB" % text)
    return size * MIB
