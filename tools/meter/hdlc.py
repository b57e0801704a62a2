"""Data-Notification, LLC and HDLC frame format type 3 (Green Book 8.1 to 8.5 and 9.3).

There is no octet stuffing: a frame is found by the length in its header.
"""

from tools.meter.crc import x25

FLAG = b"\x7e"
LLC = b"\xe6\xe7\x00"
MAX_LENGTH = 0x7FF
SEGMENTED = 0x0800


def address(*parts):
    """An HDLC address of 1, 2 or 4 parts of 7 bits; bit 0 marks the last byte."""
    if len(parts) not in (1, 2, 4) or not all(0 <= part < 0x80 for part in parts):
        raise ValueError("an HDLC address has 1, 2 or 4 parts below 128")
    return bytes(part << 1 | (i == len(parts) - 1) for i, part in enumerate(parts))


def notification(body, invoke=0, time=None, tagged=False):
    """A Data-Notification APDU around one A-XDR value.

    `time` is 12 bytes of COSEM date-time or None. The standard writes it as length and bytes;
    `tagged` writes the octet-string tag 09 before them, as Kaifa and old Kamstrup firmware do.
    """
    if time is None:
        when = b"\x00"
    else:
        when = (b"\x09" if tagged else b"") + bytes((len(time),)) + time
    return b"\x0f" + invoke.to_bytes(4, "big") + when + body


def frame(information, destination, source, control, segmented=False):
    """One frame with both flags. Raises ValueError when it is longer than 11 bits can say."""
    header_length = 2 + len(destination) + len(source) + 1
    total = header_length + 2 + len(information) + 2
    if total > MAX_LENGTH:
        raise ValueError(f"a frame of {total} bytes is longer than {MAX_LENGTH}")
    form = 0xA000 | (SEGMENTED if segmented else 0) | total
    header = form.to_bytes(2, "big") + destination + source + bytes((control,))
    checked = header + x25(header).to_bytes(2, "little") + information
    return FLAG + checked + x25(checked).to_bytes(2, "little") + FLAG
