"""What dues.py has done now and then: one room after the other looks at what is new in the books. A rare room.

Where memory is short or the flash fails, it is tried again later; what was not looked at is in the books.
"""

from micropython import const

from firmware import let_go, sentence

# In s: when it is tried again for want of memory, and when the flash failed.
_SHORT_S = const(30)
_RETRY_S = const(600)
# Intervals that are looked up at once.
_LOT = const(24)
_ROOMS = const(("capacity", "prices"))
_TOPICS = const(("/peaks", "/cost"))
_FREED = const(("capacity", "monthly", "terms", "prices", "quotes", "standing", "books", "draft", "energy.tariff", "energy.presets",
                "energy.peaks", "energy.headroom", "energy.changing", "energy.checking", "energy.price", "energy.contract", "energy.cost",
                "energy.windows", "energy.holidays", "energy.errors", "energy.snapshot", "energy.journal", "energy.crc"))


def work(dues):
    """A generator that does what is due; something else may be done whenever it yields."""
    keeper = dues.keeper
    if dues.session != keeper.uplink.sessions:
        # A broker may have forgotten what was retained.
        dues.session = keeper.uplink.sessions
        for n in range(2):
            if (dues.tariff != "none", dues.priced)[n]:
                _remind(keeper, n)
    for n in range(2):
        while dues.due[n]:
            since = dues.since[n]
            try:
                yield from _look(dues, n)
                continue
            except MemoryError:
                keeper.tell("too little memory for the work on %s" % _ROOMS[n])
                dues.again = keeper.log.uptime() + _SHORT_S
            except OSError as error:
                keeper.tell(sentence("LEDGER", error.errno))
                dues.again = keeper.log.uptime() + _RETRY_S
            except ValueError as error:
                # Data of the user that cannot be used: tried again when there is something new.
                keeper.log.line(_ROOMS[n], str(error))
                dues.since[n] = None
                dues.due[n] = False
            finally:
                let_go(*_FREED)
            break
    let_go("errands")


def _look(dues, n):
    """Have a room look at some intervals."""
    span, since = dues.spans[n], dues.since[n]
    records = []
    more = False
    dues.due[n] = False
    try:
        if since is not None:
            from firmware import books

            end = dues.keeper.ledger.time // span
            upto = min(end, since + _LOT)
            for row in books.find(span, since, upto):
                records.append((span,) + row)
            del books
            let_go(*_FREED)
            more = upto < end
            # What is not in the books yet is looked for again.
            dues.since[n] = next_one = upto if more else records[-1][1] + 1 if records else since
            yield
        room = getattr(__import__("firmware." + _ROOMS[n]), _ROOMS[n])
        facts = yield from room.work(dues, records, more)
        del room
        let_go(*_FREED)
        if facts and n == 0:
            yield
            from firmware import monthly

            facts = monthly.find(dues)
            del monthly
            let_go(*_FREED)
        if facts:
            yield
            from firmware import standing

            standing.tell(dues.keeper, n, facts)
            del standing
        if since is None or more or dues.since[n] < next_one:
            dues.due[n] = True
    except BaseException:
        dues.due[n] = True
        if since is not None:
            dues.since[n] = since if dues.since[n] is None else min(since, dues.since[n])
        raise


def _remind(keeper, n):
    """Tell the broker what a room has told last."""
    try:
        with open("ledger/%s.json" % _ROOMS[n], "rb") as f:
            keeper.uplink.put((keeper.uplink.topic + _TOPICS[n]).encode(), f.read(2048), True)
    except (OSError, MemoryError):
        pass
