"""The bench's results as text."""

from tools.bench import peers as bench_peers

_WIDTH = 14  # of all columns but the first


def lines(results):
    """The lines of the table."""
    yield f"CPython {results['python']}; instructions on 64-bit, memory on 32-bit MicroPython; a Reader of {results['buffer']} octets"
    for title, columns, rows in _sections(results):
        rows = list(rows)
        first = max(len(name) for name in (title, *(row[0] for row in rows)))
        yield ""
        yield _row(title, columns, first)
        for name, *values in rows:
            yield _row(name, values, first)
    for key, words in (("left_out", "left out"), ("failed", "FAILED")):
        if results[key]:
            yield ""
            for text in results[key]:
                yield f"{words}: {text}"


def _row(name, values, first):
    return (f"{name:{first}}" + "".join(f"{_text(value):>{_WIDTH}}" for value in values)).rstrip()


def _text(value):
    return "-" if value is None else value if isinstance(value, str) else f"{value:.1f}" if isinstance(value, float) else str(value)


def _sections(results):
    """(title, heads of the columns, rows) of what was measured."""
    if "instructions" in results:
        pieces = f"by {results['pieces']}"
        yield "instructions a byte", ("octets", "machine code", pieces, "bytecode", pieces), [
            (row["words"], row["octets"], *row["machine code"].values(), *row["bytecode"].values()) for row in results["instructions"].values()
        ]
    if "allocations" in results:
        yield "octets allocated", ("a message", "kept", "while waiting", "heap locked"), [
            (row["words"], row["message"], row["kept"], row["waiting"], "yes" if row["locked"] else "no")
            for row in results["allocations"].values()
        ]
    for form, cases in results.get("heap", {}).items():
        yield f"octets of heap, {form}", ("with Reader", "without", "least heap"), [
            (case, row["with_reader"], row["without_reader"], row["least"]) for case, row in cases.items()
        ]
    if "code" in results:
        yield "octets of .mpy", tuple(results["code"]), _code(results["code"])
    if "cpython" in results:
        yield "1000 octets a second, CPython", (*bench_peers.PEERS, "ours is", "than"), [
            (bench_peers.SETS[name], *(_thousands(speeds.get(peer)) for peer in bench_peers.PEERS), *_ratio(speeds))
            for name, speeds in results["cpython"].items()
        ]
    if results["targets"]:
        yield "targets", ("measured", "target", ""), [
            (target["words"], target["value"], (">= " if target["at_least"] else "<= ") + _text(target["limit"]),
             f"  {target['verdict']} ({target['unit']})") for target in results["targets"]
        ]


def _code(code):
    for name in sorted(set().union(*code.values())):
        yield (name, *(sizes.get(name) for sizes in code.values()))
    yield ("all", *(sum(sizes.values()) for sizes in code.values()))


def _thousands(speed):
    return None if speed is None else round(speed / 1000)


def _ratio(speeds):
    compared = bench_peers.ratio(speeds)
    return (f"{compared[0]:.1f} x", compared[1]) if compared else (None, None)
