"""The application: put together, then run under the supervisor for ever."""

import asyncio
import gc

import firmware


def run(healthy):
    """Run for ever. `healthy` is called once, when the run has proved good. Raises what no supervisor can mend."""
    # Small collections often instead of large ones late: the heap of the chip grows for good when it runs out.
    gc.threshold(8192)
    from firmware import assembly

    supervisor = assembly.assemble()
    del assembly
    firmware.let_go("assembly")
    asyncio.run(supervisor.run(healthy))
