"""Figures for Prometheus. Entered for one request."""

import gc


async def answer(door, request, word, asked):
    return 200, "text/plain; version=0.0.4", _metrics(door), ""


def _metrics(door):
    """Pieces of Prometheus' text format: numbers by their customary names, with the unit in the name."""
    live = door.live
    if live.latest is not None:
        for key, text in live.latest.customary():
            if text[-1:].isdigit() and not key.startswith("meter_") and key != "list_version":
                kind = "counter" if "energy" in key else "gauge"
                yield "# TYPE hamn_%s %s\nhamn_%s %s\n" % (key, kind, key, text)
        yield "# TYPE hamn_reading_age_s gauge\nhamn_reading_age_s %d\n" % (door.log.uptime() - live.heard)
    for key, value in door.reader.stats.items():
        yield "# TYPE hamn_parser_%s_total counter\nhamn_parser_%s_total %d\n" % (key, key, value)
    gc.collect()
    values = (live.count, door.uplink.sent, door.uplink.dropped, door.link.losses, door.supervisor.restarts, door.uplink.connected,
              gc.mem_free(), door.log.uptime())
    words = "readings_total messages_sent_total messages_dropped_total network_losses_total task_restarts_total broker_connected " \
        "memory_free_bytes uptime_s"
    for at, key in enumerate(words.split()):
        yield "# TYPE hamn_%s %s\nhamn_%s %d\n" % (key, "counter" if key[-5:] == "total" else "gauge", key, values[at])
