"""T/device: how the device is, for those who watch from afar. Entered once a minute."""

import machine

from firmware import VERSION

# machine.reset_cause() on the ESP32, from 1.
_CAUSES = ("power on", "reset", "watchdog", "deep sleep", "soft reset")
_COUNTS = '"telegrams":%d,"checksum_errors":%d,"sent":%d,"dropped":%d,"network_losses":%d,"task_restarts":%d'


def message(seconds, memory, counts, uplink, link):
    """The message as JSON, bytes. seconds: since the start; memory, counts: those of the console's line."""
    text = '{"uptime_s":%d,"free_memory_b":%d,"largest_block_b":%d,' % ((seconds,) + memory) + _COUNTS % counts
    cause = machine.reset_cause()
    text += ',"waiting":%d,"sessions":%d,"reset_cause":"%s","version":"%s"' % (
        uplink.waiting, uplink.sessions, _CAUSES[cause - 1] if 0 < cause <= len(_CAUSES) else cause, VERSION)
    rssi = link.strength()
    if rssi is not None:
        text += ',"rssi_dbm":%d' % rssi
    return (text + "}").encode()
