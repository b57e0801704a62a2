"""A reading: what one verified message of the meter said."""

from ._const import const
from .kernel import name
from .quantities import customary_name, find

_COUNT = const(2)
_ENTRIES = const(16)
_REGISTER = const(15)
_METER_TIME = const(45)
_NONE = const(255)


def decimal(value, places, shown):
    """The integer value, in units of 10**-places, as text with `shown` decimals, 0..places."""
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value), 10 ** places)
    if shown == 0:
        return "%s%d" % (sign, whole)
    digits = str(rest)
    return "%s%d.%s" % (sign, whole, ("0" * (places - len(digits)) + digits)[:shown])


class Reading:
    """A mapping from the quantities' names to integers in the unit that the name ends with, and to texts.

    What the meter did not send is absent. Texts come first, then numbers in the order in which they were sent.

    protocol  "hdlc" or "p1"
    vendor    the meter's maker; "" where unknown
    list      "1", "2", "3" by content (3: registers; 2: more than the power; 1: the power alone), "p1" for a telegram
    rule      whose papers told the scale, where the wire does not ("Kaifa", "Kamstrup 685", …); "" where it does
    clock_offset   minutes that meter_time is ahead of UTC, where the meter states it, else None
    clock_summer   True for summer time, False for normal time, where the meter states it, else None
    clock_invalid  True where the meter marks its own clock as wrong
    other     what has no name here: OBIS code, or "#n" for the n-th element or line, to (value, unit); value is an
              integer, a text, or None; where the meter sent several, a list of them, a telegram's as (value, unit)
    """

    # Defaults of the class: a reading keeps only what differs.
    vendor = ""
    list = ""
    rule = ""
    clock_offset = None
    clock_summer = None
    clock_invalid = False

    def __init__(self, protocol):
        self.protocol = protocol
        self.other = {}
        self._texts = {}
        self._entries = ()

    def put_text(self, quantity, text):
        """Add a text. Return False, and change nothing, where it is already there or empty."""
        if not text or quantity in self._texts:
            return False
        self._texts[quantity] = text
        return True

    def take(self, work):
        """Take over the entries of a parser's work area."""
        self._entries = work[_ENTRIES:_ENTRIES + 3 * work[_COUNT]]

    def merge(self, other):
        """Take over all that another reading says, under its protocol, vendor and list; what it does not say stays."""
        self.protocol = other.protocol
        self.vendor = other.vendor or self.vendor
        self.list = other.list
        self._texts.update(other._texts)
        theirs = other._entries
        mine = self._entries
        at = 0
        for n in range(0, len(theirs), 3):
            size = len(mine)
            # Lists keep their order: the one wanted is where the last one ended, as a rule.
            for _ in range(0, size, 3):
                if at >= size:
                    at = 0
                if mine[at] & 0xFF == theirs[n] & 0xFF:
                    break
                at += 3
            else:
                mine = self._entries = mine + theirs[n:n + 3] if size else theirs[n:n + 3]
                at = size
                continue
            for word in range(3):
                mine[at + word] = theirs[n + word]
            at += 3

    def classify(self, work):
        """Set `list` by what was read: the announced kind of list is not on the wire, or not to be relied on."""
        if work[_REGISTER]:
            self.list = "3"
        else:
            self.list = "1" if work[_COUNT] == 1 and work[_ENTRIES] & 0xFF == 0 else "2"

    def __len__(self):
        return len(self._texts) + len(self._entries) // 3

    def __contains__(self, key):
        return self.get(key) is not None

    def __getitem__(self, key):
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def get(self, key, default=None):
        """The value of that name, or default."""
        quantity = find(key)
        if quantity == _NONE:
            return default
        if quantity >= _METER_TIME:
            return self._texts.get(quantity, default)
        entries = self._entries
        for at in range(0, len(entries), 3):
            if entries[at] & 0xFF == quantity:
                return self._value(at)
        return default

    def _value(self, at):
        low = self._entries[at + 1]
        high = self._entries[at + 2]
        return low if high == low >> 31 else (high << 32) + (low & 0xFFFFFFFF)

    def items(self):
        """(name, value) pairs."""
        for quantity in sorted(self._texts):
            yield name(quantity), self._texts[quantity]
        entries = self._entries
        for at in range(0, len(entries), 3):
            low = entries[at + 1]
            yield name(entries[at] & 0xFF), low if entries[at + 2] == low >> 31 else self._value(at)

    def customary(self):
        """(name, text) pairs as people expect them: V, A, W, kWh, var, kvarh, Hz, with the decimals the meter sent."""
        for quantity in sorted(self._texts):
            yield name(quantity), self._texts[quantity]
        for at in range(0, len(self._entries), 3):
            key, places = customary_name(self._entries[at] & 0xFF)
            yield key, decimal(self._value(at), places, self._entries[at] >> 8)
