"""The ledger's resident core: readings in, closed quarter hours and hours out.

Between two registers that are believed (anchors) lie spans, none longer than a quarter hour where power was seen. A span is a
list: its end, how many of its seconds were seen, and the integrated power of four channels (Ws). When the next register comes, the
difference is shared out over the spans, to the Wh. Channels: active import and export in Wh, reactive import and export in varh.
"""

from . import timing, zone
from ._const import const

_QUARTER = const(900)
_HOUR = const(3600)
_MISSING = const(3)
_ESTIMATED = const(2)
# Seconds: a power is believed for no longer; a clock may be off; an hour's registers are waited for.
_HOLD = const(60)
_NEAR = const(300)
_WAIT = const(300)
# An hour's registers that the power speaks against are not believed for so many seconds.
_TRUST = const(14400)
_AGREES = const(0)
_LOW = const(1)
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

_NAMES = ("power_import_w", "power_export_w", "reactive_power_import_var", "reactive_power_export_var",
          "energy_import_wh", "energy_export_wh", "reactive_energy_import_varh", "reactive_energy_export_varh")


class Ledger:
    """How it is used stands in the package's docstring."""

    def __init__(self, zone_name, state=None):
        """`zone_name` such as "Europe/Oslo", `state` what state() gave once.

        Raises ValueError for an unknown zone and for a damaged state.
        """
        self.standard = zone.standard(zone_name)
        self._spans = []
        self._closing = ()
        if state is None:
            self._s = s = [0] * _UPTIME
            s[_AHEAD] = s[_METER] = s[_MEAN] = s[_MEAN + 1] = _UNKNOWN
            s[_QWORST] = s[_HWORST] = _MISSING
            self._forget()
            s[_OFF] = _HOUR
            # Norwegian meters show local time, Swedish ones normal time all year.
            s[_FOLLOWS] = 1 if zone_name[-4:] == "Oslo" else 0
        else:
            from .snapshot import unpack

            self._s, self._spans = unpack(state, _UPTIME)
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
        from .snapshot import pack

        self._finish()
        return pack(self._s[:_UPTIME], self._spans)

    def note(self, reading, utc, uptime):
        """Take a reading. Return an iterable, mostly empty, of records (span, index, quality, Wh, Wh, varh, varh).

        `utc`: seconds since 2000-01-01T00:00:00Z, 0 while unknown; `uptime`: ms, may wrap at 2**30. `span` is 3600 or 900; the
        interval began at span * index. A later record of an interval replaces the earlier one.
        """
        self._finish()
        s = self._s
        get = reading.get
        registers = [_register(get, name, reading.list == "p1") for name in _NAMES[4:]]
        has = max(registers[0], registers[1]) >= 0
        if has and reading.list == "p1":
            s[_PACE] = _LIVE
        meter = _UNKNOWN if reading.clock_invalid else zone.read_clock(get("meter_time"))
        now, ahead = timing.tell(s, self.standard, reading, meter, utc, uptime)
        if not now:
            return ()
        upto = now
        if has and s[_PACE] < _LIVE:
            # Registers of an hourly list were latched at the full hour of the meter's clock, however late the list comes.
            upto -= (now if meter < 0 else meter) % _HOUR
            if ahead != _UNKNOWN:
                upto = meter - meter % _HOUR - ahead
            now = max(now, upto)
            self._pace(registers, now, upto)
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
        if not utc and now - before > _NEAR:
            # Time was set right, or time was lost: what was seen in it is no longer known.
            for row in self._spans:
                row[1] = 0
        self._integrate(get, now)
        self._who(get("meter_id"))
        if has:
            s[_SEEN] = now
            # A clock that is no use leaves open which moment an hourly list is of.
            closes = self._anchor(registers, upto, _LOW if meter >= 0 and ahead == _UNKNOWN and s[_PACE] < _LIVE else _AGREES)
            if closes is not None:
                self._closing = closes
                return closes
        hour = now - now % _HOUR
        if s[_FROM] < hour and s[_TOLD] < hour and (now - hour > _WAIT or s[_SEEN] >= hour):
            # No register for the hour that ended: an estimate, to be replaced when one comes.
            s[_TOLD] = hour
            known = max(s[_REG], s[_REG + 1]) >= 0
            from . import closing

            self._closing = closing.close(s, self._spans, self.standard, hour, None, None if known else s[_REG:_REG + 4])
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
            if row[0] > begin:
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

    def _pace(self, registers, now, upto):
        """Do registers come with every telegram? Not shown by an hourly list that is late or sent twice."""
        s = self._s
        if not s[_SEEN] or now - s[_SEEN] > 2 * _NEAR:
            s[_PACE] = 0
        elif now - upto > 2 * _HOLD and registers != s[_DOUBT:_DOUBT + 4] and registers != s[_REG:_REG + 4]:
            s[_PACE] += 1

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
                self._forget()
            s[_METER] = number

    def _forget(self):
        s = self._s
        s[_REG:_REG + 4] = s[_DOUBT:_DOUBT + 4] = [_UNKNOWN] * 4
        s[_PACE] = s[_SEEN] = 0

    def _integrate(self, get, now):
        """Add up the power to now, as the mean of the one before and this one."""
        s = self._s
        start = s[_T]
        passed = now - start
        seen = passed <= _HOLD
        old = s[_POWER:_POWER + 4]
        drawn = get(_NAMES[0])
        if drawn is not None or get(_NAMES[1]) is not None:
            # List 1 has the import alone: unless the house draws, everything else is as before.
            if drawn:
                s[_POWER + 1] = 0
            for c in range(4):
                power = get(_NAMES[c])
                if power is not None:
                    s[_POWER + c] = power
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

    def _anchor(self, registers, upto, doubt):
        """Anchor there if the registers are to be believed. Return what that closes; None where they are not believed."""
        s = self._s
        old = s[_REG:_REG + 4]
        step = None
        if max(old[0], old[1]) >= 0:
            if upto < s[_FROM]:
                return None
            step = [registers[c] - old[c] if registers[c] >= 0 and old[c] >= 0 else _UNKNOWN for c in range(4)]
            most = (upto - s[_FROM] + 90) * _MOST
            if not _follows(registers, old, most):
                # Another meter, once it has said so twice.
                doubted = s[_DOUBT:_DOUBT + 4]
                s[_DOUBT:_DOUBT + 4] = registers
                if max(doubted) < 0 or not _follows(registers, doubted, most):
                    return None
                self._forget()
                step = None
            elif s[_PACE] < _LIVE and upto > s[_FROM]:
                from . import closing

                # Too little: this list is one said twice, as Aidon's do, or an old one. Too much: the one before was.
                agreement = closing.agreement(s, self._spans, step, upto)
                doubt = doubt or agreement
                if agreement == _LOW and upto - s[_FROM] <= _TRUST:
                    return None
        s[_DOUBT:_DOUBT + 4] = [_UNKNOWN] * 4
        upto = max(upto, s[_FROM])
        if step and upto == s[_T] and upto % _QUARTER and upto - upto % _QUARTER <= s[_FROM]:
            # The usual case where telegrams have registers: nothing closes.
            for c in range(4):
                if step[c] < 0:
                    step[c] = self._spans[0][2 + c] // 3600 if self._spans else 0
                s[_BASE + c] += step[c]
                s[_TOTAL + c] += step[c]
            s[_REG:_REG + 4] = registers
            s[_FROM] = upto
            self._spans.clear()
            return ()
        from . import closing

        return closing.close(s, self._spans, self.standard, upto, step, registers, doubt)


def _follows(registers, old, most):
    """Whether these registers can have come from the old ones with so many Wh at most."""
    for c in range(4):
        if 0 <= registers[c] < old[c]:
            return False
    return registers[0] - old[0] + registers[1] - old[1] <= most


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
