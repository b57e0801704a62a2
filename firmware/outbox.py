"""Messages that the broker has not confirmed: the newest few, in memory. The oldest make room."""

from micropython import const

_MOST = const(24)
_BYTES = const(4096)
# A message that so many sessions did not outlive is one that the broker does not want: others wait behind it.
_TRIES = const(5)


class Outbox:
    """A bounded queue out of which nothing goes before it is confirmed; one message besides is on its way.

    At most 24 messages, and 4 KB of payload unless one alone is larger. Attributes: dropped (count of messages), lost (the
    minutes from which a message was dropped; minutes.py takes them out again).
    """

    def __init__(self):
        self._waiting = []
        self._bytes = 0
        self._flying = None
        self._tries = 0
        self.dropped = 0
        self.lost = []

    def __len__(self):
        return len(self._waiting) + (self._flying is not None)

    def put(self, topic, payload, retain, minute=-1):
        """Queue a message. minute: the beginning of the one that it belongs to; -1: none."""
        waiting = self._waiting
        waiting.append((topic, payload, retain, minute))
        self._bytes += len(payload)
        while len(waiting) > _MOST or (self._bytes > _BYTES and len(waiting) > 1):
            self._bytes -= len(waiting[0][1])
            self._drop(waiting.pop(0))

    def _drop(self, entry):
        self.dropped += 1
        self.lose(entry[3])

    def lose(self, minute):
        """Keep in mind that something of this minute does not get through."""
        if minute >= 0 and minute not in self.lost:
            self.lost.append(minute)

    def take(self):
        """The oldest message, (topic, payload, retain, …), None without one: the same until it is confirmed, also when
        others make room; but not for ever."""
        if self._tries == _TRIES:
            self._drop(self._flying)
            self.confirm()
        if self._flying is None and self._waiting:
            self._flying = self._waiting.pop(0)
            self._bytes -= len(self._flying[1])
        if self._flying:
            self._tries += 1
        return self._flying

    def confirm(self):
        """The broker has the message that was taken."""
        self._flying = None
        self._tries = 0

    def oldest(self):
        """The minute of the oldest message that has one, -1 without one."""
        if self._flying is not None and self._flying[3] >= 0:
            return self._flying[3]
        for entry in self._waiting:
            if entry[3] >= 0:
                return entry[3]
        return -1
