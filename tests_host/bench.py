"""A PC board on the bench: scripts run on it under real MicroPython, and the other end of the meter's wire is in our hands."""

import json
import os
import pty
import tty

from tools import pcboard

P1 = {"baud": 115200, "bits": 8, "parity": None, "stop": 1, "inverted": True}
MBUS = {"baud": 2400, "bits": 8, "parity": 0, "stop": 1, "inverted": False}
MBUS_8N1 = {**MBUS, "parity": None}
HAN = "from machine import UART\nu = UART(2, rx=35, tx=33, {})\n"


class Bench:
    """A PC board with a wire whose other end is in our hands."""

    def __init__(self, board, line):
        self.board = board
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        board.uart.symlink_to(os.ttyname(self.slave))
        if line is not None:
            board.line.write_text(json.dumps(line))

    def start(self, program, cause=pcboard.POWER_ON):
        script = self.board.folder / "script.py"
        script.write_text(program)
        return self.board.start(cause, script)

    def run(self, program, cause=pcboard.POWER_ON):
        """Run a program to its end; return (output, exit status)."""
        child = self.start(program, cause)
        text = child.output.read().decode()
        return text, child.process.wait(10)

    def talk(self, program, data):
        """Run a program that says "ready", send `data`, return what it says after that."""
        child = self.start(program)
        first = child.output.readline()
        assert first == b"ready\n", first + child.output.read()
        os.write(self.master, data)
        text = child.output.read().decode()
        child.stop()
        return text

    def heard(self, settings, data):
        """What a UART with the given settings reads of `data`."""
        program = HAN.format(settings) + "import time\nprint('ready')\ntime.sleep_ms(300)\nprint(''.join('%02x' % n for n in u.read() or b''))\n"
        return bytes.fromhex(self.talk(program, data).strip())

    def close(self):
        """Take the wire away."""
        os.close(self.master)
        os.close(self.slave)
