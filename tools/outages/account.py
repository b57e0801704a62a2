"""The account of an outage: what the meter sent against what a subscriber received. Pure.

What is promised (README, Messages): every hourly register arrives, in order; of every reading either a message of its own or a
place in the aggregate of its minute. A message may arrive twice; `n` and `seq` tell.
"""

import calendar
import json
import time
from collections import Counter

# The dongle stamps a reading when it has parsed it, in whole seconds, up to this much after its last byte.
_SLACK_S = 2


_REGISTERS = ("energy_import_wh", "energy_export_wh", "reactive_energy_import_varh", "reactive_energy_export_varh")


def hours(sent):
    """{meter time: truth} of the telegrams whose registers must arrive: the first with registers, then the first of every hour."""
    found = {}
    last = ""
    for each in sent:
        hour = each.truth["meter_time"][:13] if "energy_import_wh" in each.truth else ""
        if hour > last:
            last = hour
            found[each.truth["meter_time"]] = each.truth
    return found


def unix(text):
    """Seconds since 1970 of a dongle's time such as '2026-01-31T23:59:59Z'. Raises ValueError."""
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


class Account:
    """Attributes: lost_readings and lost_hours (lists of what is missing, as text); wrong and wrong_hours (sentences about readings
    and hourly registers that are not what was sent); hours, duplicates, and of these hour_duplicates (counts).

    sent: outages_house.Sent of every telegram, from the dongle's start on; messages: (arrival, topic below T, text).
    """

    def __init__(self, sent, messages):
        self._sent = sent
        self._topics = {}
        self.wrong = []
        self.wrong_hours = []
        self.hours = 0
        for arrival, topic, text in messages:
            if topic in ("power", "minute", "hour"):
                self._topics.setdefault(topic, []).append((arrival, json.loads(text)))
        self.duplicates = 0
        self.hour_duplicates = 0
        self.lost_readings = self._readings()
        self.lost_hours = self._hours()

    def _unique(self, topic, key):
        """The first message of each number."""
        found = {}
        for _, message in self._topics.get(topic, ()):
            if message[key] in found:
                self.duplicates += 1
                if message != found[message[key]]:
                    self.wrong.append(f"{topic} {message[key]} came twice with different contents")
            found.setdefault(message[key], message)
        return found

    def _readings(self):
        power = self._unique("power", "n")
        missing = []
        for number, sent in enumerate(self._sent, 1):
            message = power.pop(number, None)
            if message is None:
                missing.append((number, sent))
            elif message.get("power_import_w") != sent.truth["power_import_w"]:
                self.wrong.append(f"reading {number} says {message.get('power_import_w')} W, the meter {sent.truth['power_import_w']} W")
        if power:
            self.wrong.append(f"readings that the meter never sent: {sorted(power)}")
        return self._without_aggregate(missing)

    def _without_aggregate(self, missing):
        """Which of the readings, (number, Sent), have no place in an aggregate: each aggregate has as many as it counts."""
        aggregates = []
        for _, message in self._topics.get("minute", ()):
            aggregates.append([unix(message["time"]), message["seconds"], message["readings"], message])
        told = Counter(message["time"] for *_, message in aggregates)
        self.duplicates += sum(told.values()) - len(told)
        lost = []
        for number, sent in missing:
            watts = sent.truth["power_import_w"]
            fit = [each for each in aggregates if each[2] and each[0] <= sent.wall + _SLACK_S and sent.wall < each[0] + each[1]]
            if not fit:
                lost.append(f"reading {number} (list {sent.list})")
                continue
            # At the border of two minutes either may have it.
            best = max(fit, key=lambda each: each[3]["power_import_max_w"] >= watts)
            best[2] -= 1
            if best[3]["power_import_max_w"] < watts:
                self.wrong.append(f"the minute {best[3]['time']} says at most {best[3]['power_import_max_w']} W, "
                                  f"but reading {number} was {watts} W")
        return lost

    def _hours(self):
        """What hours() promises against T/hour, which comes in the order of `seq`."""
        before = self.duplicates
        found = self._unique("hour", "seq")
        self.hour_duplicates = self.duplicates - before
        seqs = list(found)
        if seqs != sorted(seqs):
            self.wrong_hours.append(f"hourly registers come out of order: {seqs}")
        self.hours = len(found)
        lost = []
        by_time = {message.get("meter_time"): message for message in found.values()}
        for when, truth in hours(self._sent).items():
            message = by_time.pop(when, None)
            if message is None:
                lost.append(f"the registers of {when}")
            for name in _REGISTERS if message else ():
                at = name.rfind("_") + 1
                value = message.get(f"{name[:at]}k{name[at:]}")
                if (None if value is None else round(value * 1000)) != truth.get(name):
                    self.wrong_hours.append(f"at {when} {name} was {truth.get(name)}, not {value} thousand")
        if by_time:
            self.wrong_hours.append(f"hourly registers that the meter never sent: {sorted(map(str, by_time))}")
        return lost

    def lost(self):
        """All that is missing."""
        return self.lost_hours + self.lost_readings
