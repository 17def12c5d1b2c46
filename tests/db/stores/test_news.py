"""What tells a process that there may be more to read: PostgreSQL's notifications, and the version of SQLite's data."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from time import monotonic

import pytest

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.db.stores.store import Options
from gateway.services import use_case
from gateway.services.devices import create_device
from gateway.services.log import give_positions
from tests.databases import PostgreSQLDatabases, SQLiteDatabases, fetched, file_of, migrated
from tests.events.writing import following
from tests.postgres import PostgresServer
from tests.services.support import caller, new_device
from tests.waiting import until

pytestmark = pytest.mark.anyio

SECONDS = 20
LISTENING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
END = "SELECT pg_terminate_backend($1)"


@pytest.fixture
def url(postgresql: PostgreSQLDatabases) -> Iterator[str]:
    with postgresql.copy() as url:
        yield url


@pytest.fixture
async def server(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.close()


async def change(database: Database) -> None:
    """Change something, and give its event a position."""
    await use_case.change(Session(database), caller(), create_device, new_device())
    await give_positions(Session(database))


async def heard(database: Database) -> None:
    """Wait until the connection that listens is there, and what was said before has been heard."""
    await database.store.news(SECONDS)
    assert len(await fetched(database.url, LISTENING)) == 1


async def test_a_notification_is_heard_long_before_the_next_look(server: Database) -> None:
    await heard(server)
    waiting = asyncio.create_task(server.store.news(SECONDS))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    before = monotonic()
    await change(server)
    await waiting
    assert monotonic() - before < SECONDS / 4


async def test_what_is_said_while_nobody_waits_is_heard_later(server: Database) -> None:
    await heard(server)
    await change(server)
    await asyncio.sleep(0.05)
    async with asyncio.timeout(SECONDS / 4):
        await server.store.news(SECONDS)


async def test_a_wait_ends_where_nothing_is_said(server: Database) -> None:
    await heard(server)
    async with asyncio.timeout(SECONDS / 4):
        await server.store.news(0.05)


async def test_a_connection_that_is_cut_is_news_and_another_one_listens(server: Database) -> None:
    await heard(server)
    waiting = asyncio.create_task(server.store.news(SECONDS))
    [(pid,)] = await fetched(server.url, LISTENING)
    assert await fetched(server.url, END, pid) == [(True,)]
    async with asyncio.timeout(SECONDS / 4):
        # What was said meanwhile was said to nobody.
        await waiting
        await heard(server)
    assert await fetched(server.url, LISTENING) != [(pid,)]
    waiting = asyncio.create_task(server.store.news(SECONDS))
    await change(server)
    async with asyncio.timeout(SECONDS / 4):
        await waiting


async def test_a_process_that_changes_something_all_the_time_listens_to_others_all_the_same(server: Database) -> None:
    async def change_again_and_again() -> None:
        while True:
            await use_case.change(Session(server), caller(), create_device, new_device())

    tasks = [asyncio.create_task(change_again_and_again()) for _ in range(4)]
    async with following(server):
        await asyncio.sleep(0.5)
        listening = await fetched(server.url, LISTENING)
        await asyncio.sleep(0.2)
        assert await fetched(server.url, LISTENING) == listening
        assert len(listening) == 1
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def test_behind_a_pooler_nobody_listens_and_the_log_moves_all_the_same(url: str, server: Database) -> None:
    pooled = Database(url, Options(pgbouncer=True))
    async with following(pooled) as log:
        await log.changed(0, 0.1)
        await change(server)
        assert await log.changed(0, SECONDS) == 1
        assert await fetched(url, LISTENING) == []
    await pooled.close()


@pytest.fixture
def restarted() -> Iterator[PostgresServer]:
    """Yield a server of the test's own, with a database that has been migrated."""
    server = PostgresServer.new()
    try:
        server.start()
        asyncio.run(migrated(server.url()))
        yield server
    finally:
        server.remove()


async def test_the_log_goes_on_once_a_server_is_back(restarted: PostgresServer) -> None:
    database, other = Database(restarted.url()), Database(restarted.url())
    async with following(database) as log:
        await change(other)
        assert await log.changed(0, SECONDS) == 1
        restarted.stop("immediate")
        restarted.start()
        await until(lambda: _is_changed(other))
        assert await log.changed(1, SECONDS) == 2
        await until(lambda: _is_heard(restarted.url()))
    for each in (database, other):
        await each.close()


async def _is_changed(database: Database) -> bool:
    await change(database)
    return True


async def _is_heard(url: str) -> bool:
    return len(await fetched(url, LISTENING)) == 1


async def test_a_file_that_is_away_is_no_news_and_one_that_is_back_is(sqlite: SQLiteDatabases) -> None:
    with sqlite.copy() as url:
        database = Database(url)
        await database.store.news(SECONDS)
        file = file_of(url)
        away = file.rename(file.with_name("away.db"))
        before = monotonic()
        await database.store.news(0.3)
        assert monotonic() - before >= 0.3
        away.rename(file)
        async with asyncio.timeout(SECONDS / 4):
            await database.store.news(SECONDS)
        await database.close()
