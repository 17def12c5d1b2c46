"""What the database offers to tasks beside the requests."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gateway.db.database import Database

pytestmark = pytest.mark.anyio


async def test_errors_of_tasks_beside_the_requests_hold_no_values(database: Database) -> None:
    async with database.engine.connect() as connection:
        with pytest.raises(DBAPIError) as raised:
            await connection.execute(
                text("SELECT nothing FROM nowhere WHERE imei = :imei"), {"imei": "356938030010178"}
            )
    assert "356938030010178" not in str(raised.value)
