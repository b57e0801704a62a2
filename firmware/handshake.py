"""From an open TCP connection to a TLS one with a broker that has proved who it is. A rare room: stream.py enters it.

mqtt_tls says what counts as proof: "ca", a certificate for the broker's name from an authority of ours; "pin", one
certificate known by its fingerprint; "psk", a shared key. Without the proof there is no connection, and nothing of ours
is sent before it. Certificates are files; what is made of them lives outside Python's heap.
"""

import asyncio
import errno
import hashlib
import os
import select
import time

import tls
from micropython import const

from firmware import StreamError

CA = "certificates/ca.pem"
CLIENT = "certificates/client.pem"
KEY = "certificates/client.key"

# Mbed TLS (ssl.h): a fatal alert from the other side; the end of the connection.
_REFUSED = const(-0x7780)
_END = const(-0x7280)
_EPIPE = const(32)  # the module errno does not know it
_BROKEN = (_END, _EPIPE, errno.ECONNRESET, errno.ECONNABORTED)
_POLL_MS = const(10)
_QUIET_MS = const(500)
_LARGEST = const(8192)  # bytes of a file
# What Mbed TLS says of a certificate (mbedtls_x509_crt_verify_info), the worst first, and our word for it.
_VERDICTS = (("not correctly signed", "wrong authority"), ("expired", "has expired"), ("future", "not valid yet"), ("not match", "host"))


async def secure(sock, peer, timeout_ms):
    """`sock`, a connected non-blocking socket, wrapped in TLS. Raises StreamError after at most timeout_ms; then it is closed."""
    wrapped = None
    try:
        settings = peer.settings
        context = _context(settings)
        # The name asks for the right certificate (SNI), and in mode "ca" it has to stand in there.
        wrapped = context.wrap_socket(sock, server_hostname=peer.host, do_handshake_on_connect=False)
        certificate = await _shake_hands(wrapped, sock, settings["mqtt_tls"] == "psk", timeout_ms)
        if settings["mqtt_tls"] == "pin":
            if hashlib.sha256(certificate).digest() != bytes.fromhex(settings["mqtt_pin"].replace(":", "")):
                raise StreamError("wrong fingerprint")
        return wrapped
    except BaseException as error:
        # TLS first: it would else close the socket once more when it is collected. It has forgotten it after a failure.
        if wrapped is not None:
            wrapped.close()
        sock.close()
        raise _trouble(error)


def _trouble(error):
    """The StreamError for what failed; what is no failure of TLS stays as it is."""
    if isinstance(error, OSError):
        # The text of its own errors depends on the build, the numbers do not: firmware.sentences knows those.
        return StreamError(error.errno)
    if isinstance(error, MemoryError):
        return StreamError(errno.ENOMEM)
    if isinstance(error, AttributeError):
        return StreamError("unsupported")
    if isinstance(error, ValueError):
        text = str(error).strip()
        for words, key in _VERDICTS:
            if words in text:
                return StreamError(key)
        return StreamError("certificate", text[:60])
    return error


def _context(settings):
    """What a connection has to prove, as the settings say. Raises StreamError; AttributeError where MicroPython lacks it."""
    mode = settings["mqtt_tls"]
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    context.verify_mode = tls.CERT_REQUIRED
    if mode == "psk":
        if not settings["mqtt_psk_id"] or not settings["mqtt_psk_key"]:
            raise StreamError("no shared key")
        # There is no authority for any certificate here: only who knows the key gets through.
        context.psk_identity = settings["mqtt_psk_id"].encode()
        context.psk_key = bytes.fromhex(settings["mqtt_psk_key"].replace(":", ""))
        return context
    if mode == "pin":
        if not settings["mqtt_pin"]:
            raise StreamError("no fingerprint")
        # Name, dates and authority do not matter where the certificate itself is known.
        context.verify_mode = tls.CERT_NONE
    else:
        try:
            context.load_verify_locations(_file(CA))
        except (OSError, ValueError):
            raise StreamError("unreadable file", CA)
    if _exists(CLIENT):
        try:
            context.load_cert_chain(_file(CLIENT), _file(KEY))
        except (OSError, ValueError):
            raise StreamError("unreadable file", CLIENT)
    return context


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _file(path):
    """The bytes of a certificate or key. Raises StreamError."""
    try:
        with open(path, "rb") as f:
            data = f.read(_LARGEST + 1)
    except OSError:
        raise StreamError("missing file", path)
    if len(data) > _LARGEST:
        raise StreamError("unreadable file", path)
    return data


async def _shake_hands(wrapped, sock, keyed, timeout_ms):
    """Let the handshake come to its end; the broker's certificate, or None where a shared key is the proof (keyed). Raises
    StreamError, and what TLS raises."""
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    heard = None
    end = time.ticks_add(time.ticks_ms(), timeout_ms)
    buf = bytearray(1)
    while True:
        ready = poller.poll(0)
        try:
            # Reading drives it. A broker has nothing to say before we have logged in.
            if wrapped.readinto(buf) is not None:
                raise StreamError("does not speak TLS")
        except OSError as error:
            if error.errno not in _BROKEN:
                raise
            # In the midst of it, it disliked what we had to show; without a word, it does not know what this is. What breaks
            # a write of ours came after its first words: only the greeting is written before them.
            raise StreamError("does not speak TLS" if heard is None and error.errno != _EPIPE else _REFUSED)
        now = time.ticks_ms()
        if ready:
            heard = now
        if keyed:
            # Nothing tells the end of it without a certificate. The first write would bring it to its end too.
            if heard is not None and time.ticks_diff(now, heard) > _QUIET_MS:
                return None
        else:
            certificate = wrapped.getpeercert(True)
            if certificate:
                return certificate
        if time.ticks_diff(end, now) <= 0:
            raise StreamError("handshake")
        await asyncio.sleep_ms(_POLL_MS)
