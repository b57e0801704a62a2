"""What Home Assistant's reader of HomeWizard makes of a dongle. Runs in an environment and a process of its own.

Takes HOST:PORT; writes a line of JSON: {"device": {field: value}, "data": {field: value}}, without the fields that it did not find.
"""

import asyncio
import dataclasses
import json
import sys

from homewizard_energy import HomeWizardEnergy


def found(parsed):
    """The fields of a dataclass that have a value."""
    return {name: value for name, value in dataclasses.asdict(parsed).items() if value is not None}


async def read(host):
    async with HomeWizardEnergy(host) as reader:
        return {"device": found(await reader.device()), "data": found(await reader.data())}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(read(sys.argv[1]))))
