"""A mosquitto that can be killed, and that knows passwords."""

import base64
import hashlib
import os

from tools.broker import Broker

_ROUNDS = 101  # as mosquitto_passwd does


class HouseBroker(Broker):
    """A Broker with `users`, {name: password}, from the next start on. Who names no user may still connect."""

    users = {}

    def kill(self):
        """End it without a last word to anybody."""
        self._child.process.kill()
        self.stop()

    def _mosquitto(self, program):
        argv = super()._mosquitto(program)
        if self.users:
            path = self.folder / "passwords"
            path.write_text("".join(f"{user}:{_hashed(password)}\n" for user, password in self.users.items()))
            path.chmod(0o600)
            with open(argv[-1], "a") as config:
                config.write(f"password_file {path}\n")
        return argv


def _hashed(password):
    """A password as mosquitto 2 keeps it: PBKDF2 with SHA-512."""
    salt = os.urandom(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return f"$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"
