"""The pool of connections to a PostgreSQL server, as the server sees them."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import pytest
from sqlalchemy import func, literal_column, select

from gateway.db.database import Database
from gateway.db.session import Session
from gateway.db.statements.statement import Statement
from gateway.db.stores.postgresql_url import dsn
from gateway.db.stores.store import Options
from tests.db.stores.support import COUNT, SLEEP
from tests.waiting import until

pytestmark = pytest.mark.anyio

MOST_TURNS = 60
"""So many turns of the event loop see a connection opened, and a read to its end."""
SHORT_SLEEP: Statement[Any] = Statement(select(literal_column("pg_sleep(1)")))
BACKEND: Statement[Any] = Statement(select(func.pg_backend_pid()))
CONNECTIONS = """SELECT state, query FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'devices-gateway' ORDER BY pid"""


async def runs(url: str, statement: str) -> bool:
    return any(statement in each["query"] for each in await connections(url))


async def until_no(url: str, matches: Callable[[Any], bool]) -> None:
    """Wait until no connection of the gateway `matches`."""

    async def is_gone() -> bool:
        return not any(map(matches, await connections(url)))

    await until(is_gone)


async def connections(url: str) -> list[Any]:
    """Return the connections that the gateway has, each with its state and its last statement."""
    connection = await asyncpg.connect(dsn(url))
    found: list[Any] = await connection.fetch(CONNECTIONS)
    await connection.close()
    return found


async def test_there_are_no_more_connections_than_the_pool_is_large(url: str) -> None:
    database = Database(url, Options(pool_size=3))
    session = Session(database)
    assert await asyncio.gather(*(session.fetch(COUNT) for _ in range(20))) == [[(0,)]] * 20
    assert len(await connections(url)) == 3
    await database.close()
    await until_no(url, lambda _: True)
    assert await session.fetch(COUNT) == [(0,)]
    assert len(await connections(url)) == 1
    await database.close()


async def test_who_waits_for_a_connection_gets_it_before_who_comes_later(url: str) -> None:
    database = Database(url, Options(pool_size=1))
    session = Session(database)
    served: list[int] = []

    async def read_three_times(number: int) -> None:
        for _ in range(3):
            await session.fetch(COUNT)
            served.append(number)

    await asyncio.gather(*map(read_three_times, range(4)))
    assert served == [0, 1, 2, 3] * 3
    await database.close()


async def test_a_connection_that_nobody_used_for_long_is_not_used_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(url)
    session = Session(database)
    first, again = [await session.fetch(BACKEND) for _ in range(2)]
    monkeypatch.setattr("gateway.db.stores.pool.MOST_SECONDS_UNUSED", 0)
    last = await session.fetch(BACKEND)
    assert first == again != last
    await database.close()


async def test_to_close_ends_all_connections_at_once_and_gives_nothing_away(url: str) -> None:
    database = Database(url, Options(pool_size=3))
    session = Session(database)
    await asyncio.gather(*(session.fetch(COUNT) for _ in range(3)))
    reading = asyncio.create_task(session.fetch(SHORT_SLEEP))
    await until(lambda: runs(url, "pg_sleep"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(database.close(), 0.1)
    await reading
    await asyncio.wait_for(database.close(), 5)
    await until_no(url, lambda _: True)


async def test_who_does_not_wait_any_more_while_a_connection_is_opened_leaves_nothing_behind(url: str) -> None:
    complaints: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(str(context)))
    for turns in range(MOST_TURNS):
        database = Database(url, Options(pool_size=1))
        session = Session(database)
        reading = asyncio.create_task(session.fetch(COUNT))
        for _ in range(turns):
            await asyncio.sleep(0)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
        assert await session.fetch(COUNT) == [(0,)]
        await database.close()
    gc.collect()
    loop.set_exception_handler(None)
    assert complaints == []
    await until_no(url, lambda _: True)


async def test_a_read_that_is_not_waited_for_any_more_is_ended(url: str) -> None:
    database = Database(url, Options(pool_size=1))
    session = Session(database)
    reading = asyncio.create_task(session.fetch(SLEEP))
    await until(lambda: runs(url, "pg_sleep"))
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await until_no(url, lambda each: "pg_sleep" in each["query"] and each["state"] == "active")
    assert await session.fetch(COUNT) == [(0,)]
    await database.close()
