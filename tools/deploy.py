"""The present source onto a board that already runs MicroPython: only the files that changed, then a restart.

Ours on the board are boot.py, main.py, firmware/, www/ and our packages in lib/. Everything else there (settings, records,
packages that the user put into lib/) is left alone.

    python -m tools.deploy --port /dev/ttyUSB0
"""

import argparse
import contextlib
import hashlib
import sys

from tools import remote, stage


def owned(names):
    """The paths on a board that are ours to replace and to remove, given the names of all staged files."""
    packages = {name.split("/")[1].replace(".py", ".mpy") for name in names if name.startswith("lib/")}
    # The names that a copy cut off would have left in the root.
    leftovers = ["/%s.new" % name for name in stage.TOP_FILES]
    return ["/" + name for name in stage.TOP_FILES] + leftovers + ["/firmware", "/www"] + sorted("/lib/" + name for name in packages)


def plan(staged, on_board):
    """([paths to copy], [paths to remove]) that make the board's {path: SHA-256} equal to the staged one."""
    changed = [path for path, digest in sorted(staged.items()) if on_board.get(path) != digest]
    return changed, sorted(set(on_board) - set(staged))


def deploy(board, build=None, say=print):
    """Bring the remote.Board up to date and restart it; returns (paths copied, paths removed).

    `build` is the directory for the staged tree (build/device). Raises remote.RemoteError, stage.StageError, OSError; the
    board then runs on with what it had, unless it could not be reached any more.
    """
    build = build or stage.ROOT / "build" / "device"
    found = board.look(owned(stage.sources()))
    try:
        directory = build / found.arch
        names = stage.stage(directory, found.arch)
        local = {"/" + name: directory / name for name in names}
        staged = {path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in local.items()}
        changed, stale = plan(staged, found.files)
        say("MicroPython %d.%d, %s: %d of %d files to copy, %d to remove" % (
            *found.version, found.arch, len(changed), len(staged), len(stale)))
        for path in changed:
            say("  %6d %s" % (local[path].stat().st_size, path))
        for path in stale:
            say("  remove %s" % path)
        if changed or stale:
            board.replace({path: local[path] for path in changed}, stale, found.free)
    except BaseException:
        # The first error is the one to report, and a board that cannot be reached restarts by its watchdog.
        with contextlib.suppress(remote.RemoteError):
            board.restart()
        raise
    board.restart()
    return changed, stale


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.deploy", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", help="serial port of the board")
    args = parser.parse_args(argv)
    try:
        deploy(remote.open_board(args.port, "make deploy PORT=/dev/ttyUSB0"))
    except (remote.RemoteError, stage.StageError, OSError) as error:
        print("deploy: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndeploy: stopped; the board restarts by itself within 10 minutes, or press its EN button", file=sys.stderr)
        return 130
    print("Done; the board starts anew. What it says: make console PORT=%s" % args.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
