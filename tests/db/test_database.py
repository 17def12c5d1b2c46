"""What the database offers to tasks beside the requests."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gateway.db.database import Database
from tests.databases import sqlite_url

pytestmark = pytest.mark.anyio


async def test_errors_of_tasks_beside_the_requests_hold_no_values(database: Database) -> None:
    async with database.engine.connect() as connection:
        with pytest.raises(DBAPIError) as raised:
            await connection.execute(
                text("SELECT nothing FROM nowhere WHERE imei = :imei"), {"imei": "356938030010178"}
            )
    assert "356938030010178" not in str(raised.value)


async def test_a_file_that_cannot_be_opened_leaves_no_thread_behind(tmp_path: Path) -> None:
    missing = Database(sqlite_url(tmp_path / "missing.db"))
    before = threading.enumerate()
    with pytest.raises(DBAPIError, match="unable to open database file"):
        async with missing.engine.connect():
            pass
    assert threading.enumerate() == before
    await missing.close()
