"""What the uplink seldom has to do: keep in flash and memory what must outlast an outage, and send what one left. A rare room.

A failing flash stops nothing: it is told, and tried again later.
"""

from micropython import const

from firmware import let_go, sentence

_HOUR_S = const(3600)


def record(uplink, reading, uptime, hour):
    """Journal the registers of a reading, if it is the first of its hour. hour: a word for it. Return whether that went well."""
    from firmware import hours

    try:
        if hours.record(reading, uplink.clock.epoch(), uptime - uplink.recorded >= _HOUR_S):
            uplink.recorded = uptime
            uplink.unsent = True
        uplink.hour = hour
        return True
    except OSError as error:
        _tell(uplink, error)
        return False


def keep(uplink, span):
    """Keep a minute, as minutes.py describes it."""
    from firmware import spans

    spans.keep(uplink.minutes, span)


def left(uplink):
    """What an outage left, as a generator of (topic, payload): hours, intervals, then minutes, each in order. Asking for the next one
    says that the last one was acknowledged. The rooms that it needs are in memory one after the other, as long as it is there."""
    done = False
    try:
        uplink.unsent = False
        from firmware import hours

        yield from hours.left((uplink.topic + "/hour").encode())
        hours = None
        let_go("hours", "journal", "draft")
        from firmware import intervals

        yield from intervals.left((uplink.topic + "/interval").encode(), uplink.span)
        intervals = None
        let_go("intervals", "books", "draft", "energy.journal", "energy.crc")
        done = True
        if uplink.minutes.kept:
            from firmware import hours, spans

            yield from spans.left(uplink.minutes, (uplink.topic + "/minute").encode(), uplink.start)
    except OSError as error:
        done = True  # until there is something new
        _tell(uplink, error)
    except MemoryError:
        pass  # the next try comes soon
    finally:
        hours = intervals = spans = None
        let_go("hours", "journal", "intervals", "books", "draft", "spans", "energy.journal", "energy.crc")
        if not done:
            uplink.unsent = True


def _tell(uplink, error):
    uplink.log.line("journal", sentence("JOURNAL", error.errno))
