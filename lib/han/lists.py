"""The lists that meters push, told apart by their content. What reads each form is loaded with the first of its kind."""

from .axdr import ARRAY, STRUCTURE, Cursor
from .clock import put_clock
from .errors import MessageError
from .kernel import begin
from .work import CLOCK, COUNT

# What reads registers, and what reads structures.
_readers = [None, None]


def read_list(buf, pos, end, reading, work, known_vendor):
    """Fill the reading from the notification's body, buf[pos:end], by way of the work area.

    known_vendor  whose lists came before on this line. Raises MessageError.
    """
    begin(work, pos, end)
    if buf[pos] == ARRAY and buf[pos + 1] < 0x80:
        if _readers[0] is None:
            from .registers import read_registers

            _readers[0] = read_registers
        _readers[0](buf, pos, end, reading, work)
        if not reading.vendor:
            # Aidon's list 1 and its Swedish list carry no list id; Landis+Gyr E350 took over layout and addresses.
            reading.vendor = "Landis+Gyr" if known_vendor == "Landis+Gyr" else "Aidon"
        if work[CLOCK]:
            put_clock(reading, buf, work[CLOCK])
    else:
        if _readers[1] is None:
            from .structures import read_structure

            _readers[1] = read_structure
        cursor = Cursor(buf, pos, end)
        if cursor.next() != STRUCTURE or cursor.size == 0:
            raise MessageError("the body is no list")
        _readers[1](cursor, cursor.size, reading, work, known_vendor)
    reading.take(work)
    if work[COUNT]:
        reading.classify(work)
    elif reading.other:
        reading.list = "other"
    else:
        raise MessageError("the list is empty")
