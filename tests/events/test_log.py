"""The log of all events: nothing is lost in it and nothing comes twice, whoever writes and whatever ends meanwhile."""

import asyncio
import signal
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.db.database import Database
from gateway.db.rows import DeviceEventRow
from gateway.db.session import Session, Transaction
from gateway.db.statements.statement import Statement
from gateway.db.tables import device_event, event_log
from gateway.domain.commands import DeleteDeviceGroup
from gateway.services.devices import create_device
from gateway.services.groups import delete_device_group
from gateway.services.use_case import InSteps
from gateway.settings import Settings
from tests.databases import PostgreSQLDatabases
from tests.events.reading import LogReader, SequenceReader
from tests.events.writing import Acknowledged, acknowledged, following, process, write
from tests.factories import RowFactory
from tests.services.support import execute, new_device
from tests.statements import Statements

pytestmark = pytest.mark.anyio

PROCESSES, WRITERS, ROUNDS = 2, 4, 4
SECONDS = 20
POSITIONS: Statement[Any] = Statement(select(device_event.c.position).order_by(device_event.c.position))
LOG: Statement[Any] = Statement(select(event_log.c.numbered, event_log.c.head, event_log.c.gone))


@pytest.fixture
def on_postgresql(postgresql: PostgreSQLDatabases) -> Iterator[str]:
    with postgresql.copy() as url:
        yield url


def assert_in_order(events: Sequence[DeviceEventRow], told: Sequence[Acknowledged], *, by_client: bool) -> None:
    """Assert that each event comes once, after what was acknowledged before its change was asked for."""
    positions = {(event.device_id, event.version): event.position or 0 for event in events}
    assert len(positions) == len(events)
    assert positions.keys() == {each.event for each in told}
    assert all(one.position == other.position - 1 for one, other in pairwise(events) if other.position)
    late = [
        (earlier, later)
        for earlier in told
        for later in told
        if earlier.answered < later.asked and positions[earlier.event] > positions[later.event]
        if not by_client or earlier.client_id == later.client_id
    ]
    assert late == []


async def test_readers_miss_nothing_of_what_several_processes_write_and_see_it_in_order(
    settings: Settings, database: Database, other: Database
) -> None:
    writing = [await process(settings.database_url, WRITERS, ROUNDS) for _ in range(PROCESSES)]
    readers = [LogReader(database), LogReader(other)]
    reading = [asyncio.create_task(reader.read_on()) for reader in readers]
    by_sequence = SequenceReader(database)
    if not database.is_sqlite:
        reading.append(asyncio.create_task(by_sequence.read_on()))
    told = [each for made in await asyncio.gather(*map(acknowledged, writing)) for each in made]
    for task in reading:
        task.cancel()
    await asyncio.wait(reading)
    for reader in readers:
        await reader.read()
    await by_sequence.read()

    one, two = readers
    assert_in_order(one.events, told, by_client=bool(database.store.is_distributed))
    assert two.events == one.events
    if not database.is_sqlite:
        # What was written does provoke the loss.
        assert 0 < len(set(one.seen) - set(by_sequence.seen)) < len(one.seen)


async def test_who_reads_by_sequence_values_loses_an_event_that_was_overtaken_and_the_log_does_not(
    on_postgresql: str,
) -> None:
    database = Database(on_postgresql)
    written, may_end = asyncio.Event(), asyncio.Event()

    async def overtaken(transaction: Transaction, _: None) -> str:
        device = await create_device(transaction, new_device())
        written.set()
        await may_end.wait()
        return device.id

    slow = asyncio.create_task(execute(database, overtaken, None))
    await written.wait()
    fast = await execute(database, create_device, new_device())
    by_sequence, reader = SequenceReader(database), LogReader(database)
    await by_sequence.read()
    await reader.read()
    may_end.set()
    late = await slow
    await by_sequence.read()
    await reader.read()
    await database.close()
    assert by_sequence.seen == [(fast.id, 1)]
    assert reader.seen == [(fast.id, 1), (late, 1)]


async def test_another_process_gives_positions_to_what_a_killed_one_has_committed(on_postgresql: str) -> None:
    database = Database(on_postgresql)
    killed = await process(on_postgresql)
    await killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert await Session(database).fetch(POSITIONS) == [(None,)]
    async with following(database) as log:
        assert await log.changed(0, SECONDS) == 1
    assert await Session(database).fetch(POSITIONS) == [(1,)]
    await database.close()


async def test_a_process_hears_at_once_of_what_another_one_changes(
    monkeypatch: pytest.MonkeyPatch, database: Database, other: Database
) -> None:
    # Nobody looks by itself then.
    monkeypatch.setattr("gateway.events.log.SECONDS_BETWEEN_LOOKS", 10 * SECONDS)
    async with following(database) as log, following(other):
        for head in (1, 2, 3):
            await execute(other, create_device, new_device())
            assert await log.changed(head - 1, SECONDS) == head


async def test_nothing_is_changed_while_there_is_nothing_new(database: Database) -> None:
    await execute(database, create_device, new_device())
    async with following(database) as log:
        await log.changed(0, SECONDS)
        with Statements(database).recorded(numbering=True) as recorded:
            for _ in range(3):
                await log.look()
    assert len(recorded) == 3
    assert all(statement.text.startswith("SELECT event_log.head") for statement in recorded)


async def test_who_waits_for_a_server_of_a_cluster_looks_now_and_then(database: Database) -> None:
    await execute(database, create_device, new_device())
    async with database.writing() as connection:
        # As where a server that is away has yet to commit the second position.
        await connection.execute(update(event_log).values(numbered=2))
    async with following(database):
        await asyncio.sleep(0.1)
        with Statements(database).recorded(numbering=True) as recorded:
            await asyncio.sleep(0.4)
    assert len(recorded) < 20


async def test_many_events_get_their_positions_in_several_transactions(
    monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setattr("gateway.db.changes.events.MOST_AT_ONCE", 2)
    await write(database, 2)
    async with following(database) as log:
        while log.head < 6:
            await log.changed(log.head, SECONDS)
    assert await Session(database).fetch(POSITIONS) == [(position,) for position in range(1, 7)]
    assert await Session(database).fetch(LOG) == [(6, 6, 0)]


async def test_all_events_of_one_change_get_their_positions(
    monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    monkeypatch.setattr("gateway.db.changes.events.MOST_AT_ONCE", 2)
    factory = RowFactory(database)
    group = await factory.group()
    for _ in range(5):
        await factory.link(await factory.device(), group)
    await execute(database, InSteps(delete_device_group), DeleteDeviceGroup(id=group["id"], expected_version=None))
    async with following(database) as log:
        while log.head < 5:
            await log.changed(log.head, SECONDS)
    assert await Session(database).fetch(POSITIONS) == [(position,) for position in range(1, 6)]


async def test_a_change_that_is_undone_leaves_no_gap(database: Database) -> None:
    class Undone(Exception):
        pass

    async def fail(transaction: Transaction, _: None) -> None:
        await create_device(transaction, new_device())
        raise Undone

    await execute(database, create_device, new_device())
    with pytest.raises(Undone):
        await execute(database, fail, None)
    await execute(database, create_device, new_device())
    reader = LogReader(database)
    await reader.read()
    assert [event.position for event in reader.events] == [1, 2]
