"""Reading many times from the database as it was at one moment."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from gateway.db.database import Database
from gateway.db.statements.reader import Reader
from gateway.db.stores.store import Rows

# The limit of other statements is for requests that somebody waits for.
MOST_SECONDS = 3_600


class Snapshot(Reader):
    def __init__(self, database: Database, fetch: Callable[[str, Sequence[Any]], Awaitable[Rows]]) -> None:
        self.dialect = database.dialect
        self._store = database.store
        self._fetch = fetch
        self.ran = []


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Snapshot]:
    """Open a transaction in which all that is read is of the moment of its first read, whatever others change.

    On a cluster, each server has a moment of its own.
    """
    async with database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection

        async def from_server(text: str, parameters: Sequence[Any]) -> Rows:
            rows: Rows = await driver.fetch(text, *parameters, timeout=MOST_SECONDS)
            return rows

        await driver.execute("BEGIN" if database.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield Snapshot(database, driver.execute_fetchall if database.is_sqlite else from_server)
        finally:
            await driver.execute("ROLLBACK")
