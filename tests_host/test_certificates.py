"""tools.certificates: what is put on a board works there, what would not is refused with the reason."""

import datetime
import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from serial_board import SerialBoard

from tools import certificates, remote, runtime
from tools.certificates import Authority, CertificateError, prepare


@pytest.fixture(scope="module")
def authority():
    return Authority()


@pytest.fixture
def files(authority, tmp_path):
    """write(name, bytes) gives a path; and a good set is there."""
    def write(name, data):
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)
    cert, key, _ = authority.issue(subject="dongle")
    write.ca, write.cert, write.key = write("ca.pem", authority.pem), write("client.pem", cert), write("client.key", key)
    return write


def der(pem):
    return x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)


def test_pem_and_der_arrive_as_pem(files, authority):
    wanted = {certificates.CA: authority.pem}
    assert prepare(files.ca) == wanted
    assert prepare(files("ca.der", der(authority.pem))) == wanted
    everything = prepare(files.ca, files.cert, files.key)
    assert list(everything) == [certificates.CA, certificates.CERT, certificates.KEY]
    key = serialization.load_pem_private_key(everything[certificates.KEY], None)
    raw = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    assert prepare(None, files("c.der", der(everything[certificates.CERT])), files("k.der", raw))[certificates.KEY] == everything[certificates.KEY]


def test_a_bundle_stays_whole(files, authority):
    both = authority.pem + Authority("Other").pem
    assert prepare(files("both.pem", b"a comment\n" + both))[certificates.CA] == both


def encrypted(password):
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(password))


def plain(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def test_what_would_not_work_is_refused(files, authority):
    server = files("server.pem", authority.issue(["broker.lan"])[0])
    other = files("other.key", authority.issue()[1])
    expired, expired_key, _ = authority.issue(days=(-9, -1))
    for arguments, words in (
        ((), "nothing to do"), ((files.ca, files.cert), "CERT and KEY go together"), ((None, None, files.key), "CERT and KEY go together"),
        (("/no/such/file",), "cannot be read: No such file"), ((files("x", b"rubbish"),), "holds no certificate"),
        ((files("y", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),), "holds no certificate"),
        ((server,), "not of an authority: take the one of CN=Test authority"), ((files.key,), "holds no certificate"),
        ((None, files.cert, other), "is not the one of the certificate"), ((None, files.cert, files.cert), "holds no private key"),
        ((None, files.cert, files("z", encrypted(b"geheim"))), "locked with a password"),
        ((None, files("old.pem", expired), files("old.key", expired_key)), "expired on"),
        ((None, files.cert, files("ed", plain(ed25519.Ed25519PrivateKey.generate()))), "none that the board's TLS knows"),
        ((None, files.cert, files("short", plain(rsa.generate_private_key(65537, 1024)))), "none that the board's TLS knows"),
        ((files("many.pem", authority.pem * 20),), "more than 8192"),
    ):
        with pytest.raises(CertificateError, match=words):
            prepare(*arguments)
    with pytest.raises(CertificateError, match="not valid before"):
        prepare(files.ca, now=datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc))
    with pytest.raises(CertificateError, match="expired on"):
        prepare(files.ca, now=datetime.datetime(2090, 1, 1, tzinfo=datetime.timezone.utc))


def tool(*arguments):
    return subprocess.run([sys.executable, "-m", "tools.certificates", *arguments], capture_output=True, text=True, cwd=runtime.ROOT, timeout=60)


def test_onto_a_board(files, tmp_path):
    with SerialBoard(tmp_path, {"main.py": b"while True: pass", "settings.json": b"{}"}) as board:
        done = tool("--port", board.port, "--ca", files.ca, "--cert", files.cert, "--key", files.key)
        assert b"reset" in board.ended()
    assert done.returncode == 0, done.stderr
    assert "certificates/ca.pem, /certificates/client.pem, /certificates/client.key" in done.stdout and "mqtt_tls=ca" in done.stdout
    assert "PRIVATE" not in done.stdout + done.stderr
    assert {path: data for path, data in board.files().items() if "certificates" in path} == prepare(files.ca, files.cert, files.key)
    assert board.files()["/settings.json"] == b"{}"


def test_bad_use_is_told(files):
    for arguments, words in ((("--ca", files.ca), "which board?"), (("--ca", files.ca, "--port", "/dev/none"), "is not there"),
                             (("--port", "/dev/none"), "nothing to do")):
        done = tool(*arguments)
        assert done.returncode == 1 and words in done.stderr, done.stderr


def test_the_board_restarts_when_it_cannot_be_done():
    said = []

    class Full:
        def look(self):
            return remote.Look((1, 25), "x64", 0, {})

        def replace(self, files, stale, free):
            raise remote.RemoteError("full")

        def restart(self):
            said.append("restart")

    with pytest.raises(remote.RemoteError, match="full"):
        certificates.install({certificates.CA: b"x"}, Full())
    assert said == ["restart"]
