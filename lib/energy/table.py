"""Hours and quarter hours as lines of text (CSV, RFC 4180 with semicolons) and back, so that a dongle can be replaced.

Energies are whole Wh and varh; times are local with their distance from UTC, so that the 25th hour of a day is told from the 24th.
"""

from . import zone

HEAD = "begin;seconds;quality;import_wh;export_wh;reactive_import_varh;reactive_export_varh;corrected"
QUALITIES = ("measured", "split", "estimated", "missing")


class TableError(ValueError):
    """A line that is none of this table; the text says what is wrong."""


def line(record, standard, corrected=False):
    """The line of a record (span, index, quality, Wh, Wh, varh, varh), without a line end."""
    span, index, quality = record[:3]
    utc = index * span
    local = zone.local(standard, utc)
    day, second = divmod(local, 86400)
    ahead = (local - utc) // 3600
    begin = "%04d-%02d-%02dT%02d:%02d:00+%02d:00" % (zone.date(day) + (second // 3600, second % 3600 // 60, ahead))
    return "%s;%d;%s;%d;%d;%d;%d;%d" % ((begin, span, QUALITIES[quality]) + tuple(record[3:7]) + (1 if corrected else 0,))


def read(text):
    """(record, corrected) of a line, None for the head or an empty one. Raises TableError."""
    text = text.strip()
    if not text or text == HEAD:
        return None
    parts = text.split(";")
    if len(parts) != 8 or len(parts[0]) != 25 or parts[0][19] not in "+-" or parts[0][22:] != ":00":
        raise TableError("a line needs begin (2026-01-31T10:00:00+01:00) and seven more columns")
    begin = zone.read_clock(parts[0][:19])
    if parts[2] not in QUALITIES or parts[1] not in ("900", "3600"):
        raise TableError("seconds must be 900 or 3600, quality one of " + ", ".join(QUALITIES))
    try:
        utc = begin - int(parts[0][19:22]) * 3600
        numbers = [int(part) for part in parts[3:7]]
    except ValueError:
        raise TableError("energies must be whole numbers")
    span = int(parts[1])
    if begin < 0 or utc < 0 or utc % span or parts[7] not in ("0", "1"):
        raise TableError("begin must be the beginning of an interval since 2000, corrected 0 or 1")
    if min(numbers) < 0 or max(numbers) > 0xFFFFFF:
        raise TableError("energies must be from 0 to 16777215")
    return (span, utc // span, QUALITIES.index(parts[2])) + tuple(numbers), parts[7] == "1"
