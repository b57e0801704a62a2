"""What a fuzzing run found: counted, merged from its parts, printed, and kept so that it can be repeated."""

from collections import Counter, defaultdict

from tools.fuzz.damage import KINDS

_COLUMNS = ("streams", "octets", "sent", "right", "waited", "harmless", "chance", "violations")
_SHOWN = 20  # violations that are printed and kept


class Report:
    """`rows`: Counters by kind of damage, with the columns that are printed. `violations` and `chances`: [number, kind, words].

    `work`: by sort of stream the [lines an octet, number] of the one that cost most; `growth`: octets that a reader kept more, the second time that it
    heard the same; `peak`: octets allocated on top of a reader at any time.
    """

    def __init__(self):
        self.rows = defaultdict(Counter)
        self.violations = []
        self.chances = []
        self.work = {"plain": [0, -1], "ciphered": [0, -1]}
        self.growth = 0
        self.peak = 0

    def add(self, number, stream, verdict):
        """Count one stream."""
        row = self.rows[stream.kind]
        row.update(verdict.counts)
        row.update(streams=1, octets=len(stream.data), violations=len(verdict.problems),
                   waited=sum(sent.due > sent.complete for sent in stream.sent))
        self.violations += [[number, stream.kind, words] for words in verdict.problems]
        self.chances += [[number, stream.kind, words] for words in verdict.by_chance]

    def as_json(self):
        """All of it as plain objects, for merge()."""
        return vars(self)

    def merge(self, part):
        """Add another report's as_json()."""
        for kind, row in part["rows"].items():
            self.rows[kind].update(row)
        self.violations += part["violations"]
        self.chances += part["chances"]
        for sort, most in part["work"].items():
            self.work[sort] = max(self.work[sort], most)
        self.growth = max(self.growth, part["growth"])
        self.peak = max(self.peak, part["peak"])

    def total(self):
        """One Counter over all kinds."""
        return sum((Counter(row) for row in self.rows.values()), Counter())

    def lines(self):
        """The summary, as lines of text."""
        yield "%-24s" % "damage" + "".join("%11s" % column for column in _COLUMNS)
        rows = [(kind, self.rows[kind]) for kind in KINDS if kind in self.rows] + [("all", self.total())]
        for kind, row in rows:
            yield "%-24s" % kind + "".join("%11d" % row[column] for column in _COLUMNS)
        for number, kind, words in self.chances:
            yield f"by chance: stream {number} ({kind}): {words}"
        for sort, (lines, number) in self.work.items():
            yield f"work: at most {lines:.1f} lines of the parser an octet, {sort} (stream {number})"
        yield (f"memory: a reader grew by {self.growth} octets, and took at most {self.peak} more while it was fed")
        for number, kind, words in self.violations[:_SHOWN]:
            yield f"VIOLATION: stream {number} ({kind}): {words}"
        if len(self.violations) > _SHOWN:
            yield f"… and {len(self.violations) - _SHOWN} more"


def keep(folder, seed, number, stream, words):
    """Write the stream as hex text, with what is needed to repeat it beside it. Return the file with the octets."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{seed}-{number}.hex"
    text = stream.data.hex()
    path.write_text("".join(text[at:at + 64] + "\n" for at in range(0, len(text), 64)))
    path.with_suffix(".txt").write_text(
        f"{words}\n\ndamage: {stream.kind}; meter: {stream.meter}; feeds end at {stream.cuts}\n"
        f"again: python -m tools.fuzz --seed {seed} --only {number}\n")
    return path
