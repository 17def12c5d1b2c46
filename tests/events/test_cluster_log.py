"""The log of a cluster whose servers lose connections: nothing is lost in it, and each client's order is exact."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from functools import partial

import asyncpg
import pytest

from gateway.db.database import Database
from gateway.db.queries.events import log_state
from gateway.db.session import Session
from gateway.domain.commands import UpdateDevice
from gateway.domain.errors import Contended, Unavailable
from gateway.domain.identifiers import DeviceIdentifier
from gateway.domain.uuids import new_uuid
from gateway.services.devices import create_device, update_device
from tests.citus import CitusDatabases
from tests.databases import fetched
from tests.events.reading import LogReader
from tests.events.writing import Acknowledged, following, new_device, told_of
from tests.services.support import caller
from tests.waiting import until

pytestmark = pytest.mark.anyio

CLIENTS = [new_uuid() for _ in range(4)]
WRITERS, ROUNDS = 6, 4
END_OTHERS = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""
RECOVER = "SELECT recover_prepared_transactions()"


@pytest.fixture
def url(citus: CitusDatabases) -> Iterator[str]:
    with citus.copy() as url:
        yield url


@pytest.fixture
async def gateways(url: str) -> AsyncIterator[list[Database]]:
    """Yield the cluster as two gateways have it."""
    databases = [Database(url) for _ in range(2)]
    yield databases
    for each in databases:
        await each.close()


class Writer:
    """Makes devices, changes them and gives some to other clients until it is told to stop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.told: list[Acknowledged] = []

    async def write(self) -> None:
        while True:
            with suppress(Unavailable, Contended):
                await self._write_one()
            await asyncio.sleep(0)

    async def _write_one(self) -> None:
        client = random.choice(CLIENTS)
        device = await told_of(self._database, partial(create_device, command=new_device(client)))
        self.told.append(device)
        for changes in ({"name": "Pump"}, {"client_id": random.choice(CLIENTS)}):
            command = UpdateDevice(device=DeviceIdentifier(device.device_id), changes=changes, expected_version=None)
            self.told.append(await told_of(self._database, partial(update_device, command=command)))


async def read_on(reader: LogReader) -> None:
    while True:
        with suppress(Unavailable, Contended):
            await reader.read()
        await asyncio.sleep(0.02)


async def test_no_event_is_lost_and_the_order_of_each_client_is_exact_while_connections_are_cut(
    url: str, gateways: list[Database], citus: CitusDatabases
) -> None:
    writers = [Writer(random.choice(gateways)) for _ in range(WRITERS)]
    readers = {client: LogReader(gateways[0], caller(client)) for client in CLIENTS}
    everyone = LogReader(gateways[1], caller())
    tasks = [asyncio.create_task(each.write()) for each in writers]
    tasks += [asyncio.create_task(read_on(each)) for each in (*readers.values(), everyone)]
    async with following(gateways[0]), following(gateways[1]):
        for _ in range(ROUNDS):
            await asyncio.sleep(0.3)
            for node in citus.nodes_of(url):
                with suppress(asyncpg.PostgresError):
                    await fetched(node, END_OTHERS)
        await asyncio.sleep(0.5)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await fetched(url, RECOVER)
        await until(partial(_is_at_its_end, url))
    whole = LogReader(gateways[0], caller())
    for each in (*readers.values(), everyone, whole):
        await each.read()

    # What was read on the way is what is read from the beginning: nothing has come before what had been seen.
    assert everyone.events == whole.events
    assert [event.position for event in whole.events] == [*range(1, len(whole.events) + 1)]
    told = {each.event: each for writer in writers for each in writer.told}
    assert told.keys() <= {*whole.seen}
    for client, reader in readers.items():
        assert reader.events == [event for event in whole.events if event.client_id == client]
        _assert_in_order(reader, [each for each in told.values() if each.client_id == client])


async def _is_at_its_end(url: str) -> bool:
    database = Database(url)
    try:
        return not (await log_state(Session(database))).has_more
    finally:
        await database.close()


def _assert_in_order(reader: LogReader, told: list[Acknowledged]) -> None:
    """Assert that what was acknowledged before a change was asked for comes before it, and versions in order."""
    places = {event: place for place, event in enumerate(reader.seen)}
    late = [
        (earlier, later)
        for earlier in told
        for later in told
        if earlier.answered < later.asked and places[earlier.event] > places[later.event]
    ]
    assert late == []
    versions: dict[str, int] = {}
    for device_id, version in reader.seen:
        assert version > versions.get(device_id, 0)
        versions[device_id] = version
