"""An MQTT broker of our own for as long as it is needed: mosquitto, else amqtt from the virtual environment, on a loopback port.

    with Broker(folder) as broker:
        connect("127.0.0.1", broker.port)
"""

import contextlib
import os
import socket
import sys
import time
from pathlib import Path

from tools import runtime
from tools.process import Child

HOST = "127.0.0.1"
_UP_SECONDS = 15


class BrokerError(RuntimeError):
    """The broker does not come up; the message says why."""


def free_port():
    """Return a loopback port that nobody uses at the moment."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]


class Broker:
    """A broker without authentication that only this PC can reach. `port` stays the same over stop() and start()."""

    def __init__(self, folder, port=None):
        """Prepare it; its configuration and its log go to `folder`. start() is needed."""
        self.folder = Path(folder)
        self.port = port or free_port()
        self.log = self.folder / "broker.log"
        self.name = None
        self._child = None

    def start(self):
        """Start it and wait until it answers; raises BrokerError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            argv, self.name = self._mosquitto(runtime.mosquitto()), "mosquitto"
        except runtime.RuntimeMissing:
            argv, self.name = self._amqtt(), "amqtt"
        with self.log.open("ab") as log:
            self._child = Child(argv, log=log)
        deadline = time.monotonic() + _UP_SECONDS
        while not self._answers():
            if not self._child.running() or time.monotonic() > deadline:
                self.stop()
                raise BrokerError(f"{self.name} does not come up on port {self.port}: see {self.log}")
            time.sleep(0.05)

    def stop(self):
        """End it; connected clients see the connection break."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def _mosquitto(self, program):
        config = self.folder / "mosquitto.conf"
        lines = [f"listener {self.port} {HOST}", "allow_anonymous true", "persistence false", "log_dest stdout"]
        if os.geteuid() == 0:
            lines.append("user root")  # else it changes to a user "mosquitto", which this PC need not have
        config.write_text("\n".join(lines) + "\n")
        return [*program, "-c", str(config)]

    def _amqtt(self):
        config = self.folder / "amqtt.yaml"
        config.write_text(
            f"listeners:\n  default:\n    type: tcp\n    bind: {HOST}:{self.port}\n"
            "plugins:\n  amqtt.plugins.authentication.AnonymousAuthPlugin:\n    allow_anonymous: true\n"
        )
        return [str(Path(sys.executable).with_name("amqtt")), "-c", str(config)]

    def _answers(self):
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
            return True
        return False
