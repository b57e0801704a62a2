"""machine.Pin of the ESP32 port: which pins there are, and which of them the chip drives (ports/esp32/machine_pin.c, machine_pin.h).

HAMN_MCU chooses the chip: esp32 (default), esp32s3, esp32c3. Pins of the flash are refused, which is stricter than the chip: there,
taking one ends the program without a word.
"""

import _host

# chip: (ranges of pins there are, the flash's left out, first pin that is input only)
_CHIPS = {
    "esp32": (((0, 5), (12, 23), (25, 27), (32, 39)), 34),
    "esp32s3": (((0, 21), (33, 48)), 99),
    "esp32c3": (((0, 10), (18, 21)), 99),
}
_ranges, _first_input_only = _CHIPS[_host.setting("HAMN_MCU", "esp32")]

driven = set()  # the numbers of all pins that are outputs now


def number(pin, output=False):
    """Return the number of a pin given as Pin or int; ValueError when there is none such, or it cannot be an output but has to."""
    if isinstance(pin, Pin):
        pin = pin._number
    if not isinstance(pin, int) or not any(low <= pin <= high for low, high in _ranges):
        raise ValueError("invalid pin")
    if output and pin >= _first_input_only:
        raise ValueError("pin can only be input")
    return pin


def drive(pin, on):
    """Note that pin `pin` is an output (`on`) or not."""
    if on:
        driven.add(pin)
    else:
        driven.discard(pin)


class Pin:
    """See the ESP32's machine.Pin. An input reads 1 with a pull-up, else 0: nothing is connected."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id, mode=None, pull=-1, *, value=None, drive=None, hold=None):
        self._number = number(id)
        self._level = 0
        if mode is not None or pull != -1 or value is not None:
            self.init(mode, pull, value=value)

    def init(self, mode=None, pull=-1, *, value=None, drive=None, hold=None):
        """Set direction, pull and level."""
        if mode is not None:
            output = bool(mode & 2)
            _note(number(self._number, output), output)
        if pull != -1 and self._number not in driven:
            self._level = 1 if pull == self.PULL_UP else 0
        if value is not None:
            self._level = 1 if value else 0

    def value(self, value=None):
        """Get or set the level."""
        if value is None:
            return self._level
        if self._number in driven:
            self._level = 1 if value else 0

    __call__ = value


_note = drive
