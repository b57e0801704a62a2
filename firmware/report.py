"""How the device is, in words for the console and as T/device for those who watch from afar. Entered once a minute."""

import machine
from micropython import const

from firmware import VERSION

# machine.reset_cause() on the ESP32, from 1.
_CAUSES = const(("power on", "reset", "watchdog", "deep sleep", "soft reset"))
_COUNTS = const('"telegrams":%d,"checksum_errors":%d,"sent":%d,"dropped":%d,"network_losses":%d,"task_restarts":%d')


def _counts(status):
    stats = status.reader.stats
    uplink = status.uplink
    return (stats.frames + stats.telegrams, stats.checksum_errors, uplink.sent, uplink.dropped,
            status.link.losses, status.supervisor.restarts)


def sentence(status, memory):
    """The counters in words. status: a status.Status; memory: bytes free in the heap, and in the largest system block."""
    return "%d B free, largest system block %d B; %d telegrams, %d checksum errors; %d sent, %d dropped; " \
        "%d network losses, %d task restarts" % (memory + _counts(status))


def message(status, memory):
    """The same as JSON, bytes."""
    uplink = status.uplink
    text = '{"uptime_s":%d,"free_memory_b":%d,"largest_block_b":%d,' % ((status.log.uptime(),) + memory) + _COUNTS % _counts(status)
    cause = machine.reset_cause()
    text += ',"waiting":%d,"sessions":%d,"reset_cause":"%s","version":"%s"' % (
        uplink.waiting, uplink.sessions, _CAUSES[cause - 1] if 0 < cause <= len(_CAUSES) else cause, VERSION)
    rssi = status.link.strength()
    if rssi is not None:
        text += ',"rssi_dbm":%d' % rssi
    return (text + "}").encode()
