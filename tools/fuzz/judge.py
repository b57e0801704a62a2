"""What must hold while a reader is fed a stream, and who measures it.

    right       each message that was sent intact is read, with the truth, in the feed that brings the octet by which it is due:
                its own last one, or, where damage before it announces more (a header whose checksum is right, with a length that is
                not; see fuzz_units.awaited), the last one announced
    nothing     no other reading comes, except
      harmless  the truth of a message that was damaged where it does not matter, or not at all
      chance    what a frame or telegram with valid checksums says that nobody sent: damage can make one, once in 65536 times. It
                must be there, found apart from the reader. A message that overlaps it may be lost.
    no exception, no feed that does not end; work and memory stay within bounds (`work`, `footprint`)
"""

import gc
import signal
import sys
import types
from collections import Counter

from tools.fuzz.sources import agrees, truth_of
from tools.fuzz.units import units

SECONDS = 10  # no stream takes a fraction of that

COUNTS = ("sent", "right", "harmless", "chance")
_SHARED = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType)


class Stuck(Exception):
    """A feed did not end."""


def _stuck(*_):
    raise Stuck(f"no end after {SECONDS} s")


class Deadline:
    """Raises Stuck in its block after SECONDS. For the main thread."""

    def __enter__(self):
        self._before = signal.signal(signal.SIGALRM, _stuck)
        signal.setitimer(signal.ITIMER_REAL, SECONDS)

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before)


class Verdict:
    """`counts` by the names in COUNTS, and `problems`: what must not be, in words."""

    def __init__(self):
        self.counts = Counter()
        self.problems = []
        self.by_chance = []  # the readings and losses by chance, in words


def judge(stream, make_reader):
    """Feed the stream to a new reader. Return the Verdict."""
    return _Trial(stream, make_reader).run()


class _Trial:
    def __init__(self, stream, make_reader):
        self._stream = stream
        self._make_reader = make_reader
        self._verdict = Verdict()
        self._open = list(stream.sent)  # not read yet
        self._units = None

    def run(self):
        stream, verdict = self._stream, self._verdict
        verdict.counts["sent"] = len(stream.sent)
        reader = self._make_reader(**stream.keys)
        begun = 0
        with Deadline():
            for cut in stream.cuts:
                try:
                    readings = reader.feed(stream.data[begun:cut])
                except Exception as error:  # whatever it is: it is what is looked for
                    verdict.problems.append(f"{type(error).__name__}: {error} in the feed of octets {begun} to {cut}")
                    break
                for reading in readings:
                    self._match(truth_of(reading), cut)
                self._overdue(cut)
                begun = cut
        return verdict

    def _match(self, said, fed):
        counts = self._verdict.counts
        for sent in self._open:
            if sent.complete <= fed and agrees(said, sent.truth):
                self._open.remove(sent)
                counts["right"] += 1
                return
        # What a tag covers may be read though the frame around it is damaged, and is then "dlms"; or the telegram's ident line, and
        # then nobody says who made the meter.
        unsure = {"protocol": said["protocol"]} if said["vendor"] else {"protocol": said["protocol"], "vendor": ""}
        if any(agrees(said, {**truth, **unsure}) for truth in self._stream.originals):
            counts["harmless"] += 1
        elif any(agrees(said, truth) for truth in self._forgeries()):
            counts["chance"] += 1
            self._verdict.by_chance.append(f"read {said}")
        else:
            self._verdict.problems.append(f"wrong after octet {fed}: {said}")

    def _overdue(self, fed):
        for sent in [sent for sent in self._open if sent.due <= fed]:
            self._open.remove(sent)
            what = f"octets {sent.start} to {sent.complete}, due at {sent.due}, not read at {fed}: {sent.truth}"
            if any(unit.start < sent.complete and unit.end > sent.start for unit in self._forged()):
                self._verdict.by_chance.append(what)
                self._verdict.counts["chance"] += 1
            else:
                self._verdict.problems.append("lost: " + what)

    def _forged(self):
        """The units with valid checksums that nobody sent."""
        if self._units is None:
            self._units = units(self._stream.data)
        return [unit for unit in self._units
                if not any(sent.start <= unit.start and unit.end <= sent.complete for sent in self._stream.sent)]

    def _forgeries(self):
        """What a reader makes of these units, of each alone, and of those of a message in pieces."""
        data = self._stream.data
        forged = [data[unit.start:unit.end] for unit in self._forged()]
        # What a list without a known id is taken for depends on the maker of those before.
        before = [data[sent.start:sent.complete] for sent in self._stream.sent[:1]]
        for octets in forged + [b"".join(forged)]:
            for heard in [b""] + before:
                reader = self._make_reader(**self._stream.keys)
                reader.feed(heard)
                for reading in reader.feed(octets):
                    yield truth_of(reading)


def work(stream, make_reader, folder):
    """Lines of the source files in `folder` that a reader executes for the stream."""
    executed = 0

    def line(frame, event, argument):
        nonlocal executed
        executed += event == "line"
        return line

    def call(frame, event, argument):
        return line if frame.f_code.co_filename.startswith(folder) else None

    reader = make_reader(**stream.keys)
    begun = 0
    before = sys.gettrace()
    sys.settrace(call)
    try:
        for cut in stream.cuts:
            reader.feed(stream.data[begun:cut])
            begun = cut
    finally:
        sys.settrace(before)
    return executed


def footprint(thing):
    """Octets of the objects that `thing` alone keeps: what modules and classes keep does not count."""
    seen, size, rest = set(), 0, [thing]
    while rest:
        it = rest.pop()
        if id(it) in seen or isinstance(it, _SHARED):
            continue
        seen.add(id(it))
        size += sys.getsizeof(it)
        rest += gc.get_referents(it)
    return size
