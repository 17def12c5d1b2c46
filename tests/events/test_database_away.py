"""The database goes away and comes back while events are followed: nothing is lost, and nobody is shown an error."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from gateway.db.queries.events import events_cursor
from tests.databases import SQLiteDatabases, file_of, migrated
from tests.events.processes import Process, Refused, next_edges, running
from tests.postgres import PostgresServer
from tests.waiting import until

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _soon_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("audience", "feed"):
        monkeypatch.setattr(f"gateway.events.{module}.SECONDS_BEFORE_RETRY", 0.05)
    monkeypatch.setattr("gateway.events.log.SECONDS_BETWEEN_LOOKS", 0.05)


async def created(process: Process) -> bool:
    """Create a device, if the database is there."""
    with suppress(Refused):
        await process.create()
        return True
    return False


async def followed(process: Process, count: int) -> list[asyncio.Task[list[Any]]]:
    """Have some follow the log for so many events, from the start and from now on."""
    streams = [await process.open(), await process.open(), await process.open(after=events_cursor(0))]

    async def follow(stream: Any) -> list[Any]:
        try:
            return await next_edges(stream, count)
        finally:
            await stream.aclose()

    return [asyncio.create_task(follow(stream)) for stream in streams]


async def test_a_file_that_is_moved_away_and_back_loses_nothing(sqlite: SQLiteDatabases) -> None:
    with sqlite.copy() as url:
        async with running(url) as process:
            following = await followed(process, 4)
            for _ in range(2):
                await process.create()
            folder = file_of(url).parent
            away = folder.rename(folder.with_suffix(".away"))
            assert not await created(process)
            await asyncio.sleep(0.15)
            away.rename(folder)
            await until(lambda: created(process))
            await process.create()
            told = await asyncio.gather(*following)
            assert told == [await process.past()] * 3


async def test_a_server_that_is_stopped_and_started_loses_nothing() -> None:
    server = PostgresServer.new()
    try:
        server.start()
        await asyncio.to_thread(asyncio.run, migrated(server.url()))
        async with running(server.url()) as process:
            following = await followed(process, 4)
            for _ in range(2):
                await process.create()
            server.stop("immediate")
            assert not await created(process)
            await asyncio.sleep(0.15)
            server.start()
            await until(lambda: created(process))
            await process.create()
            told = await asyncio.gather(*following)
            assert told == [await process.past()] * 3
    finally:
        server.remove()
