"""Gateways that change devices side by side, in this process or each in one of its own.

`python -m tests.events.writing URL WRITERS ROUNDS` prints what was acknowledged, a line for each event.
`python -m tests.events.writing URL` makes one device and is killed before its event can get a position.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from subprocess import PIPE
from time import monotonic
from typing import Any, NamedTuple

from gateway.db.database import Database
from gateway.db.rows import DeviceRow
from gateway.db.session import Session, Transaction
from gateway.domain.commands import CreateDevice, UpdateDevice
from gateway.domain.enums import DeviceStatus
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.principal import THE_GATEWAY
from gateway.domain.uuids import Uuid, new_uuid
from gateway.events.log import EventLog
from gateway.services.devices import create_device, update_device
from gateway.services.use_case import change

ROOT = Path(__file__).parents[2]
LONGEST_PAUSE = 0.02
UPDATES = 2
CLIENTS = [Uuid("7098dc22-fed5-4d9e-8e68-6c6f853eac0c"), Uuid("1f0d8a5e-0b1f-4c58-9a52-3d4f0c2b7e11")]

Change = Callable[[Transaction], Awaitable[DeviceRow]]


class Acknowledged(NamedTuple):
    """An event whose change was acknowledged, and when that was asked for and answered."""

    device_id: Uuid
    version: int
    client_id: str
    asked: float
    answered: float

    @property
    def event(self) -> tuple[Uuid, int]:
        return self.device_id, self.version


async def slowly(transaction: Transaction, make: Change) -> DeviceRow:
    """Make a change and let others overtake it, where they can: on SQLite they wait for it."""
    row = await make(transaction)
    if transaction.dialect.name == "postgresql":
        await asyncio.sleep(random.uniform(0, LONGEST_PAUSE))
    return row


async def told_of(database: Database, make: Change) -> Acknowledged:
    """Make a change, and return what its caller knows of it."""
    asked = monotonic()
    row = await change(Session(database), THE_GATEWAY, slowly, make)
    return Acknowledged(row.id, row.version, row.client_id, asked, monotonic())


async def write(database: Database, rounds: int) -> list[Acknowledged]:
    """Make devices of two clients, and change each some times."""
    told: list[Acknowledged] = []
    for _ in range(rounds):
        told.append(await told_of(database, partial(create_device, command=new_device(random.choice(CLIENTS)))))
        device = DeviceIdentifier(told[-1].device_id)
        for number in range(UPDATES):
            command = UpdateDevice(device=device, changes={"name": f"Device {number}"}, expected_version=None)
            told.append(await told_of(database, partial(update_device, command=command)))
    return told


def new_device(client_id: Uuid) -> CreateDevice:
    values: dict[str, Any] = {
        "name": "Device",
        "status": DeviceStatus.ACTIVE,
        "barcode": None,
        "description": None,
        "client_id": client_id,
        "project_id": new_uuid(),
        "device_specification_id": new_uuid(),
    }
    return CreateDevice(values=values, network_adapters=(), device_group_ids=(), idempotency_key=None)


@asynccontextmanager
async def following(database: Database) -> AsyncIterator[EventLog]:
    """Yield the log of a process that follows it."""
    log = EventLog(database)
    task = asyncio.create_task(log.follow())
    yield log
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def process(url: str, *numbers: int) -> asyncio.subprocess.Process:
    arguments = ["-m", "tests.events.writing", url, *map(str, numbers)]
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stdout=PIPE)


async def acknowledged(process: asyncio.subprocess.Process) -> list[Acknowledged]:
    """Return what a process that has written was told."""
    output, _ = await process.communicate()
    assert process.returncode == 0
    lines = [line.split() for line in output.decode().splitlines()]
    return [Acknowledged(Uuid(id_), int(version), client, float(a), float(b)) for id_, version, client, a, b in lines]


async def _write(url: str, writers: int, rounds: int) -> None:
    database = Database(url)
    async with following(database):
        for told in await asyncio.gather(*(write(database, rounds) for _ in range(writers))):
            for each in told:
                print(*each)
    await database.close()


async def _make_one_and_be_killed(url: str) -> None:
    await told_of(Database(url), partial(create_device, command=new_device(CLIENTS[0])))
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    url, *numbers = sys.argv[1:]
    asyncio.run(_write(url, *map(int, numbers)) if numbers else _make_one_and_be_killed(url))
