"""Changes of the embedded database: one after the other, whole or not at all."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.db.store import Connection
from gateway.db.writing import SQLiteWrites

pytestmark = pytest.mark.anyio


@pytest.fixture
async def writes(tmp_path: Path) -> AsyncIterator[SQLiteWrites]:
    def connect() -> sqlite3.Connection:
        return sqlite3.connect(tmp_path / "some.db", isolation_level=None, check_same_thread=False)

    with connect() as connection:
        connection.execute("CREATE TABLE counter (value INTEGER)")
        connection.execute("INSERT INTO counter VALUES (0)")
    connection.close()
    writes = SQLiteWrites(connect)
    yield writes
    await writes.close()


async def add_one(connection: Connection) -> int:
    [(value,)] = await connection.fetch("SELECT value FROM counter", ())
    assert await connection.execute("UPDATE counter SET value = ?", (value + 1,)) == 1
    return int(value) + 1


async def add_one_and_fail(connection: Connection) -> int:
    await add_one(connection)
    raise LookupError("after all")


async def add_one_and_wait(connection: Connection) -> int:
    await add_one(connection)
    await asyncio.sleep(0)
    return 0


async def test_changes_that_are_asked_for_together_run_one_after_the_other(writes: SQLiteWrites) -> None:
    values = await asyncio.gather(*(writes.run(add_one) for _ in range(50)))
    assert sorted(values) == list(range(1, 51))


async def test_a_change_that_fails_is_undone_and_the_next_one_runs(writes: SQLiteWrites) -> None:
    with pytest.raises(LookupError, match="after all"):
        await writes.run(add_one_and_fail)
    assert await writes.run(add_one) == 1


async def test_a_change_that_waits_for_something_else_is_refused_and_undone(writes: SQLiteWrites) -> None:
    with pytest.raises(RuntimeError, match="waited for something else"):
        await writes.run(add_one_and_wait)
    assert await writes.run(add_one) == 1


async def test_a_change_whose_caller_has_gone_is_made_whole_or_not_at_all(writes: SQLiteWrites) -> None:
    task = asyncio.create_task(writes.run(add_one))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # A change that nobody waits for any more may be dropped before it begins, but is never half made.
    assert await writes.run(add_one) in {1, 2}
