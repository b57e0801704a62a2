"""What other parsers make of messages. Runs in their environment, in a process of its own: one of them calls itself `han`, as ours does.

Reads JSON lines [protocol, dialect, hex of a frame or telegram, hex of the frame for Gurux] from stdin, writes for each a JSON line with what each parser that
knows the protocol said: {parser: …}, null where it found nothing, {"raised": …} where it raised. Numbers keep all their digits as text.
"""

import datetime
import json
import logging
import re
import sys
from decimal import Decimal
from zoneinfo import ZoneInfo

from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser
from gurux_dlms import GXByteBuffer, GXDLMSClient, GXReplyData
from gurux_dlms.enums import InterfaceType
from han.autodecoder import AutoDecoder
from han.dlde import ModeDReader
from han.hdlc import HdlcFrameReader

_CODE = re.compile(r"(\d+)\\\.(\d+)\\\.(\d+)")


def plain(value):
    """The value as JSON can carry it; floats and decimals as text."""
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, (float, Decimal)):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return {"octets": bytes(value).hex()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, (int, str)) else str(value)


def amshan(protocol, dialect, data):
    """{field: value} of its common dictionary."""
    reader = HdlcFrameReader(False, True) if protocol == "hdlc" else ModeDReader()
    for frame in reader.read(data):
        if frame.is_valid and frame.payload is not None:
            read = AutoDecoder().decode_message_payload(frame.payload)
            return read and {name: plain(value) for name, value in read.items()}
    return None


def dsmr_parser(protocol, dialect, data):
    """{C.D.E: [value, unit]} of what its specification of the dialect names for the meter itself."""
    if protocol != "p1":
        return None
    telegram = TelegramParser(getattr(telegram_specifications, dialect)).parse(data.decode("ascii"), throw_ex=True)
    read = {}
    for reference, entry in telegram.items():  # by the regular expression that found the line
        code = _CODE.search(reference)
        if code and hasattr(entry, "value"):
            value = entry.value
            if isinstance(value, datetime.datetime):
                value = value.astimezone(ZoneInfo("Europe/Amsterdam"))  # from there, it takes it, every meter's time is
            read[".".join(code.groups())] = [plain(value), getattr(entry, "unit", None)]
    return read


def gurux(protocol, dialect, data):
    """The A-XDR value of the notification, lists nested as they are."""
    if protocol != "hdlc":
        return None
    client = GXDLMSClient(True)
    client.interfaceType = InterfaceType.HDLC
    notify = GXReplyData()
    octets = GXByteBuffer(data)
    while octets.available():
        before = octets.position
        client.getData(octets, GXReplyData(), notify)
        if notify.complete and not notify.isMoreData():
            return {"time": plain(getattr(notify.time, "value", notify.time)), "value": plain(notify.value)}
        if octets.position == before:
            break
    return None


def main():
    logging.disable(logging.CRITICAL)
    out = sys.stdout
    sys.stdout = sys.stderr  # some print
    for line in sys.stdin:
        protocol, dialect, digits, notification = json.loads(line)
        said = {}
        for parser in (amshan, dsmr_parser, gurux):
            try:
                said[parser.__name__] = parser(protocol, dialect, bytes.fromhex(notification if parser is gurux else digits))
            except Exception as error:  # whatever they raise is what they say
                said[parser.__name__] = {"raised": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps(said), file=out, flush=True)


if __name__ == "__main__":
    main()
