"""Make the virtual environment that everything else runs in, with whatever Python 3.11 and Debian offer; without root.

A full Python makes it in one step. Debian's Python lacks ensurepip until python3-venv is installed: then pip comes from an installed
python3-pip, or out of Debian's package python3-pip-whl, unpacked privately. Only the standard library is used here.

    python3 -m tools.venv .venv requirements.txt
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.private_apt import AptError, PrivateApt
from tools.runtime import CACHE, locked

_OLDEST = (3, 11)


def _pip():
    """Return the argv of a pip that can install into another environment (--python), or None."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    target = CACHE / "pip"
    if not list(target.glob("**/pip-*.whl")):
        try:
            CACHE.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                PrivateApt(CACHE / "apt").unpack(["python3-pip-whl"], folder)
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(folder, target)
        except AptError as error:
            print(f"venv: pip cannot be fetched either: {error}", file=sys.stderr)
            return None
    wheel = next(target.glob("**/pip-*.whl"))
    return [sys.executable, str(wheel / "pip")]


def make(folder, requirements):
    """Make the environment `folder` and install the file `requirements` into it; return the exit status."""
    if sys.version_info < _OLDEST:
        print(f"venv: this is Python {sys.version.split()[0]}, {_OLDEST[0]}.{_OLDEST[1]} or newer is needed", file=sys.stderr)
        return 1
    complete = importlib.util.find_spec("ensurepip") is not None
    argv = [sys.executable, "-m", "venv", *([] if complete else ["--without-pip"]), str(folder)]
    if subprocess.run(argv).returncode:
        return 1
    python = Path(folder) / "bin/python"
    if not complete:
        pip = _pip()
        if pip is None:
            print("venv: Python has no ensurepip; as root: apt install python3-venv", file=sys.stderr)
            return 1
        # pip goes in too: fetching umqtt.simple asks for it later.
        if subprocess.run([*pip, "--python", str(python), "install", "--quiet", "pip"]).returncode:
            return 1
    return subprocess.run(
        [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--requirement", str(requirements)]
    ).returncode


if __name__ == "__main__":
    with locked("venv"):
        sys.exit(make(*sys.argv[1:3]))
