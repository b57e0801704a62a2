"""An MQTT broker of our own for as long as it is needed: mosquitto, else amqtt from the virtual environment, on a loopback port.

    with Broker(folder) as broker:
        connect("127.0.0.1", broker.port)

With TLS beside it (mosquitto alone can do that), of certificates such as tools/certificates.py makes:

    broker = Broker(folder)
    port = broker.add_tls(certificate, key)
"""

import contextlib
import os
import socket
import sys
import time
from pathlib import Path

from tools import ports, runtime
from tools.process import Child

HOST = ports.HOST
_UP_SECONDS = 15


class BrokerError(RuntimeError):
    """The broker does not come up; the message says why."""


class Broker:
    """A broker without authentication that only this PC can reach. `port` stays the same over stop() and start()."""

    def __init__(self, folder, port=None):
        """Prepare it; its configuration and its log go to `folder`. start() is needed."""
        self.folder = Path(folder)
        self.port = port or ports.reserve(self)
        self.log = self.folder / "broker.log"
        self.name = None
        self._child = None
        self._tls = []
        self._environment = None

    def add_tls(self, certificate, key, client_authority=None):
        """Listen with TLS too, from the next start on; all are PEM. Returns the port. client_authority: who signs the certificate
        that a client then has to show."""
        port = ports.reserve(self)
        files = {"certfile": certificate, "keyfile": key}
        if client_authority is not None:
            files["cafile"] = client_authority
        self._tls.append((port, files))
        return port

    def keep_to_tls_1_2(self):
        """From the next start on: what a chip's TLS does, which does not know 1.3."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "openssl.cnf"
        # The signatures: Debian's Mbed TLS offers PSS and then refuses it in 1.2.
        path.write_text(
            "openssl_conf = first\n[first]\nssl_conf = second\n[second]\nsystem_default = third\n"
            "[third]\nMaxProtocol = TLSv1.2\nSignatureAlgorithms = ECDSA+SHA256:ECDSA+SHA384:RSA+SHA256:RSA+SHA384\n"
        )
        self._environment = {**os.environ, "OPENSSL_CONF": str(path)}

    def start(self):
        """Start it and wait until it answers; raises BrokerError, with TLS RuntimeMissing where there is no mosquitto."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            argv, self.name = self._mosquitto(runtime.mosquitto()), "mosquitto"
        except runtime.RuntimeMissing:
            if self._tls:
                raise
            argv, self.name = self._amqtt(), "amqtt"
        with self.log.open("ab") as log:
            self._child = Child(argv, log=log, env=self._environment)
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
        for port, files in self._tls:
            lines.append(f"listener {port} {HOST}")
            for word, data in files.items():
                path = self.folder / f"{port}.{word}"
                path.write_bytes(data)
                path.chmod(0o600)
                lines.append(f"{word} {path}")
            if "cafile" in files:
                lines.append("require_certificate true")
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
