"""A board on a serial port, by way of mpremote: look at its files, replace some so that each stays whole, restart it.

The firmware may be running, with its watchdog armed. So the first thing on every visit is to interrupt it and to widen the
watchdog (making a WDT again re-arms it with the new time, on the ESP32): a copy that is cut off leaves a board that restarts
by itself. No soft reset: it would run boot.py and leave the watchdog as it was.
"""

import ast
import collections
import hashlib
import subprocess
import sys

from tools import chips, flash

WATCHDOG_MS = 600000
_LOOK_DEADLINE_S = 40
_COPY_BYTES_PER_S = 1000  # a third of what mpremote reaches at 115200 baud
_ATTEMPTS = 3
_SUFFIX = ".new"
_BLOCK = 4096
_NATIVE_ARCHES = {1: "x86", 2: "x64", 10: "xtensawin", 11: "rv32imc"}  # MicroPython py/persistentcode.h

# What a board is and holds: one line of facts, then a line a file. `roots` are the files and directories to look at.
_LOOK = """
import gc, machine, os, sys, hashlib
machine.WDT(timeout=%d)
gc.collect()
def look(path, kind):
 if kind & 0x4000:
  for entry in os.ilistdir(path):
   look(path + '/' + entry[0], entry[1])
  return
 digest = hashlib.sha256()
 with open(path, 'rb') as file:
  while True:
   piece = file.read(512)
   if not piece:
    break
   digest.update(piece)
 print((path, digest.digest().hex()))
fs = os.statvfs('/')
print((tuple(sys.implementation.version[:2]), sys.implementation._mpy >> 10 & 15, fs[0] * fs[4]))
for root in %r:
 try:
  kind = os.stat(root)[0]
 except OSError:
  continue
 look(root, kind)
print('end')
"""

_MAKE_DIRECTORIES = """
import os
for path in %r:
 try:
  os.mkdir(path)
 except OSError as error:
  if error.errno != 17:
   raise
"""

# Everything was copied under another name: verify it all, and only then put it in place.
_REPLACE = """
import os, hashlib
def check(path, wanted):
 digest = hashlib.sha256()
 with open(path, 'rb') as file:
  while True:
   piece = file.read(512)
   if not piece:
    break
   digest.update(piece)
 if digest.digest().hex() != wanted:
  raise OSError(path + ' was damaged on the way')
fresh = %r
for path, wanted in fresh:
 check(path + %r, wanted)
for path, wanted in fresh:
 os.rename(path + %r, path)
for path in %r:
 os.remove(path)
 while path.count('/') > 2:
  path = path[:path.rindex('/')]
  try:
   os.rmdir(path)
  except OSError:
   break
print('replaced')
"""

_READ = """
try:
 with open(%r, 'rb') as file:
  print('whole', file.read().hex())
except OSError:
 print('none')
"""

Look = collections.namedtuple("Look", "version arch free files")
Look.__doc__ = """What a board is: MicroPython (major, minor), arch for tools.stage, free bytes; and {path: SHA-256 in hex}."""


class RemoteError(Exception):
    """The board does not answer or refuses; the text says what to do."""


class Board:
    """The board on the serial port `port`; `run` takes the place of subprocess.run in tests."""

    def __init__(self, port, run=subprocess.run):
        self.port = port
        self._run = run

    def look(self, roots=()):
        """Interrupt what runs, widen the watchdog and return a Look with the files under `roots` (absolute paths)."""
        lines = self._exec(_LOOK % (WATCHDOG_MS, tuple(roots))).split("\n")
        try:
            if lines[-1] != "end":
                raise ValueError
            version, arch, free = ast.literal_eval(lines[0])
            files = dict(ast.literal_eval(line) for line in lines[1:-1])
        except (ValueError, SyntaxError):
            raise RemoteError("the board on %s gave an answer that makes no sense; press its EN button and repeat"
                              % self.port) from None
        if version < chips.OLDEST:
            raise RemoteError("the board on %s has MicroPython %d.%d; %d.%d or newer is needed: make flash" % (
                self.port, *version, *chips.OLDEST))
        if arch not in _NATIVE_ARCHES:
            raise RemoteError("the processor of the board on %s is not known (%d)" % (self.port, arch))
        return Look(version, _NATIVE_ARCHES[arch], free, files)

    def read(self, path):
        """The bytes of a file on the board, None when it is not there."""
        word, _, rest = self._exec(_READ % path).partition(" ")
        return bytes.fromhex(rest) if word == "whole" else None

    def replace(self, files, stale=(), free=None):
        """Put `files` ({path on the board: file on the PC}) in place and remove the paths `stale`.

        Each file is copied beside its place, all are verified, then renamed: a cut in the middle leaves old or new, never
        half a file. `free` (bytes) refuses what cannot fit.
        """
        data = {path: local.read_bytes() for path, local in files.items()}
        need = sum(-(-len(content) // _BLOCK) * _BLOCK for content in data.values())
        if free is not None and need > free:
            raise RemoteError("the board's file system has %d KiB free and %d KiB are needed: remove files of your own "
                              "from it, or flash it anew" % (free // 1024, need // 1024))
        words = ["exec", _MAKE_DIRECTORIES % (_parents(files),)]
        for path, local in files.items():
            words += ["+", "fs", "cp", str(local), ":" + path + _SUFFIX]
        fresh = tuple((path, hashlib.sha256(content).hexdigest()) for path, content in data.items())
        words += ["+", "exec", _REPLACE % (fresh, _SUFFIX, _SUFFIX, tuple(stale))]
        said = self._mpremote(words, _LOOK_DEADLINE_S + need // _COPY_BYTES_PER_S)
        if not said.endswith("replaced"):
            raise RemoteError("the board on %s did not confirm the files; repeat" % self.port)

    def restart(self):
        """Reset the board: the firmware starts anew, the watchdog with it."""
        self._mpremote(["reset"], _LOOK_DEADLINE_S)

    def _exec(self, code):
        # The interrupt can come at a moment when the firmware cannot take it, in the midst of a TLS handshake for one.
        for attempt in range(_ATTEMPTS):
            try:
                return self._mpremote(["exec", code], _LOOK_DEADLINE_S)
            except RemoteError as error:
                if attempt + 1 == _ATTEMPTS or not isinstance(error, _Silent):
                    raise

    def _mpremote(self, words, deadline_s):
        # -u: mpremote writes its own words and the board's through two doors; only unbuffered do they keep their order.
        command = [sys.executable, "-u", "-m", "mpremote", "connect", self.port, "resume", *words]
        try:
            done = self._run(command, capture_output=True, timeout=deadline_s)
        except subprocess.TimeoutExpired:
            raise RemoteError("the board on %s did not answer within %d s: press its EN button and repeat" % (
                self.port, deadline_s)) from None
        said = done.stdout.decode("utf-8", "replace").replace("\r\n", "\n").strip()
        if done.returncode:
            raise _explain(said + "\n" + done.stderr.decode("utf-8", "replace"), self.port)
        return said


class _Silent(RemoteError):
    """The board gave no prompt: worth another attempt."""


def open_board(port, example, run=subprocess.run):
    """The Board on `port`; raises RemoteError with the sentence for a missing PORT or a port that is not there."""
    try:
        flash.need_port(port, example)
    except flash.FlashError as error:
        raise RemoteError(str(error)) from None
    return Board(port, run)


def _parents(paths):
    """The directories above the paths, the outer ones first."""
    found = set()
    for path in paths:
        while path.count("/") > 1:
            path = path[:path.rindex("/")]
            found.add(path)
    return tuple(sorted(found))


def _explain(said, port):
    """The RemoteError for what mpremote said when it failed."""
    if "failed to access" in said:
        return RemoteError("%s cannot be opened: it is used by another program (a console?), is not a serial port, or you "
                           "lack the permission (group dialout on Debian)" % port)
    if "could not enter raw repl" in said:
        return _Silent("the board on %s gives no MicroPython prompt: press its EN button and repeat; if it never had "
                       "MicroPython, make flash first" % port)
    if "Input/output error" in said or "Device not configured" in said or "returned no data" in said:
        return RemoteError("the board on %s went away: is the cable loose? Plug it in and repeat" % port)
    if "ENOSPC" in said or "Errno 28" in said:
        return RemoteError("the board's file system is full: remove files of your own from it, or flash it anew")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return RemoteError("mpremote failed on %s: %s" % (port, lines[-1] if lines else "without saying why"))
