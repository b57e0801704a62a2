"""What a message has in common with the last one of its length: under CPython it is not read again.

A meter sends the same layout every few seconds. Once a message was read in full, a plan of it is kept: which octets must be
the same, and where integers, clocks and values without a name stand between them. The octets that must be the same are all
others, compared in one go, so that nothing is taken for granted that the message does not say. A value outside of what was
read in full, or a clock that is none, sends the message back to that.
"""

from array import array
from operator import mul
from struct import Struct

from ._const import const
from ._patterns import traces, write_clock

_METER_TIME = const(45)
_TELEGRAM = const(2)
_FRAME = const(1)
_MORE = const(8)
_DATA_NOTIFICATION = const(0x0F)
_CLOCK_DIGITS = const(12)
_CLOCK_OCTETS = const(9)
_WIDTHS = {2: "H", 4: "I"}
_DIGIT = const(0xF0)
_DIGITS = frozenset(b"0123456789")
# As many lengths are remembered, ten times what a meter sends.
_REMEMBERED = 32


def remembering(read):
    """The Reader's method that reads a good message, with a memory before it."""

    def recall(self, mode, start, end):
        buf = self._buf
        framer = self._framers[mode]
        if mode == _TELEGRAM and not framer.sealed:
            first = start
            end_of_data = start + framer.stop
            vendor = None
        elif mode == _FRAME and self._dlms and not buf[start + 1] & _MORE:
            first = start + framer.information
            end_of_data = end - 2
            vendor = self._dlms.vendor
        else:
            return read(self, mode, start, end)
        try:
            plans = self._plans
        except AttributeError:
            plans = self._plans = {}
        key = end_of_data - first, vendor
        known = plans.get(key)
        if known is None:
            if len(plans) == _REMEMBERED:
                plans.clear()
            known = plans[key] = _Known()
        for plan in known.plans:
            reading = plan.reading(buf, first, end_of_data)
            if reading is not None:
                known.hit(plan)
                if vendor is not None:
                    self._dlms.vendor = reading.vendor
                self._stats.readings += 1
                self.trouble = ""
                return reading
        if not known.is_worth_learning():
            return read(self, mode, start, end)
        trace = traces[id(buf)] = []
        try:
            reading = read(self, mode, start, end)
        finally:
            del traces[id(buf)]
        if reading is not None:
            known.learn(_plan(bytes(buf[first:end_of_data]), first, reading, trace, mode == _TELEGRAM))
        return reading

    return recall


class _Known:
    """The plans for one length, at most two, that which fitted last first."""

    def __init__(self):
        self.plans = []
        self._misses = 0

    def hit(self, plan):
        """Note that the plan fitted."""
        self._misses = 0
        if plan is not self.plans[0]:
            self.plans.reverse()

    def is_worth_learning(self):
        """Whether to learn what no plan fitted: what is never the same again is learned ever more rarely."""
        self._misses += 1
        return self._misses & self._misses - 1 == 0

    def learn(self, plan):
        """Take a new plan, if it is one."""
        if plan:
            self.plans[:] = [plan, *self.plans[:1]]


def _plan(octets, start, reading, trace, text):
    """The _Plan of the message that gave the reading, None where it was not read in the ways that leave a trace."""
    numbers = [(known, at - start, end - start) for known, at, end in (step for step in trace if len(step) == 3)]
    if 3 * len(numbers) != len(reading._entries) or not text and not _is_notification(octets):
        return None
    return _Plan(octets, reading, numbers, [step[1] - start for step in trace if len(step) == 2],
                 [(code, at - start, end - start, unit) for code, at, end, unit in (step for step in trace if len(step) == 4)], text)


def _is_notification(octets):
    return octets[0] == 0xE6 and octets[1] & 0xFE == 0xE6 and octets[3] == _DATA_NOTIFICATION


class _Plan:
    """The octets that must be the same, and what stands between them.

    numbers  (what `_patterns` knows, start, end) of each entry's integer
    clocks   where those stand that are one; the first is the reading's
    others   (code, start, end, unit) of values without a name
    text     whether this is a telegram
    """

    def __init__(self, octets, reading, numbers, clocks, others, text):
        mask = bytearray(b"\xff") * len(octets)
        self._text = text
        self._checks = []
        self._signed = False
        self._clock = clocks[0] if clocks else None
        self._others = []
        parts = []
        at = 0
        for n, ((_, factor, least, largest, _, _), start, end) in enumerate(numbers):
            if text:
                _free_digits(mask, octets, start, end)
                dots = octets.count(b".", at, start)
                width = end - start - octets.count(b".", start, end)
                parts.append("%dx%ds" % (start - at - dots, width))
                lowest, highest = 0, 10 ** width - 1
            else:
                mask[start:end] = bytes(end - start)
                letter = _WIDTHS[end - start]
                lowest, highest = 0, (1 << 8 * (end - start)) - 1
                if octets[start - 1] == 16:
                    letter = "h"
                    lowest, highest = -0x8000, 0x7FFF
                parts.append("%dx%s" % (start - at, letter))
            if highest > largest or lowest < least or least > 0:
                self._checks.append((n, least, largest))
            self._signed = self._signed or factor < 0 or lowest < 0
            at = end
        parts.append("%dx" % (len(octets) - at - (octets.count(b".", at) if text else 0)))
        self._values = Struct(">" + "".join(parts)).unpack
        self._factors = tuple(known[1] for known, _, _ in numbers)
        for at in clocks:
            if text:
                _free_digits(mask, octets, at, at + _CLOCK_DIGITS)
            else:
                # Deviation and status, behind, tell offset, summer time and validity.
                mask[at:at + _CLOCK_OCTETS] = bytes(_CLOCK_OCTETS)
        for code, start, end, unit in others:
            if _DIGITS.issuperset(octets[start:end].replace(b".", b"")):
                _free_digits(mask, octets, start, end)
                self._others.append((code, start, end, unit))
        self._mask = int.from_bytes(mask, "big")
        self._fixed = int.from_bytes(octets, "big") & self._mask
        self._class = type(reading)
        self._entries = reading._entries[:]
        self._texts = dict(reading._texts)
        self._other = dict(reading.other)
        self._lists = [code for code, value in self._other.items() if isinstance(value[0], list)]
        self._said = {name: value for name, value in vars(reading).items() if name not in ("other", "_texts", "_entries")}

    def reading(self, buf, start, end):
        """The reading in buf[start:end], None where it must be read in full."""
        octets = buf[start:end]
        if int.from_bytes(octets, "big") & self._mask != self._fixed:
            return None
        if self._text:
            try:
                values = [*map(int, self._values(octets.translate(None, b".")))]
            except ValueError:
                # `:` to `?` share the upper half of a digit.
                return None
        else:
            values = self._values(octets)
        for n, least, largest in self._checks:
            value = values[n]
            if value and not least <= value <= largest:
                return None
        texts = self._texts.copy()
        if self._clock is not None:
            text = bytearray(b"2000-00-00T00:00:00")
            if not write_clock(octets, self._clock, text, 0 if self._text else 1):
                return None
            texts[_METER_TIME] = text.decode()
        values = array("i", map(mul, values, self._factors))
        entries = self._entries[:]
        entries[1::3] = values
        if self._signed:
            entries[2::3] = array("i", [value >> 31 for value in values])
        other = self._other.copy()
        for code, at, behind, unit in self._others:
            other[code] = octets[at:behind].decode(), unit
        for code in self._lists:
            values, unit = other[code]
            other[code] = values[:], unit
        reading = self._class.__new__(self._class)
        vars(reading).update(self._said, other=other, _texts=texts, _entries=entries)
        return reading


def _free_digits(mask, octets, start, end):
    for at in range(start, end):
        if octets[at] in _DIGITS:
            mask[at] = _DIGIT
