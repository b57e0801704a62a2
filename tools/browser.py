"""A Chromium without a window, for the tests of the page: Debian's, in a private copy with all its libraries and a typeface.

Its other processes are started through the loader too, so nothing of it depends on the libraries of this PC.
"""

import os
import platform
import stat

from tools import runtime
from tools.private_apt import AptError, AptUnreachable, PrivateApt

_PACKAGES = tuple("""
    chromium-headless-shell chromium-common fonts-inter fonts-dejavu-core fonts-dejavu-mono
    libasound2t64 libasyncns0 libatk1.0-0t64 libatomic1 libatspi2.0-0t64 libblkid1 libbrotli1 libbsd0 libbz2-1.0 libc6 libcap2 libdav1d7
    libdbus-1-3 libdouble-conversion3 libdrm2 libexpat1 libffi8 libflac14 libfontconfig1 libfreetype6 libgbm1 libgcc-s1 libglib2.0-0t64
    libgraphite2-3 libharfbuzz-subset0 libharfbuzz0b libjpeg62-turbo libmd0 libminizip1t64 libmount1 libmp3lame0 libmpg123-0t64 libnspr4
    libnss3 libogg0 libopenh264-8 libopus0 libpcre2-8-0 libpng16-16t64 libpulse0 libselinux1 libsndfile1 libsqlite3-0 libstdc++6
    libsystemd0 libudev1 libvorbis0a libvorbisenc2 libx11-6 libx11-xcb1 libxau6 libxcb1 libxcomposite1 libxdamage1 libxdmcp6 libxext6
    libxfixes3 libxi6 libxkbcommon0 libxml2 libxnvctrl0 libxrandr2 libxrender1 libzstd1 zlib1g
""".split())

_SCRIPT = """#!/bin/sh
here={folder}
libraries=$here/usr/lib/x86_64-linux-gnu
export FONTCONFIG_FILE=$here/fonts.conf
exec "$here/usr/lib/chromium/loader" --library-path "$libraries:$libraries/pulseaudio" \\
  "$here/usr/lib/chromium/chromium-headless-shell" --browser-subprocess-path="$0" "$@"
"""
_FONTS = """<?xml version="1.0"?>
<fontconfig>
<dir>{folder}/usr/share/fonts</dir>
<cachedir>{folder}/fonts-cache</cachedir>
<alias><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
<alias><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
<alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


def headless():
    """The program to start as a browser. Raises runtime.RuntimeMissing, RuntimeUnreachable where it cannot be had."""
    if platform.machine() not in ("x86_64", "AMD64"):
        raise runtime.RuntimeUnreachable(f"the private Chromium is for x86-64 PCs, this is {platform.machine()}")
    target = runtime.CACHE / "chromium"

    def fill(folder):
        print(f"fetching Chromium from the Debian archive into {runtime.CACHE} (once, 100 MB)", flush=True)
        PrivateApt(runtime.CACHE / "apt").unpack(_PACKAGES, folder)
        # Chromium looks for its data beside the program that runs, and that is the loader.
        loader = folder / "usr/lib/chromium/loader"
        loader.write_bytes((folder / "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2").read_bytes())
        script = folder / "chromium"
        script.write_text(_SCRIPT.format(folder=target.resolve()))
        for path in (loader, script):
            path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        (folder / "fonts.conf").write_text(_FONTS.format(folder=target.resolve()))

    try:
        return os.fspath(runtime.kept("chromium", [_PACKAGES, _SCRIPT, _FONTS, str(target.resolve())], fill) / "chromium")
    except AptError as error:
        kind = runtime.RuntimeUnreachable if isinstance(error, AptUnreachable) else runtime.RuntimeMissing
        raise kind(f"Chromium cannot be fetched: {error}") from None
