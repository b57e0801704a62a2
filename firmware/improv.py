"""Improv over serial (https://www.improv-wifi.com/serial/): a browser that has just flashed the chip sets its Wi-Fi through the
cable. In memory only while Wi-Fi is not set up.

A packet is IMPROV, version 1, type, length, data, the sum of all before it in one octet. Type 3, a command, is Ctrl-C to
MicroPython's prompt: so that key stands for nothing meanwhile, but for a moment after the start in which mpremote gets in.
"""

import asyncio
import select
import sys

import machine
import micropython
from micropython import const

from firmware import VERSION

_HEAD = b"IMPROV\1"
_STATE = const(1)
_ERROR = const(2)
_COMMAND = const(3)
_RESULT = const(4)
_READY = const(2)
_PROVISIONING = const(3)
_PROVISIONED = const(4)
_POLL_MS = const(20)
_GRACE_MS = const(3000)


def packet(kind, data):
    """A whole packet with its checksum and the line feed that ends it."""
    made = _HEAD + bytes((kind, len(data))) + data
    return made + bytes((sum(made) & 0xFF, 10))


def texts(parts):
    """Texts as results carry them: each with its length."""
    made = b""
    for part in parts:
        octets = part.encode()[:255]
        made += bytes((len(octets),)) + octets
    return made


def family(machine):
    """The chip's as browser flashers write it, such as ESP32-S3; of what sys.implementation says, such as "Generic ESP32S3 module with
    ESP32S3"."""
    chip = machine.rpartition(" ")[2]
    return "ESP32" if chip[:5] != "ESP32" or len(chip) == 5 else "ESP32-" + chip[5:]


class Reader:
    """Finds packets among whatever else comes."""

    def __init__(self):
        self._got = bytearray()

    def take(self, octet):
        """Take an octet: (type, data) when it completes a packet, else None. What has a wrong sum is (type, None)."""
        got = self._got
        got.append(octet)
        have = len(got)
        if have <= 7 and got != _HEAD[:have]:
            # It may be the first of another one.
            self._got = bytearray(_HEAD[:1] if octet == 73 else b"")
        elif have > 9 and have == 10 + got[8]:
            self._got = bytearray()
            return got[7], bytes(got[9:-1]) if sum(got[:-1]) & 0xFF == got[-1] else None
        return None


def credentials(data):
    """(name, password) out of the data of a command to set Wi-Fi. Raises ValueError."""
    try:
        name = data[3:3 + data[2]]
        rest = data[3 + data[2]:]
        if len(name) == data[2] and len(rest) == 1 + rest[0]:
            return name.decode(), rest[1:].decode()
    except (IndexError, UnicodeError):
        pass
    raise ValueError()


async def run(link, network):
    """Listen until Wi-Fi is set, then restart with it."""
    await asyncio.sleep_ms(_GRACE_MS)
    micropython.kbd_intr(-1)
    try:
        poller = select.poll()
        poller.register(sys.stdin, select.POLLIN)
        reader = Reader()
        while True:
            while poller.poll(0):
                octet = sys.stdin.buffer.read(1)
                if not octet:
                    return  # nobody will ever say anything
                found = reader.take(octet[0])
                if found and found[0] == _COMMAND:
                    await _obey(link, found[1])
            await asyncio.sleep_ms(_POLL_MS)
    finally:
        micropython.kbd_intr(3)


def _say(kind, *data):
    sys.stdout.buffer.write(packet(kind, bytes(data)))


async def _obey(link, data):
    if not data or len(data) < 2 or data[1] != len(data) - 2:
        _say(_ERROR, 1)
        return
    command = data[0]
    if not 1 <= command <= 4:
        _say(_ERROR, 2)
        return
    _say(_ERROR, 0)
    if command == 1:
        await _set(link, data)
    elif command == 2:
        _say(_STATE, _READY)
    elif command == 3:
        # Firmware, its version, the chip, the device's name.
        _result(3, ("Hamn", VERSION, family(getattr(sys.implementation, "_machine", "")), link.hostname))
    else:
        for each in await link.visit("survey", "scan"):
            _result(4, (each["ssid"], str(each["rssi_dbm"]), "YES" if each["secure"] else "NO"))
        _result(4, ())


def _result(command, parts):
    data = texts(parts)
    _say(_RESULT, command, len(data), *data)


async def _set(link, data):
    from firmware import settings

    try:
        ssid, password = credentials(data)
        values = settings.load()[0]
        values["wifi_ssid"] = ssid
        values["wifi_password"] = password
        values, problems = settings.validate(values)
        if problems or not ssid:
            raise ValueError()
    except ValueError:
        _say(_ERROR, 1)
        return
    _say(_STATE, _PROVISIONING)
    address, why = await link.visit("survey", "attempt", ssid, password)
    if not address:
        link.log.line("link", why)
        _say(_ERROR, 3)
        _say(_STATE, _READY)
        return
    settings.save(values)
    _say(_STATE, _PROVISIONED)
    _result(1, ("http://%s/" % address,))
    await asyncio.sleep_ms(500)
    machine.reset()
