"""The board's button: held for 3 s it opens the set-up Wi-Fi, held for 10 s it forgets everything and starts anew.
Entered when it is pressed.
"""

import asyncio

import machine
from micropython import const

_LOOK_MS = const(100)
_LONG = const(30)
_VERY_LONG = const(100)


async def run(link, network, pin):
    """Until it is let go: do what was asked for."""
    log = link.log
    held = 0
    while not pin.value():
        held += 1
        if held == _LONG:
            log.line("button", "the set-up Wi-Fi was asked for; hold on to forget everything")
            link.open_portal()
        elif held == _VERY_LONG:
            from firmware import forget

            forget.everything()
            log.line("button", "everything is forgotten")
            machine.reset()
        await asyncio.sleep_ms(_LOOK_MS)
