"""Certificates: checked and put on a board, or made for tests and for a broker at home.

    python -m tools.certificates --port /dev/ttyUSB0 --ca ca.pem [--cert client.pem --key client.key]

They arrive on the board as PEM, whatever they were. What would not work there is refused here, with the reason: a board could
only say that TLS failed.
"""

import argparse
import datetime
import ipaddress
import pathlib
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tools import remote

# firmware/handshake.py
CA, CERT, KEY = "/certificates/ca.pem", "/certificates/client.pem", "/certificates/client.key"
LARGEST = 8192
_PEM = serialization.Encoding.PEM
_RSA_BITS = (2048, 4096)


class CertificateError(Exception):
    """A file is not what it should be; the text says why and what to do."""


def _read(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise CertificateError("%s cannot be read: %s" % (path, error.strerror)) from None


def load_certificates(path):
    """The certificates in a file, PEM (one or more) or DER. Raises CertificateError."""
    data = _read(path)
    try:
        return x509.load_pem_x509_certificates(data) if b"-----BEGIN" in data else [x509.load_der_x509_certificate(data)]
    except ValueError:
        raise CertificateError("%s holds no certificate, neither as PEM nor as DER" % path) from None


def load_key(path):
    """The private key in a file, PEM or DER, not encrypted. Raises CertificateError."""
    data = _read(path)
    load = serialization.load_pem_private_key if b"-----BEGIN" in data else serialization.load_der_private_key
    try:
        return load(data, None)
    except TypeError:
        raise CertificateError("%s is locked with a password, which a board cannot type: openssl pkey -in … -out …" % path) from None
    except ValueError:
        raise CertificateError("%s holds no private key, neither as PEM nor as DER" % path) from None


def _check_key(key, path):
    """What the chip's TLS can do: RSA from 2048 to 4096 bits, P-256 (its Curve25519 is switched off)."""
    if isinstance(key, (rsa.RSAPublicKey, rsa.RSAPrivateKey)):
        if _RSA_BITS[0] <= key.key_size <= _RSA_BITS[1]:
            return
    elif isinstance(key, (ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey)) and key.curve.name in ("secp256r1", "secp384r1"):
        return
    raise CertificateError("the key in %s is none that the board's TLS knows: RSA of %d to %d bits, or P-256" % (path, *_RSA_BITS))


def _check_dates(certificate, path, now):
    if certificate.not_valid_after_utc <= now:
        raise CertificateError("the certificate in %s expired on %s" % (path, certificate.not_valid_after_utc.date()))
    if certificate.not_valid_before_utc > now:
        raise CertificateError("the certificate in %s is not valid before %s" % (path, certificate.not_valid_before_utc.date()))


def _is_authority(certificate):
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def prepare(ca=None, cert=None, key=None, now=None):
    """{path on the board: bytes} for the files given, all checked. Raises CertificateError."""
    now = now or datetime.datetime.now(datetime.timezone.utc)
    files = {}
    if bool(cert) != bool(key):
        raise CertificateError("CERT and KEY go together: a client's certificate is no use without its key")
    if not ca and not cert:
        raise CertificateError("nothing to do: give CA=ca.pem, or CERT=client.pem KEY=client.key, or all three")
    if ca:
        found = load_certificates(ca)
        for certificate in found:
            _check_dates(certificate, ca, now)
            _check_key(certificate.public_key(), ca)
            # A broker that signs its own certificate is its own authority.
            if not _is_authority(certificate) and certificate.issuer != certificate.subject:
                raise CertificateError("%s is the certificate of %s, not of an authority: take the one of %s, or use mqtt_tls=pin" % (
                    ca, certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()))
        files[CA] = b"".join(certificate.public_bytes(_PEM) for certificate in found)
    if cert:
        found = load_certificates(cert)
        secret = load_key(key)
        _check_dates(found[0], cert, now)
        _check_key(secret, key)
        if found[0].public_key() != secret.public_key():
            raise CertificateError("the key in %s is not the one of the certificate in %s" % (key, cert))
        files[CERT] = b"".join(certificate.public_bytes(_PEM) for certificate in found)
        files[KEY] = _key_bytes(secret)
    for path, data in files.items():
        if len(data) > LARGEST:
            raise CertificateError("%s would be %d bytes, more than %d: leave out what the broker does not need" % (path, len(data), LARGEST))
    return files


def _key_bytes(key):
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def fingerprint(certificate):
    """SHA-256 of a certificate, 64 hex digits: what mqtt_pin wants."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def install(files, board):
    """Put {path: bytes} on the remote.Board and restart it. Raises remote.RemoteError."""
    free = board.look().free
    try:
        with tempfile.TemporaryDirectory(prefix="hamn-") as place:
            local = {path: pathlib.Path(place) / path.replace("/", "_") for path in files}
            for path, data in files.items():
                local[path].write_bytes(data)
            board.replace(local, (), free)
    finally:
        board.restart()


class Authority:
    """A certificate authority of our own, for tests and for a broker at home. kind: "rsa" (2048 bits) or "ec" (P-256)."""

    def __init__(self, name="Test authority", kind="ec"):
        self._kind = kind
        self._key = self._new_key()
        self._name = _name(name)
        self.certificate = self._sign(self._name, self._key.public_key(), (-1, 3650), True, ())
        self.pem = self.certificate.public_bytes(_PEM)

    def _new_key(self):
        return rsa.generate_private_key(65537, 2048) if self._kind == "rsa" else ec.generate_private_key(ec.SECP256R1())

    def _sign(self, subject, public_key, days, authority, names):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days[0])).not_valid_after(now + datetime.timedelta(days[1]))
            .add_extension(x509.BasicConstraints(authority, None), True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), False)
        return builder.sign(self._key, hashes.SHA256())

    def issue(self, names=(), days=(-1, 365), subject="broker"):
        """(certificate as PEM, key as PEM, fingerprint) for these names and addresses, valid from and to so many days from now."""
        key = self._new_key()
        certificate = self._sign(_name(subject), key.public_key(), days, False, names)
        return certificate.public_bytes(_PEM), _key_bytes(key), fingerprint(certificate)


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m tools.certificates", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", help="serial port of the board")
    parser.add_argument("--ca", help="certificate of the authority that signs the broker's; PEM or DER")
    parser.add_argument("--cert", help="the dongle's own certificate, where the broker wants one")
    parser.add_argument("--key", help="its private key")
    args = parser.parse_args(argv)
    try:
        files = prepare(args.ca, args.cert, args.key)
        install(files, remote.open_board(args.port, "make certificates PORT=/dev/ttyUSB0 CA=ca.pem"))
    except (CertificateError, remote.RemoteError, OSError) as error:
        print("certificates: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ncertificates: stopped", file=sys.stderr)
        return 130
    print("On the board now, which starts anew: %s" % ", ".join(files))
    if args.ca:
        print("To use it: make configure PORT=%s SET=\"mqtt_tls=ca mqtt_port=8883\"" % args.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
