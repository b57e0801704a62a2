"""A board for tests of deploy and configure, run by the real MicroPython of a PC on a pseudo-terminal of its own.

Mounts a littlefs image as /, runs /main.py if it is there until the host interrupts it, then speaks the raw REPL as
MicroPython's shared/runtime/pyexec.c does. The watchdog re-arms as on an ESP32; a reset ends the program,
leaving the flash in the image file.

    micropython raw_repl.py IMAGE WRITES      the power fails after so many writes to the flash; -1: never
"""

import builtins
import io
import os
import sys
import vfs

_BLOCK = 4096
_WINDOW = 128  # of raw paste, as on the ESP32


class Flash:
    def __init__(self, path, writes):
        self.file = open(path, "r+b")
        self.writes = 0
        self.last = writes
        self.blocks = self.file.seek(0, 2) // _BLOCK

    def readblocks(self, n, buf, offset=0):
        self.file.seek(n * _BLOCK + offset)
        self.file.readinto(buf)

    def writeblocks(self, n, buf, offset=0):
        if self.writes == self.last:
            raise SystemExit
        self.writes += 1
        self.file.seek(n * _BLOCK + offset)
        self.file.write(buf)
        self.file.flush()

    def ioctl(self, op, arg):
        if op == 4:
            return self.blocks
        if op == 5:
            return _BLOCK
        if op == 6:
            self.writeblocks(arg, b"\xff" * _BLOCK)
        return 0


class machine:
    watchdog = None

    @staticmethod
    def WDT(timeout):
        machine.watchdog = timeout

    @staticmethod
    def reset():
        say("reset with watchdog %r after %d writes\r\n" % (machine.watchdog, flash.writes))
        raise SystemExit


def say(text):
    sys.stdout.write(text)


def execute(code, space):
    """Run one command; returns the traceback, '' when there was none."""
    try:
        exec(code, space)
        return ""
    except (Exception, KeyboardInterrupt) as error:
        text = io.StringIO()
        sys.print_exception(error, text)
        return text.getvalue().replace("\n", "\r\n")


def friendly():
    """The prompt >>>: waits for the host to ask for the raw REPL."""
    say("\r\nMicroPython\r\n>>> ")
    while sys.stdin.buffer.read(1) != b"\x01":
        pass


def paste():
    """A command that comes window by window: pyexec.c, do_reader_stdin."""
    say("%c%c\x01" % (_WINDOW & 0xFF, _WINDOW >> 8))
    code = bytearray()
    while True:
        byte = sys.stdin.buffer.read(1)
        if byte == b"\x04":
            say("\x04")
            return code
        code.extend(byte)
        if not len(code) % _WINDOW:
            say("\x01")


def raw(space):
    """The raw REPL until Ctrl-B."""
    say("raw REPL; CTRL-B to exit\r\n>")
    code = bytearray()
    while True:
        byte = sys.stdin.buffer.read(1)
        if byte == b"\x02":
            return
        if byte == b"\x01" and code == b"\x05A":
            say("R\x01")
            say("\x04" + execute(str(paste(), "utf-8"), space) + "\x04>")
            code = bytearray()
        elif byte == b"\x01":
            code = bytearray()
            say("raw REPL; CTRL-B to exit\r\n>")
        elif byte == b"\x03":
            code = bytearray()
        elif byte == b"\x04":
            say("OK")
            trouble = execute(str(code, "utf-8"), space)
            say("\x04" + trouble + "\x04>")
            code = bytearray()
        else:
            code.extend(byte)


flash = Flash(sys.argv[1], int(sys.argv[2]))
vfs.umount("/")
vfs.mount(vfs.VfsLfs2(flash), "/")
builtin_import = builtins.__import__
# As on a chip, where it is C code: there even after a program has cleared sys.modules.
builtins.__import__ = lambda name, *rest: machine if name == "machine" else builtin_import(name, *rest)
space = {}
try:
    source = open("/main.py").read()
except OSError:
    source = ""
say(execute(source, space))
# Debian's build takes Ctrl-C as a signal at any time; on a chip it interrupts commands alone.
while True:
    try:
        friendly()
        raw(space)
    except KeyboardInterrupt:
        pass
