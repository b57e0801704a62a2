"""Lines of another dongle's books into ours, so that a dongle can be replaced. Entered for one request."""

from micropython import const

from firmware import HttpError, let_go

# Octets, and intervals that are looked up at once.
_MOST = const(4096)
_NEAR = const(32)


async def answer(door, request, word, asked):
    keeper = door.keeper
    if request.name == "end":
        return 200, "", await _enter("recounting").run(keeper), ""
    if request.name != "lines":
        raise HttpError(404, "there is nothing here")
    lines = asked.get("lines")
    if not isinstance(lines, str) or len(lines) > _MOST:
        raise HttpError(400, "lines must be a text of at most %d characters" % _MOST)
    asked.clear()
    now = max(keeper.ledger.time, keeper.clock.epoch())
    if not now:
        raise HttpError(503, "the time is not known yet", "Retry-After: 10\r\n")
    rows, problems = _read(lines, now)
    lines = None
    let_go("energy.table")
    if problems:
        raise HttpError(422, {"problems": problems})
    count = len(rows)
    rows.sort()
    try:
        fresh = _fresh(rows)
        rows = None
        let_go("books", "energy.crc")
        for corrected in range(2):
            _enter("entries").append([row[:7] for row in fresh if row[7] == corrected], corrected)
    except OSError:
        raise HttpError(500, "the flash did not take it")
    finally:
        let_go("books", "entries", "draft", "energy.journal", "energy.crc")
    if keeper.dues:
        keeper.dues.closed(fresh)
    return 200, "", '{"taken":%d,"kept":%d}' % (len(fresh), count - len(fresh)), ""


def _enter(room):
    return getattr(__import__("firmware." + room), room)


def _read(lines, now):
    """(records with whether a user made them at their end, {number of a line: sentence})."""
    from energy import table

    rows = []
    problems = {}
    number = start = 0
    while start < len(lines) and len(problems) < 5:
        end = lines.find("\n", start)
        if end < 0:
            end = len(lines)
        number += 1
        try:
            found = table.read(lines[start:end])
            if found:
                record, corrected = found
                if (record[1] + 1) * record[0] > now:
                    raise table.TableError("the interval is not over yet")
                rows.append(record + (1 if corrected else 0,))
        except table.TableError as error:
            problems[str(number)] = str(error)
        start = end + 1
    return rows, problems


def _fresh(rows):
    """Those of the rows, which are in order, that the books do not have, or only of what was seen in part."""
    fresh = []
    at = 0
    while at < len(rows):
        span, first = rows[at][:2]
        end = at
        while end < len(rows) and rows[end][0] == span and rows[end][1] < first + _NEAR:
            end += 1
        known = [row[0] for row in _enter("books").find(span, first, rows[end - 1][1] + 1) if row[1] < 3 or row[6]]
        fresh += [row for row in rows[at:end] if row[1] not in known]
        at = end
    return fresh
