"""The board's button: held for 3 s it opens the set-up Wi-Fi, held for 10 s it forgets everything and starts anew.

A pin that hangs low from the start is no finger: it counts only once it was seen high.
"""

import asyncio

import machine
from micropython import const

from firmware import let_go

_LOOK_MS = const(100)
_LONG = const(30)
_VERY_LONG = const(100)


class Button:
    """pin: its number; it pulls to ground."""

    def __init__(self, pin, link, log):
        self._pin = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)
        self._link = link
        self._log = log

    async def run(self, beat):
        """For ever: look, and do what was asked for."""
        held = None  # looks; None: it was low from the start
        while True:
            await asyncio.sleep_ms(_LOOK_MS)
            if self._pin.value():
                held = 0
            elif held is not None:
                held += 1
                if held == _LONG:
                    self._log.line("button", "the set-up Wi-Fi was asked for; hold on to forget everything")
                    self._link.open_portal()
                elif held == _VERY_LONG:
                    from firmware import forget

                    forget.everything()
                    let_go("forget")
                    self._log.line("button", "everything is forgotten")
                    machine.reset()
