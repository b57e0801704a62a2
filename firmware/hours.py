"""The registers once an hour, in the journal, and from there to the broker. A rare room.

A record's body (little endian): kind, flags (bit 0 to 3: which registers are there; bit 4: the meter's clock is on summer
time), UTC and the meter's own time in seconds since 2000 (0: unknown), four registers of 48 bits in Wh and varh.
"""

import struct
import time

from han.reading import decimal
from micropython import const

from firmware import journal
from firmware.clock import iso

_KIND = const(1)
_SUMMER = const(16)
_FORMAT = const("<BBIIIHIHIHIH")
_NAMES = ("energy_import_wh", "energy_export_wh", "reactive_energy_import_varh", "reactive_energy_export_varh")
_HOUR = const(3600)
# So many confirmed records at most are sent again after a power cut; the flash is written for each lot.
_LOT = const(48)


def record(reading, now, due):
    """Journal the registers of a reading if its hour, by the meter's own clock, else in UTC, comes after the last record's.

    Repeated and late lists are so told apart, and a clock that jumps to and fro cannot wear the flash: where it went back,
    only the time that has passed counts. now: UTC in seconds since 2000, 0 while unknown; due: an hour has passed since the
    last record. Returns whether there is a new record. Raises OSError.
    """
    flags = 0
    values = []
    for bit, name in enumerate(_NAMES):
        value = reading.get(name)
        if value is None or not 0 <= value < 1 << 48:
            value = 0
        else:
            flags |= 1 << bit
        values += (value & 0xFFFFFFFF, value >> 32)
    if not flags:
        return False
    if reading.clock_summer:
        flags |= _SUMMER
    meter = seconds(reading.get("meter_time", ""))
    before = journal.last()[1]
    if before and not due:
        _, old_flags, old_now, old_meter = struct.unpack_from("<BBII", before, 0)
        if _hour(flags, now, meter) <= _hour(old_flags, old_now, old_meter):
            return False
    journal.append(struct.pack(_FORMAT, _KIND, flags, now, meter, *values))
    return True


def left(topic):
    """Messages (topic, payload) of all hours that the broker has not confirmed, in order: asking for the next one says that
    the last one was acknowledged. Raises OSError; can be closed at any time."""
    number = kept = journal.confirmed()
    try:
        while True:
            found = journal.find(number + 1)
            if found is None:
                return
            if found[1][0] == _KIND:
                yield topic, message(*found)
            number = found[0]
            if number - kept >= _LOT:
                journal.confirm(number)
                kept = number
    finally:
        if number != kept:
            journal.confirm(number)


def message(number, body):
    """The payload of T/hour."""
    fields = struct.unpack(_FORMAT, body)
    flags = fields[1]
    text = '{"seq":%d' % number
    if fields[2]:
        text += ',"time":"%s"' % iso(fields[2])
    if fields[3]:
        text += ',"meter_time":"%s"' % iso(fields[3])[:-1]
    for bit, name in enumerate(_NAMES):
        if flags >> bit & 1:
            cut = name.rfind("_") + 1
            value = fields[4 + 2 * bit] + (fields[5 + 2 * bit] << 32)
            text += ',"%sk%s":%s' % (name[:cut], name[cut:], decimal(value, 3, 3))
    return (text + "}").encode()


def seconds(text):
    """The other way round; 0 for what is no such time, or not of 2000 to 2067: a number of 31 bits."""
    try:
        year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
        clock = (int(text[11:13]) * 60 + int(text[14:16])) * 60 + int(text[17:19])
    except ValueError:
        return 0
    if not 2000 <= year < 2068:
        return 0
    # A year that begins in March ends with its leap day.
    year -= month < 3
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 730426
    return max(0, days * 86400 + clock)


def _hour(flags, now, meter):
    """The hour that a record is for, counted in normal time; 0 while unknown."""
    if meter:
        return meter // _HOUR - (1 if flags & _SUMMER else 0)
    return now // _HOUR
