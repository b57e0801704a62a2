"""The lists that meters push, told apart by their content. What reads each form is loaded with the first of its kind."""

from ._const import const
from .axdr import Cursor
from .clock import put_clock
from .errors import MessageError
from .kernel import begin

_CLOCK = const(14)
_COUNT = const(2)
_ARRAY = const(1)
_STRUCTURE = const(2)

# What reads registers, and what reads structures.
_readers = [None, None]


def read_list(buf, pos, end, reading, work, known_vendor):
    """Fill the reading from the notification's body, buf[pos:end], by way of the work area.

    known_vendor  whose lists came before on this line. Raises MessageError.
    """
    begin(work, pos, end)
    if buf[pos] == _ARRAY:
        if _readers[0] is None:
            from .registers import read_registers

            _readers[0] = read_registers
        _readers[0](buf, pos, end, reading, work)
        if not reading.vendor:
            # Aidon's list 1 and its Swedish list carry no list id; Landis+Gyr E350 took over layout and addresses.
            reading.vendor = "Landis+Gyr" if known_vendor == "Landis+Gyr" else "Aidon"
        if work[_CLOCK]:
            put_clock(reading, buf, work[_CLOCK])
    else:
        if _readers[1] is None:
            from .structures import read_structure

            _readers[1] = read_structure
        cursor = Cursor(buf, pos, end)
        if cursor.next() != _STRUCTURE or cursor.size == 0:
            raise MessageError("the body is no list")
        _readers[1](cursor, cursor.size, reading, work, known_vendor)
    reading.take(work)
    if work[_COUNT]:
        reading.classify(work)
    elif reading.other:
        reading.list = "other"
    else:
        raise MessageError("the list is empty")
