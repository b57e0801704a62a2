"""machine.Pin of the ESP32 port: which pins there are, and which of them the chip drives (ports/esp32/machine_pin.c, machine_pin.h).

HAMN_MCU chooses the chip: esp32 (default), esp32s3, esp32c3. Pins of the flash are refused, which is stricter than the chip: there,
taking one ends the program without a word.
"""

import _host
import os

driven = set()  # the numbers of all pins that are outputs now


def _chip():
    """(ranges of pins there are, the flash's left out; first pin that is input only)"""
    mcu = _host.setting("HAMN_MCU", "esp32")
    if mcu == "esp32s3":
        return ((0, 21), (33, 48)), 99
    if mcu == "esp32c3":
        return ((0, 10), (18, 21)), 99
    return ((0, 5), (12, 23), (25, 27), (32, 39)), 34


def number(pin, output=False):
    """Return the number of a pin given as Pin or int; ValueError when there is none such, or it cannot be an output but has to."""
    if isinstance(pin, Pin):
        pin = pin.id
    ranges, first_input_only = _chip()
    if not isinstance(pin, int) or not any(low <= pin <= high for low, high in ranges):
        raise ValueError("invalid pin")
    if output and pin >= first_input_only:
        raise ValueError("pin can only be input")
    return pin


class Pin:
    """See the ESP32's machine.Pin. Nothing is connected but a button to ground, which is pressed while the file HAMN_BUTTON exists, and
    a relay: the file HAMN_OUTPUT has the number and the level of the output that was switched last."""

    IN = 1
    OUT = 3
    PULL_UP = 2

    def __init__(self, id, mode=None, pull=None, value=None):
        self.id = number(id)
        if mode is not None:
            output = mode & 2
            number(id, output)
            (driven.add if output else driven.discard)(self.id)
        if value is not None:
            self.value(value)

    def value(self, level=None):
        """0 while the button is pressed. With a level: switch the output."""
        if level is not None:
            if self.id in driven:
                with open(_host.setting("HAMN_OUTPUT", "/dev/null"), "w") as f:
                    f.write("%d %d" % (self.id, 1 if level else 0))
            return None
        try:
            os.stat(_host.setting("HAMN_BUTTON", ""))
            return 0
        except OSError:
            return 1
