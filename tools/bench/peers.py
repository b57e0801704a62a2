"""Octets a second under CPython, beside the parsers that people use today, on the same captures in one run.

The captures, the loop and the peers' adapters stand in a folder of their own, ../shared/peers; ours is tools/peer.py. Each peer runs in a
process of its own, in an environment of their own, for all of them bring packages that nothing else here needs. They take turns, and
speeds are scaled to a loop that is timed around each, so that a machine that slows down does so for all.
"""

import json
import os
import statistics
import subprocess
from pathlib import Path

from tools import process, runtime, venv
from tools.bench.trees import BenchError

FOLDER = Path(os.environ.get("HAMN_PEERS", runtime.ROOT.parent / "shared" / "peers"))
REQUIREMENTS = runtime.ROOT / "requirements-oracles.txt"
ENVIRONMENT = runtime.CACHE / "oracles-venv"

OURS = "hamn"
PEERS = {OURS: "tools.peer:Hamn", "amshan": "amshan", "dsmr-parser": "dsmr_parser", "gurux-dlms": "gurux"}
SETS = {
    "aidon_no_mix": "Aidon, Norway",
    "aidon_se": "Aidon, Sweden",
    "kaifa_no_capture": "Kaifa, Norway",
    "kaifa_se_l2": "Kaifa, Sweden",
    "kamstrup_no_mix": "Kamstrup, Norway",
    "kamstrup_no_l2_3p": "Kamstrup, hourly list",
    "p1_se_mix": "P1, Sweden",
    "p1_nl_v5": "P1, Netherlands",
    "p1_be_fluvius": "P1, Belgium",
}
ROUNDS = 3

_SECONDS = "0.1"  # a set and a round
_RUN_SECONDS = 120


def missing():
    """What stands in the way of the comparison, in words; "" where nothing does."""
    if not (FOLDER / "bench.py").exists():
        return "the peers' adapters (../shared/peers) are not here"
    if not REQUIREMENTS.exists():
        return f"{REQUIREMENTS.name} is not here"
    made = ENVIRONMENT / "made-from"
    wanted = REQUIREMENTS.read_text()
    with runtime.locked("venv"):
        if not made.exists() or made.read_text() != wanted:
            if venv.make(ENVIRONMENT, REQUIREMENTS):
                return "the peers cannot be installed"
            made.write_text(wanted)
    return ""


def measure(rounds=ROUNDS):
    """Return {set: {peer: octets a second}}, the median of the rounds, for those that read every telegram of the set. Raises BenchError."""
    seen = {name: {} for name in SETS}
    for _ in range(rounds):
        for peer, adapter in PEERS.items():
            for name, figures in _run(peer, adapter).items():
                if figures.get("readings_per_telegram", 0) >= 1:
                    seen[name].setdefault(peer, []).append(figures["bytes_s_norm"])
    for name, speeds in seen.items():
        if OURS not in speeds:
            raise BenchError(f"{SETS[name]}: our parser does not read all of it")
    return {name: {peer: round(statistics.median(values)) for peer, values in speeds.items()} for name, speeds in seen.items()}


def ratio(speeds):
    """(how many times as fast as the fastest other, its name), None where there is none."""
    others = {peer: speed for peer, speed in speeds.items() if peer != OURS}
    if not others:
        return None
    fastest = max(others, key=others.get)
    return round(speeds[OURS] / others[fastest], 2), fastest


def _run(peer, adapter):
    argv = [
        str(ENVIRONMENT / "bin/python"), "-B", "bench.py", "--peer", adapter, "--seconds", _SECONDS, "--repeat", "1", "--no-mem", "--json",
        "--sets", *SETS,
    ]
    try:
        done = process.run(argv, _RUN_SECONDS, cwd=FOLDER, env={**os.environ, "PYTHONPATH": str(runtime.ROOT)})
        # A peer may print complaints before it.
        return json.loads(done.stdout.splitlines()[-1])["sets"]
    except subprocess.TimeoutExpired:
        raise BenchError(f"{peer} took more than {_RUN_SECONDS} s") from None
    except (IndexError, KeyError, ValueError):
        words = done.stderr.strip().splitlines() or ["ended without a word"]
        raise BenchError(f"{peer}: {words[-1]}") from None
