"""The rows of outages as a table for people. Pure."""

_COLUMNS = (  # head, key of the row
    ("meter", "meter"), ("sent", "sent"), ("parsed", "parsed"), ("stall ms", "stall_ms"), ("lost", "lost"), ("hours", "hours"),
    ("twice", "duplicates"), ("back s", "recover_s"), ("free B", "free"),
)
NOTE = ("sent, parsed: telegrams. stall: the longest of the common loop. lost: hourly registers and readings (of their own or in a "
        "minute) that did not arrive. hours: hourly registers that did. twice: messages that came twice. back: from the end of the "
        "outage to the first live reading. free: the lowest free heap.")


def _cells(row):
    return [row.get("words", row["name"])] + ["-" if row.get(key) is None else str(row[key]) for _, key in _COLUMNS]


def table(rows):
    """Lines: the outages, then the latencies."""
    lines = []
    outages = [row for row in rows if "sent" in row or not {"latency", "line"} & row.keys()]
    if outages:
        cells = [["outage", *(head for head, _ in _COLUMNS), ""]] + [_cells(row) + ["FAILS" if row["troubles"] else ""] for row in outages]
        widths = [max(len(line[at]) for line in cells) for at in range(len(cells[0]))]
        lines += ["  ".join([line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]).rstrip()
                  for line in cells] + ["", NOTE]
    lines += ["", *(f"{row['words']}: {row['line']}" for row in rows if "line" in row)]
    for latency in (each for row in rows for each in row.get("latency", ())):
        wire = ", ".join(f"list {name} {ms} ms" for name, ms in latency["wire_ms"].items())
        lines.append(f"From the last byte to the PUBLISH, {latency['meter']}: median {latency['median_ms']} ms, 99 % "
                     f"{latency['percentile_99_ms']} ms of {latency['telegrams']} telegrams; on the wire they take {wire}.")
    return lines
