"""Builds the parts from the settings and hands their tasks to the supervisor. Entered once, then let go."""

import gc
import os

import machine
from micropython import const

from firmware import let_go
from firmware.log import Log

# How long a task may go without checking in, in ms. The uplink's longest wait is a name look-up and one deadline.
_PORT_LIMIT = const(10000)
_LINK_LIMIT = const(30000)
_UPLINK_LIMIT = const(45000)
# Octets of the parser's buffer: more than the longest HDLC frame (2049) and the longest P1 telegram known (1481).
_BUFFER = const(2056)


def _configuration(log):
    """The settings, with every problem said, and the board's profile. Both modules are let go again: 9 KB of heap."""
    from firmware import boards, settings

    values, problems = settings.load()
    for _, sentence in problems:
        log.line("settings", sentence)
    board = boards.profile(values["board"])
    del boards, settings
    let_go("settings")
    let_go("boards")
    return values, board


def _key(values, name):
    """The setting's octets, None where it is empty."""
    return bytes.fromhex(values[name]) if values[name] else None


def _told(values, priced):
    """What foretold.py tells of."""
    tariff = values["tariff"] != "none"
    guarded = tariff or values["limit_w"] or values["fuse_a"]
    parts = (("g", guarded), ("f", values["fuse_a"]), ("o", guarded and values["guard_output"] != "off"), ("p", tariff), ("c", priced))
    return "u" + "".join([letter for letter, there in parts if there])


def assemble():
    """The Supervisor of all tasks, ready to run."""
    log = Log()
    values, board = _configuration(log)
    # The rest is for this start alone.
    kept = {name: values[name] for name in values
            if name[:5] in ("mqtt_", "wifi_") or name in ("open_readings", "language", "fuse_a", "limit_w", "homewizard")}
    kept["page_password"] = values["page_password"] != ""
    chip = machine.unique_id().hex()
    identity = "hamn-" + chip
    log.line("hamn", "%s on %s" % (identity, board.name))

    if not values["page_password"]:
        from firmware import label

        # Not in the log, which the page shows.
        print("The password of the page, until you set another: " + label.read())
        del label
        let_go("label")

    # One by one, with the rubbish of each import gone before the next: the heap stays in one piece.
    from firmware.link import Link

    link = Link(board, kept, values["hostname"] or identity, log)
    gc.collect()
    from han import Reader

    reader = Reader(_BUFFER, key=_key(values, "meter_key"), auth_key=_key(values, "meter_auth_key"),
                    title=_key(values, "meter_title"))
    gc.collect()
    from firmware.clock import Clock

    clock = Clock(values["ntp_host"], link, log)
    gc.collect()
    layouts = []
    hamn, _, ams = values["mqtt_layout"].partition("ams-")
    topic = values["mqtt_topic"] or "hamn/" + chip
    if ams:
        from firmware.ams import Ams

        layouts.append(Ams(ams, values["ams_topic"] or topic, chip, values["ams_name"], values["ha_prefix"], link))
        gc.collect()
        if not hamn:
            # The will is for one topic: that of the layout's own status.
            topic = values["ams_topic"] or topic
    pauses = 0, 0
    if hamn:
        from firmware.layout import Layout

        pace = None
        if any(values[name] for name in ("power_interval", "power_band", "phases_interval", "phases_band")):
            from firmware.pace import Pace

            pace = Pace(values)
            pauses = pace.pauses
        layouts.append(Layout(topic, pace))
        gc.collect()
    priced = values["price_topic"] != "" or "contract.json" in os.listdir()
    announcer = None
    prefix = values["ha_prefix"] if hamn else ""
    # Without a prefix, what was told before is taken back.
    if prefix or "announced.json" in os.listdir():
        from firmware.announcer import Announcer

        announcer = Announcer(prefix, "hamn_" + chip, topic, values["hostname"] or "Electricity meter", pauses, board.ethernet is None,
                              _told(values, priced))
        gc.collect()
    from firmware.uplink import Uplink

    uplink = Uplink(kept, identity, topic, link, clock, log, announcer, layouts)
    gc.collect()
    from firmware.bookkeeper import Bookkeeper

    keeper = Bookkeeper(values["zone"], clock, log, uplink)
    gc.collect()
    if values["tariff"] != "none" or values["limit_w"] or values["fuse_a"]:
        from firmware.guarding import Guard

        pin = None
        if values["guard_output"] != "off":
            pin = machine.Pin(board.relay, machine.Pin.OUT, value=0)
        keeper.guard = Guard(kept, pin, 1 if values["guard_output"] == "warning" else 2)
        gc.collect()
    if values["tariff"] != "none" or priced:
        from firmware.dues import Dues

        keeper.dues = Dues(keeper, values["tariff"], priced)
        if values["price_topic"]:
            uplink.prices = values["price_topic"].encode(), keeper.dues.take
        gc.collect()
    from firmware.live import Live

    live = Live(log, keeper.take)
    gc.collect()
    from firmware.meter_port import MeterPort

    port = MeterPort(board, values["meter_line"], reader, live.take, log)
    gc.collect()
    from firmware.supervisor import WATCHDOG_MS, Supervisor

    supervisor = Supervisor(machine.WDT(timeout=WATCHDOG_MS), log)
    from firmware.door import Door

    door = Door(kept, log, live, link, port, uplink, clock, reader, supervisor, values["hostname"] or identity, board, keeper)
    keeper.door = door
    gc.collect()
    from firmware.status import Status

    status = Status(reader, uplink, link, supervisor, log, topic)
    supervisor.add("meter port", port.run, _PORT_LIMIT)
    supervisor.add("link", link.run, _LINK_LIMIT)
    supervisor.add("uplink", uplink.run, _UPLINK_LIMIT)
    supervisor.add("ledger", keeper.run)
    supervisor.add("clock", clock.run)
    supervisor.add("status", status.run)
    supervisor.add("web", door.run)
    # What is done once takes no memory later: 2 KB. (What is deleted from a table stays in its place there, what is replaced does not.)
    for each in layouts + [log, link, reader, clock, uplink, announcer, keeper, keeper.guard, keeper.dues, live, port, supervisor, door, status]:
        if each:
            type(each).__init__ = None
    Supervisor.add = Reader.read_apdu = None
    gc.collect()
    log.line("hamn", "ready, " + status.sentence())
    return supervisor
