"""What the database offers to tasks beside the requests."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gateway.db.database import Database
from gateway.db.stores.postgresql_url import dsn
from gateway.db.stores.store import Options
from tests.databases import PostgreSQLDatabases, sqlite_url
from tests.waiting import until

pytestmark = pytest.mark.anyio


async def test_errors_of_tasks_beside_the_requests_hold_no_values(database: Database) -> None:
    async with database.engine.connect() as connection:
        with pytest.raises(DBAPIError) as raised:
            await connection.execute(
                text("SELECT nothing FROM nowhere WHERE imei = :imei"), {"imei": "356938030010178"}
            )
    assert "356938030010178" not in str(raised.value)


@pytest.fixture
def server_url(postgresql: PostgreSQLDatabases) -> Iterator[str]:
    with postgresql.copy() as url:
        yield url


async def test_a_statement_of_a_task_may_take_longer_than_those_of_requests(server_url: str) -> None:
    database = Database(server_url, Options(timeout_seconds=0.2))
    async with database.writing() as connection:
        assert (await connection.exec_driver_sql("SELECT pg_sleep(0.4)::text || 'done'")).scalar_one() == "done"
    await database.close()


async def test_a_task_waits_for_the_locks_of_others_and_says_so(
    server_url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.db.stores.postgresql_waits.SECONDS_BETWEEN_LOOKS", 0.02)
    database = Database(server_url)
    other = await asyncpg.connect(dsn(server_url))

    async def lock() -> None:
        async with database.writing() as connection:
            await connection.exec_driver_sql("LOCK TABLE device")

    async def told() -> bool:
        return bool(caplog.messages)

    await other.execute("BEGIN; LOCK TABLE device")
    locking = asyncio.create_task(lock())
    await until(told)
    await asyncio.sleep(0.1)
    assert caplog.messages == [f"Waiting for locks of other processes of the server: {other.get_server_pid()}."]
    assert not locking.done()
    await other.close()
    await locking
    await database.close()


async def test_a_file_that_cannot_be_opened_leaves_no_thread_behind(tmp_path: Path) -> None:
    missing = Database(sqlite_url(tmp_path / "missing.db"))
    before = threading.enumerate()
    with pytest.raises(DBAPIError, match="unable to open database file"):
        async with missing.engine.connect():
            pass
    assert threading.enumerate() == before
    await missing.close()
