"""The ledger's resident core: readings in, closed quarter hours and hours out.

Between two registers that are believed (anchors) lie spans, none longer than a quarter hour where power was seen. A span is a
list: its end, how many of its seconds were seen, and the integrated power of four channels (Ws). When the next register comes, the
difference is shared out over the spans, to the Wh. Channels: active import and export in Wh, reactive import and export in varh.
"""

from . import room
from ._const import const

_QUARTER = const(900)
_HOUR = const(3600)
_MISSING = const(3)
_ESTIMATED = const(2)
# Seconds: a power is believed for no longer; a clock may be off; an hour's registers are waited for; a list may be late.
_HOLD = const(60)
_NEAR = const(300)
_WAIT = const(300)
_LATE = const(900)
# No house draws more: 1 MW, in Wh a second; with a minute and a half to begin with. What steps further is another meter.
_MOST = const(278)
_SPANS = const(16)
_UNKNOWN = const(-1)
# From so many lists in quick succession on, registers are taken to come with every telegram.
_LIVE = const(3)
# Seconds over which power is smoothed for what is expected.
_SMOOTH = const(120)

# Places in the state.
_T = const(0)            # the time, which never goes back
_CLOCK = const(1)        # the clock as it last was, which may
_FROM = const(2)         # where the spans begin: the last anchor
_PACE = const(3)         # lists with registers in quick succession, up to _LIVE
_SEEN = const(4)         # when the last of them came
_METER = const(5)        # which meter: a number made from its own
_AHEAD = const(6)        # seconds that the meter's clock is ahead of UTC
_FOLLOWS = const(7)      # it has summer time
_SUMMER = const(8)       # it was summer when _AHEAD was learnt
_QWORST = const(9)       # the worst of the running quarter and of the running hour up to the anchor
_HWORST = const(10)
_TOLD = const(11)        # the full hour up to which estimates were given
_DOUBT = const(12)       # four registers that were not believed
_REG = const(16)         # four registers at the anchor
_BASE = const(20)        # energy of the running quarter up to the anchor
_SUM = const(24)         # energy of the running hour's closed quarters
_TOTAL = const(28)       # energy since the beginning up to the anchor
_DAY = const(32)         # beginning and totals then, of today and yesterday
_MONTH = const(42)       # the same of the months
_LAST = const(52)        # the last closed hour: index, quality, energies
_POWER = const(58)       # four powers, W or var
_MEAN = const(62)        # import and export smoothed, 1/64 W
_SKEW = const(64)        # seconds that the meter's clock is ahead besides whole hours, by hourly lists; and by the last one
_OFF = const(65)
_UPTIME = const(66)      # ms, when _CLOCK was set; not stored

# Texts, since the strings of a constant tuple are objects of their own, 32 octets and more each.
_POWERS = const("power_import_w power_export_w reactive_power_import_var reactive_power_export_var")
_REGISTERS = const("energy_import_wh energy_export_wh reactive_energy_import_varh reactive_energy_export_varh")


class Ledger:
    """How it is used stands in the package's docstring."""

    def __init__(self, zone_name, state=None):
        """`zone_name` such as "Europe/Oslo", `state` what state() gave once.

        Raises ValueError for an unknown zone and for a damaged state.
        """
        self.standard = room("zone").standard(zone_name)
        self._closing = ()
        snapshot = room("snapshot")
        if state is None:
            # Norwegian meters show local time, Swedish ones normal time all year.
            self._s, self._spans = snapshot.begin(_UPTIME, 1 if zone_name[-4:] == "Oslo" else 0), []
        else:
            self._s, self._spans = snapshot.unpack(state, _UPTIME)
        self._s.append(_UNKNOWN)

    @property
    def time(self):
        """Seconds since 2000-01-01T00:00:00Z of the last reading, 0 before the time is known."""
        return self._s[_T]

    @property
    def last(self):
        """The last closed hour: (index, quality, Wh, Wh, varh, varh); it began at 3600 * index. Index 0 before there is one."""
        self._finish()
        return tuple(self._s[_LAST:_LAST + 6])

    def state(self):
        """Everything, in a few hundred bytes. To be stored after the records that note() gave, and now and then between."""
        self._finish()
        return room("snapshot").pack(self._s[:_UPTIME], self._spans)

    def note(self, reading, utc, uptime):
        """Take a reading. Return an iterable, mostly empty, of records (span, index, quality, Wh, Wh, varh, varh).

        `utc`: seconds since 2000-01-01T00:00:00Z, 0 while unknown; `uptime`: ms, may wrap at 2**30. `span` is 3600 or 900; the
        interval began at span * index. A later record of an interval replaces the earlier one.
        """
        self._finish()
        s = self._s
        get = reading.get
        registers = [_register(get, name, reading.list == "p1") for name in _REGISTERS.split()]
        has = max(registers[0], registers[1]) >= 0
        if has and reading.list == "p1":
            s[_PACE] = _LIVE
        fresh = s[_UPTIME] < 0
        told = self._tell(None if reading.clock_invalid else get("meter_time"), utc, uptime)
        now, began, doubt = told or room("timing").tell(s, self.standard, reading, utc, uptime)
        if not now:
            return ()
        anchoring = None
        upto = now
        if has and s[_PACE] < _LIVE:
            # Registers of an hourly list were latched at the full hour of the meter's clock, however late the list comes.
            upto = began
            now = max(now, upto)
            anchoring = room("anchoring")
            anchoring.pace(s, registers, now, upto)
            if s[_PACE] >= _LIVE or not s[_SEEN] and now - upto > 2 * _HOLD:
                upto = now
        before = s[_T]
        if not before or now < before - 2 * _HOUR:
            # The first time; or one far in the future was believed: what is open goes on in the new one.
            s[_T] = s[_FROM] = now
            s[_TOLD] = s[_DAY] = s[_MONTH] = s[_LAST] = 0
            s[_QWORST] = s[_HWORST] = _MISSING
            self._spans = []
        elif now < before - _NEAR:
            s[_QWORST] = s[_HWORST] = max(s[_HWORST], _ESTIMATED)
        now = max(now, s[_T])
        if s[_PACE] >= _LIVE:
            upto = now
        if not utc and now - before > _NEAR and not fresh:
            # The clock was wrong all the while, and is set right: in which quarter hour the power was seen is not known.
            for row in self._spans:
                row[1] = 0
        self._integrate(get, now)
        self._who(get("meter_id"))
        if has:
            s[_SEEN] = now
            if self._add(registers, now):
                return ()
            # Which moment they are of is open only where they come once an hour.
            doubt = doubt if s[_PACE] < _LIVE else 0
            closes = (anchoring or room("anchoring")).anchor(s, self._spans, self.standard, registers, upto, doubt)
            if closes is not None:
                self._closing = closes
                return closes
        hour = now - now % _HOUR
        if s[_FROM] < hour and s[_TOLD] < hour and (now - hour > _WAIT or s[_SEEN] >= hour):
            # No register for the hour that ended: an estimate, to be replaced when one comes.
            s[_TOLD] = hour
            known = max(s[_REG], s[_REG + 1]) >= 0
            self._closing = room("closing").close(s, self._spans, self.standard, hour, None, None if known else s[_REG:_REG + 4])
        return self._closing

    def so_far(self, channel, span=_HOUR):
        """Wh of the running hour, or of the running quarter hour with span 900."""
        self._finish()
        s = self._s
        begin = s[_T] - s[_T] % span
        at = s[_FROM]
        energy = 0
        if at >= begin:
            energy = s[_BASE + channel] + (s[_SUM + channel] if span == _HOUR else 0)
        watts = 0
        for row in self._spans:
            if row[0] > max(at, begin):
                watts += row[2 + channel] * (row[0] - max(at, begin)) // (row[0] - at)
            at = row[0]
        return energy + watts // 3600

    def expected(self, channel, span=_HOUR):
        """Wh with which the running interval ends if the power of the last two minutes goes on. Channel 0 or 1."""
        left = span - self._s[_T] % span
        return self.so_far(channel, span) + max(0, self._s[_MEAN + channel]) * left // 230400

    def total(self, channel):
        """Wh since the ledger began, with what was integrated since the last register."""
        self._finish()
        watts = 0
        for row in self._spans:
            watts += row[2 + channel]
        return self._s[_TOTAL + channel] + watts // 3600

    def since(self, period, channel):
        """Wh of a period: 0 today, 1 yesterday, 2 this month, 3 last month. The first ones count from the ledger's beginning."""
        at = (_DAY if period < 2 else _MONTH) + 1 + channel
        s = self._s
        return s[at] - s[at + 5] if period & 1 else self.total(channel) - s[at]

    def _finish(self):
        """Bring to its end what the caller left."""
        for _ in self._closing:
            pass
        self._closing = ()

    def _tell(self, text, utc, uptime):
        """timing.tell() for the usual case: the time is known, and the meter's clock shows what it is known to. Otherwise None."""
        s = self._s
        if s[_UPTIME] < 0:
            return None
        passed = ((uptime - s[_UPTIME]) & 0x3FFFFFFF) // 1000
        if passed > 536870:
            return None
        known = utc or s[_CLOCK] + passed
        began = _UNKNOWN
        if text:
            try:
                second = int(text[14:16]) * 60 + int(text[17:19])
                off = (second - known + 1800) % _HOUR - 1800
                shown = known + off + s[_AHEAD]
                good = s[_AHEAD] != _UNKNOWN and abs(off) <= _NEAR and shown % 86400 // _HOUR == int(text[11:13])
            except ValueError:
                return None
            live = s[_PACE] >= _LIVE
            if good:
                # A list may come late by chance; the same in two hours is the clock.
                if live or off > s[_SKEW] or abs(off - s[_OFF]) <= 20 and known - s[_SEEN] > 2 * _LATE:
                    s[_SKEW] = off
                s[_OFF] = off
                began = known + off - second
            elif not live or not utc or known // _QUARTER != s[_T] // _QUARTER:
                # Where nothing depends on a clock that is no use, it is looked at once a quarter hour.
                return None
        s[_CLOCK] = known
        s[_UPTIME] = (s[_UPTIME] + 1000 * passed) & 0x3FFFFFFF
        known += s[_SKEW]
        return known, known - known % _HOUR if began < 0 else began, 0

    def _who(self, text):
        """Notice another meter by its number: its registers have nothing to do with those before."""
        # A meter that starts may say nothing, or zeros.
        if not text or text == text[0] * len(text):
            return
        number = 0
        for letter in text:
            number = (number * 31 + ord(letter)) & 0xFFFFFF
        s = self._s
        if s[_METER] != number:
            if s[_METER] != _UNKNOWN:
                room("anchoring").forget(s)
            s[_METER] = number

    def _integrate(self, get, now):
        """Add up the power to now, as the mean of the one before and this one."""
        s = self._s
        start = s[_T]
        passed = now - start
        seen = passed <= _HOLD
        old = s[_POWER:_POWER + 4]
        powers = [get(name) for name in _POWERS.split()]
        drawn = powers[0]
        if drawn is not None or powers[1] is not None:
            # List 1 has the import alone: unless the house draws, everything else is as before.
            if drawn:
                s[_POWER + 1] = 0
            for c in range(4):
                if powers[c] is not None:
                    s[_POWER + c] = powers[c]
            for c in range(2):
                weight = min(passed, _SMOOTH) if seen and s[_MEAN + c] >= 0 else _SMOOTH
                s[_MEAN + c] += (s[_POWER + c] * 64 - s[_MEAN + c]) * weight // _SMOOTH
        spans = self._spans
        while start < now:
            end = min(start - start % _QUARTER + _QUARTER, now)
            if not seen and start % _QUARTER == 0:
                end = max(end, now - now % _QUARTER)
            if not spans or start % _QUARTER == 0:
                if len(spans) >= _SPANS:
                    # The two oldest become one: what lies between them is guessed from now on.
                    first = spans.pop(0)
                    for k in range(1, 6):
                        spans[0][k] += first[k]
                spans.append([start, 0, 0, 0, 0, 0])
            row = spans[-1]
            row[0] = end
            if seen:
                row[1] += end - start
                for c in range(4):
                    row[2 + c] += (old[c] + s[_POWER + c]) * (end - start) // 2
            start = end
        s[_T] = now

    def _add(self, registers, now):
        """Anchor there in the usual case where telegrams have registers: nothing closes. Return False where it is another."""
        s = self._s
        if s[_PACE] < _LIVE or not now % _QUARTER or now - now % _QUARTER > s[_FROM] or max(s[_REG], s[_REG + 1]) < 0:
            return False
        spans = self._spans
        step = [0, 0, 0, 0]
        rest = [now, 0, 0, 0, 0, 0]
        for c in range(4):
            if registers[c] >= 0 and s[_REG + c] >= 0:
                step[c] = registers[c] - s[_REG + c]
                if step[c] < 0:
                    return False
            elif spans:
                # Without a register, power alone counts: what is no full Wh yet stays.
                step[c], rest[2 + c] = divmod(spans[0][2 + c], 3600)
        if step[0] + step[1] > (now - s[_FROM] + 90) * _MOST:
            return False
        for c in range(4):
            s[_BASE + c] += step[c]
            s[_TOTAL + c] += step[c]
            s[_REG + c] = registers[c]
            s[_DOUBT + c] = _UNKNOWN
        s[_FROM] = now
        spans[:] = [rest] if max(rest[2:]) else []
        return True


def _register(get, name, telegram):
    """The register; the sum of its tariffs where a telegram has only those (the Netherlands); -1 without."""
    value = get(name)
    if value is None:
        value = _UNKNOWN
        if telegram and name[0] == "e":
            for n in range(1, 5):
                part = get("%s_t%d_wh" % (name[:-3], n))
                if part is not None:
                    value = max(value, 0) + part
    return value
