"""What the house owes for its energy: when there is something to count. errands.py does it: capacity.py has the tariff and its peaks,
prices.py prices and costs. Only this much stays in memory.
"""

import gc

from micropython import const

from firmware import let_go

# In s: so long nothing is tried at the start, when others need the memory, and again where there was none; so long prices are not
# asked for again for which there was none.
_SHORT_S = const(30)
_LATER_S = const(60)
# Octets that must be free for it: the largest of the rooms, and what readings need meanwhile.
_ROOM = const(14336)


class Dues:
    """keeper: the firmware.bookkeeper.Bookkeeper. tariff: word of the setting; priced: whether prices are counted.

    For the rooms, the first of each pair is capacity's, the second prices': since (the interval from which on the books have to be
    looked at; None: not known yet), spans (length of these intervals in s), due (whether there is something to do); wishes (corrections,
    as correct() takes them), offer (prices that have come: currency and runs of an energy.spot.Offer), session (in which it was told how things stand),
    again (uptime before which nothing is tried).
    """

    def __init__(self, keeper, tariff, priced):
        self.keeper = keeper
        self.tariff = tariff
        self.priced = priced
        self.since = [None, None]
        self.spans = [keeper.span, 900]
        self.due = [tariff != "none", priced]
        self.wishes = []
        self.offer = self._piece = self._work = None
        self.session = 0
        self.again = _SHORT_S

    @property
    def busy(self):
        """Whether a room is in memory for it."""
        return self._work is not None

    def correct(self, what, index=0, power=0):
        """Have a peak corrected as soon as there is memory: "confirm", "drop" or "put" (so many W) the interval of that index; or "undo"
        the last correction. False where that cannot be."""
        if self.tariff == "none" or len(self.wishes) > 7:
            return False
        self.wishes.append((what, index, power))
        self.due[0] = True
        self.again = 0
        return True

    def renew(self):
        """Have everything looked at under a tariff or a contract that is new."""
        self.since = [None, None]
        self.due = [self.tariff != "none", self.priced]
        self.again = 0

    def closed(self, records):
        """Take notice of records that the ledger has closed and that are in the books."""
        for record in records:
            for n in range(2):
                if record[0] == self.spans[n] and self.since[n] is not None:
                    self.since[n] = min(self.since[n], record[1])
            if record[0] == self.spans[0]:
                self.due[0] = self.tariff != "none"
            # Costs are counted by the hour.
            if record[0] == 3600:
                self.due[1] = self.priced

    def take(self, payload, at, rest):
        """Take a piece of a message with prices: `at` octets were before it, `rest` come."""
        try:
            if not at:
                from energy.spot import Offer

                self._piece = Offer()
            if self._piece:
                self._piece.feed(payload)
                if not rest:
                    self.offer = self._piece.currency, self._piece.runs()
                    self.due[1] = True
                    self.again = 0
        except MemoryError:
            self._piece = None
            self.keeper.uplink.due = self.keeper.log.uptime() + _LATER_S
        except ValueError as error:
            self._piece = None
            self.keeper.log.line("prices", "these are refused: " + str(error))
        if not rest or not self._piece:
            self._piece = None
            let_go("energy.spot", "energy.errors")

    def turn(self):
        """Do a little of what there is to do. To be called a few times a second."""
        keeper = self.keeper
        try:
            if not self._work:
                told = self.session == keeper.uplink.sessions
                if told and not self.due[0] and not self.due[1] or keeper.log.uptime() < self.again or not keeper.ledger.time:
                    return
                gc.collect()
                if gc.mem_free() < _ROOM:
                    raise MemoryError
                from firmware import errands

                self._work = errands.work(self)
                del errands
            next(self._work)
            return
        except StopIteration:
            pass
        except MemoryError:
            self.again = keeper.log.uptime() + _SHORT_S
            keeper.tell("too little memory to count peaks and costs; trying on")
        self._work = None
        let_go("errands")
