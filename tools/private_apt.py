"""Debian packages into a folder of ours: without root, without touching the system, verified like any installation.

apt runs with its own state, cache, source list and an empty package database. The mirror is the one that this system uses, as found
in its apt sources; the packages come from Debian 13 (trixie), whose MicroPython is the oldest that Debian has in a usable age.
Their libraries need a newer C library than an older Debian has, so programs start through the unpacked loader.
"""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tools import process

SUITE = "trixie"
_DEBIAN_SUITES = re.compile(r"(bullseye|bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)(-updates)?")
_KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp")
_UPDATE_SECONDS = 300
_DOWNLOAD_SECONDS = 300
_UNPACK_SECONDS = 60
_LISTS_AGE = 24 * 3600


class AptError(RuntimeError):
    """The packages cannot be had; the message says why."""


class AptUnreachable(AptError):
    """This is no Debian, or its archive does not answer: nothing that a change here could mend."""


def _entries_of_list(text):
    """Yield (uri, suite) of the one-line format, sources.list(5)."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[[^]]*\]\s*)?(\S+)\s+(\S+)\s+(.*)", line)
        if match and "main" in match[3].split():
            yield match[1], match[2]


def _entries_of_deb822(text):
    """Yield (uri, suite) of the stanza format, sources.list(5)."""
    for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text)):
        fields = {key.lower(): value.split() for key, value in re.findall(r"(?m)^([\w-]+):((?:.|\n(?=[ \t]))*)", stanza)}
        if "deb" not in fields.get("types", ()) or "main" not in fields.get("components", ()) or fields.get("enabled") == ["no"]:
            continue
        for uri in fields.get("uris", ()):
            for suite in fields.get("suites", ()):
                yield uri, suite


def mirrors(etc="/etc/apt"):
    """Return the Debian mirrors that this system's apt sources name, the likeliest first. Other vendors' archives and security ones are left out."""
    etc = Path(etc)
    found = []
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        read = {".list": _entries_of_list, ".sources": _entries_of_deb822}.get(path.suffix)
        if read is None or not path.is_file():
            continue
        with contextlib.suppress(OSError):
            for uri, suite in read(path.read_text(errors="replace")):
                uri = uri.rstrip("/")
                if _DEBIAN_SUITES.fullmatch(suite) and uri not in found:
                    found.append(uri)
    return sorted(found, key=lambda uri: not uri.endswith("/debian"))


class PrivateApt:
    """apt in a folder of its own. One process at a time may use a folder: the caller holds a lock."""

    def __init__(self, folder, architectures=("amd64", "i386"), etc="/etc/apt"):
        self.folder = Path(folder).absolute()
        self._architectures = architectures
        self._etc = etc

    def _configure(self, mirror, keyring):
        for name in ("state/lists/partial", "cache/archives/partial", "empty.d"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name in ("status", "empty"):
            (self.folder / name).touch()
        options = f"arch={','.join(self._architectures)} target=Packages signed-by={keyring}"
        (self.folder / "sources.list").write_text(f"deb [{options}] {mirror} {SUITE} main\n")
        architectures = "".join(f'"{name}";' for name in self._architectures)
        # The system's own configuration stays in force for proxies and certificates; what it hooks on to an update must not run.
        (self.folder / "apt.conf").write_text(
            f'Dir::State "{self.folder}/state";\n'
            f'Dir::State::status "{self.folder}/status";\n'
            f'Dir::Cache "{self.folder}/cache";\n'
            f'Dir::Etc::sourcelist "{self.folder}/sources.list";\n'
            f'Dir::Etc::sourceparts "{self.folder}/empty.d";\n'
            f'Dir::Etc::preferences "{self.folder}/empty";\n'
            f'Dir::Etc::preferencesparts "{self.folder}/empty.d";\n'
            f'APT::Architecture "{self._architectures[0]}";\n'
            f"#clear APT::Architectures;\nAPT::Architectures {{{architectures}}};\n"
            'APT::Default-Release "";\n'
            f'APT::Sandbox::User "";\n'
            "#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n"
            'Acquire::Languages "none";\nAcquire::GzipIndexes "true";\n'
            'Acquire::Retries "2";\nAcquire::http::Timeout "20";\nAcquire::https::Timeout "20";\n'
        )

    def _apt(self, *words, seconds, cwd=None):
        argv = ["apt-get", "-q", "-c", str(self.folder / "apt.conf"), *words]
        try:
            done = process.run(argv, seconds, cwd=cwd or self.folder, env={**os.environ, "LC_ALL": "C"})
        except subprocess.TimeoutExpired:
            raise AptUnreachable(f"apt-get {words[0]} took more than {seconds} s") from None
        errors = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith(("E:", "Err:"))]
        # apt-get update reports an unreachable mirror as a warning and ends well.
        failed = [line for line in done.stderr.splitlines() if line.startswith("W: Failed to fetch")]
        if done.returncode or failed:
            kind = AptUnreachable if failed or "Failed to fetch" in done.stderr else AptError
            raise kind((errors or failed or [done.stderr.strip() or f"apt-get {words[0]} ended with {done.returncode}"])[-1])

    def _lists_are_fresh(self, mirror):
        stamp = self.folder / "updated"
        try:
            return stamp.read_text() == mirror and 0 <= time.time() - stamp.stat().st_mtime < _LISTS_AGE
        except OSError:
            return False

    def _download(self, mirror, keyring, packages, folder):
        self._configure(mirror, keyring)
        stamp = self.folder / "updated"
        if self._lists_are_fresh(mirror):
            # A package may have been replaced on the mirror since: then the lists are read anew, below.
            with contextlib.suppress(AptError):
                return self._apt("download", *packages, seconds=_DOWNLOAD_SECONDS, cwd=folder)
        stamp.unlink(missing_ok=True)
        self._apt("update", seconds=_UPDATE_SECONDS)
        stamp.write_text(mirror)
        self._apt("download", *packages, seconds=_DOWNLOAD_SECONDS, cwd=folder)

    def unpack(self, packages, dest):
        """Download `packages` (names, with ":i386" where it is not the first architecture) and unpack them into the folder `dest`.

        Raises AptError when this is no Debian, or no mirror gives them.
        """
        keyring = next((path for path in _KEYRINGS if os.path.exists(path)), None)
        if not shutil.which("apt-get") or not shutil.which("dpkg") or keyring is None:
            raise AptUnreachable("this is no Debian: it needs apt-get, dpkg and the package debian-archive-keyring")
        problem = AptUnreachable("the apt sources of this system name no Debian mirror")
        self.folder.mkdir(parents=True, exist_ok=True)
        for mirror in mirrors(self._etc):
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                try:
                    self._download(mirror, keyring, packages, folder)
                except AptError as error:
                    problem = error
                    continue
                for deb in sorted(Path(folder).glob("*.deb")):
                    done = process.run(["dpkg", "-x", str(deb), str(dest)], _UNPACK_SECONDS)
                    if done.returncode:
                        raise AptError(f"cannot unpack {deb.name}: {done.stderr.strip()}")
                return
        raise problem
