"""What the house owes for its energy: when there is something to count. errands.py does it: capacity.py has the tariff and its peaks,
prices.py prices and costs. Only this much stays in memory.
"""

from micropython import const

from firmware import let_go

# In s: so long nothing is tried for which there was no memory.
_SHORT_S = const(30)


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
        self.offer = self._coming = self._job = None
        self.session = self.again = 0

    @property
    def busy(self):
        """Whether a room is in memory for it."""
        return self._job is not None

    def correct(self, action, index=0, watts=0):
        """Have a peak corrected as soon as there is memory: "confirm", "drop" or "put" (so many W) the interval of that index; or "undo"
        the last correction. False where that cannot be."""
        if self.tariff == "none" or len(self.wishes) > 7:
            return False
        self.wishes.append((action, index, watts))
        self.due[0] = True
        self.again = 0
        return True

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

                self._coming = Offer()
            if self._coming:
                self._coming.feed(payload)
                if not rest:
                    self.offer = self._coming.currency, self._coming.runs()
                    self.due[1] = True
                    self.again = 0
        except (MemoryError, ValueError) as error:
            self._coming = None
            self.keeper.log.line("prices", "refused: " + str(error))
        if not rest or not self._coming:
            self._coming = None
            let_go("energy.spot", "energy.errors")

    def turn(self):
        """Do a little of what there is to do. To be called a few times a second."""
        keeper = self.keeper
        try:
            if not self._job:
                told = self.session == keeper.uplink.sessions
                if told and not self.due[0] and not self.due[1] or keeper.log.uptime() < self.again or not keeper.ledger.time:
                    return
                from firmware import errands

                self._job = errands.work(self)
                del errands
            next(self._job)
            return
        except StopIteration:
            pass
        except MemoryError:
            self.again = keeper.log.uptime() + _SHORT_S
        self._job = None
        let_go("errands")
