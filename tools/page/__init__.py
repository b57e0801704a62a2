"""What the dongle's page is made of, packed as the chip serves it: one self-contained file, the policy that lets nothing else
run in it, and the API's description."""

import base64
import functools
import hashlib
import json
import re
from pathlib import Path

import zopfli.gzip

from tools import npm
from tools.page import bundle

HERE = Path(__file__).resolve().parent


def files(folder=HERE):
    """{path on the device: bytes}; the same input gives the same octets. Raises bundle.PageError, runtime.RuntimeMissing."""
    page = bundle.html(folder, npm.package("uplot"))
    description = json.dumps(json.loads((folder / "openapi.json").read_text()), separators=(",", ":"))
    return {
        "www/index.html.gz": _packed(page),
        "www/index.csp": policy(page).encode(),
        "www/openapi.json.gz": _packed(description),
    }


@functools.lru_cache(8)
def _packed(text):
    """What every browser unpacks, and a twentieth smaller than gzip makes it."""
    return zopfli.gzip.compress(text.encode())


def policy(page):
    """The Content-Security-Policy of a page: its own inline scripts and styles by their hashes, its own server, nothing else."""
    sources = {}
    for kind in ("script", "style"):
        parts = re.findall(rf"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in parts]
        sources[kind] = " ".join(["'self'", *(f"'sha256-{each}'" for each in hashes)])
    return (f"default-src 'self'; script-src {sources['script']}; style-src {sources['style']}; img-src 'self' data:; "
            "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'")
