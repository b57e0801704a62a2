"""Arrays and structures as a whole: taken, or stepped over. Loaded with the first list that needs it: most name each element."""

from ._const import const
from .errors import MessageError

_ARRAY = const(1)
_STRUCTURE = const(2)
_DEPTH = const(8)


def values_of(cursor, depth=1):
    """The cursor's container as a list of plain values, of lists where there are containers in it. Raises MessageError."""
    if depth == _DEPTH:
        raise MessageError("nested too deep")
    values = []
    for _ in range(cursor.size):
        tag = cursor.next()
        values.append(values_of(cursor, depth + 1) if tag == _ARRAY or tag == _STRUCTURE else cursor.value())
    return values


def skip(cursor):
    """Step over the cursor's element, a container with all that is in it. Raises MessageError."""
    if cursor.tag != _ARRAY and cursor.tag != _STRUCTURE:
        return
    counts = [cursor.size]
    while counts:
        if counts[-1] == 0:
            counts.pop()
            continue
        counts[-1] -= 1
        tag = cursor.next()
        if tag == _ARRAY or tag == _STRUCTURE:
            if len(counts) == _DEPTH:
                raise MessageError("nested too deep")
            counts.append(cursor.size)
