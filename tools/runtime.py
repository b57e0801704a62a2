"""Programs that a PC needs to run the firmware: MicroPython in 32 and 64 bits, a broker, umqtt.simple. Fetched when first asked for.

On Debian-like PCs they come from the Debian archive into .cache/, without root (tools/private_apt.py); elsewhere `micropython` and
`mosquitto` are taken from the PATH. A finished folder appears under its name all at once, so a broken download is never used, and
two processes that want the same thing wait for each other.

    python -m tools.runtime micropython32 mosquitto     fetches, prints the command line of each
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools import process
from tools.private_apt import AptError, AptUnreachable, PrivateApt

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
OLDEST_MICROPYTHON = (1, 25)  # the PC board runs from VfsRom, which is new in 1.25

_LOCK_SECONDS = 900
_PIP_SECONDS = 180
_START_SECONDS = 20

_MICROPYTHON_PACKAGES = ("micropython", "libc6", "libffi8", "libmbedcrypto16", "libmbedtls21", "libmbedx509-7")
_MICROPYTHON = {  # bits: (Debian architecture, its library folder, its loader)
    32: ("i386", "i386-linux-gnu", "ld-linux.so.2"),
    64: ("amd64", "x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
}
_MOSQUITTO_PACKAGES = (
    "mosquitto", "libc6", "libcap2", "libdlt2", "libssl3t64", "libsystemd0", "libwebsockets19t64", "libwrap0", "zlib1g", "libzstd1",
)
_UMQTT = "micropython-umqtt.simple==1.3.4 --hash=sha256:b6a2520239e3992c63a7de9370ee9b3d9d27819a90359c521f1c0f7ccab8d12f\n"

# Printed by MicroPython itself: version and whether its small integers are those of a 64-bit build.
_PROBE = "import sys; v = sys.implementation.version; print(v[0], v[1], 64 if sys.maxsize > 2**31 else 32)"


class RuntimeMissing(RuntimeError):
    """A program that can neither be found nor fetched; the message says what was tried and what to do."""


class RuntimeUnreachable(RuntimeMissing):
    """The same, because this PC or its network has no source for it: nothing that a change here could mend."""


@contextlib.contextmanager
def locked(name, seconds=_LOCK_SECONDS):
    """Hold the lock `name` of the cache; RuntimeMissing when another process keeps it for more than `seconds`."""
    CACHE.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + seconds
    with open(CACHE / f"{name}.lock", "w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise RuntimeMissing(f"another process has been fetching for {seconds} s (it holds {file.name})") from None
                time.sleep(0.2)
        yield


def kept(name, recipe, fill):
    """Return the folder CACHE/name, filled by fill(folder) unless it is there already and was made from the same `recipe`."""
    target = CACHE / name
    stamp = hashlib.sha256(repr(recipe).encode()).hexdigest()
    with locked("fetch"):
        with contextlib.suppress(OSError):
            if (target / "made-from").read_text() == stamp:
                return target
        temporary = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=CACHE))
        try:
            fill(temporary)
            (temporary / "made-from").write_text(stamp)
            shutil.rmtree(target, ignore_errors=True)
            temporary.chmod(0o755)
            temporary.rename(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return target


def _say(text):
    print(text, file=sys.stderr, flush=True)


def _debian(name, packages, architecture, loader, program):
    """Fetch Debian packages as CACHE/name; return the argv that starts `program` out of them. Raises AptError."""
    if platform.machine() not in ("x86_64", "AMD64"):
        raise AptUnreachable(f"the private copy is for x86-64 PCs, this is {platform.machine()}")

    def fill(folder):
        _say(f"fetching {name} from the Debian archive into {CACHE} (once)")
        PrivateApt(CACHE / "apt").unpack([f"{package}:{architecture}" for package in packages], folder)

    folder = kept(name, packages, fill)
    libraries = folder / "usr/lib" / loader[0]
    return [str(libraries / loader[1]), "--library-path", str(libraries), str(folder / program)]


def _probe(argv):
    """Return ((major, minor), bits) of a MicroPython; RuntimeMissing when it does not start."""
    try:
        done = process.run([*argv, "-c", _PROBE], _START_SECONDS)
        major, minor, bits = (int(word) for word in done.stdout.split())
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise RuntimeMissing(f"{argv[-1]} does not start on this machine: {error}") from None
    return (major, minor), bits


def _kind(problem):
    return RuntimeUnreachable if isinstance(problem, AptUnreachable) else RuntimeMissing


def micropython(bits=32):
    """Return the command line prefix of a MicroPython with `bits` (32 or 64): append options and the script.

    Debian's 1.25 in a private copy, else `micropython` from the PATH if it is of that size and at least OLDEST_MICROPYTHON.
    Raises RuntimeMissing.
    """
    architecture, *loader = _MICROPYTHON[bits]
    try:
        argv = _debian(f"micropython{bits}", _MICROPYTHON_PACKAGES, architecture, loader, "usr/bin/micropython")
        _probe(argv)
        return argv
    except (AptError, RuntimeMissing) as error:
        problem = error
    installed = shutil.which("micropython")
    if installed is None:
        raise _kind(problem)(
            f"there is no {bits}-bit MicroPython: {problem}; and no program 'micropython' is on the PATH. "
            f"Install MicroPython {OLDEST_MICROPYTHON[0]}.{OLDEST_MICROPYTHON[1]} or newer (its unix port), or use Debian on x86-64."
        )
    version, actual = _probe([installed])
    if version < OLDEST_MICROPYTHON or actual != bits:
        raise RuntimeMissing(
            f"there is no {bits}-bit MicroPython: {problem}; and {installed} is {version[0]}.{version[1]} with {actual} bits"
        )
    return [installed]


def mosquitto():
    """Return the command line prefix of mosquitto 2: the installed one, else Debian's in a private copy. Raises RuntimeMissing."""
    # Debian puts it where the PATH of an ordinary user does not look.
    installed = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if installed:
        return [installed]
    try:
        return _debian("mosquitto", _MOSQUITTO_PACKAGES, "amd64", _MICROPYTHON[64][1:], "usr/sbin/mosquitto")
    except AptError as error:
        raise _kind(error)(f"mosquitto is not installed and cannot be fetched: {error}") from None


def umqtt():
    """Return the folder that holds umqtt/simple.py of micropython-umqtt.simple 1.3.4, out of the package index. Raises RuntimeMissing.

    pip downloads the file and checks its hash, then refuses it, since it carries no setup.py; --no-clean leaves it unpacked.
    """

    def fill(folder):
        _say(f"fetching micropython-umqtt.simple from the package index into {CACHE} (once)")
        (folder / "want.txt").write_text(_UMQTT)
        scratch = folder / "scratch"
        scratch.mkdir()
        argv = [
            sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--no-deps", "--no-clean",
            "--no-binary", ":all:", "--require-hashes", "--dest", str(scratch), "--requirement", str(folder / "want.txt"),
        ]
        try:
            done = process.run(argv, _PIP_SECONDS, env={**os.environ, "TMPDIR": str(scratch)})
        except subprocess.TimeoutExpired:
            raise RuntimeUnreachable(f"pip took more than {_PIP_SECONDS} s to download micropython-umqtt.simple") from None
        found = sorted(scratch.glob("*/*/umqtt/simple.py"))
        if not found:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            kind = RuntimeUnreachable if "No matching distribution" in done.stderr else RuntimeMissing
            raise kind("pip cannot download micropython-umqtt.simple 1.3.4: " + " ".join(lines[-3:]))
        (folder / "umqtt").mkdir()
        shutil.copyfile(found[0], folder / "umqtt/simple.py")
        shutil.rmtree(scratch)

    return kept("umqtt-1.3.4", _UMQTT, fill)


_WORDS = {
    "micropython32": lambda: micropython(32),
    "micropython64": lambda: micropython(64),
    "mosquitto": mosquitto,
    "umqtt": lambda: [str(umqtt())],
}


def main(arguments):
    """Fetch what is named, print the command line (or the folder) of each; return the exit status."""
    unknown = [word for word in arguments if word not in _WORDS]
    if unknown or not arguments:
        print(f"usage: python -m tools.runtime {{{','.join(_WORDS)}}} …", file=sys.stderr)
        return 2
    for word in arguments:
        try:
            print(*_WORDS[word]())
        except RuntimeMissing as error:
            print(f"runtime: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
