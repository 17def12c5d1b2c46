"""Reading many times from the database as it was at one moment."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.db.database import Database
from gateway.db.statements.reader import Reader
from gateway.db.stores.store import Rows


class Snapshot(Reader):
    """What statements are read from; `connection` is that of SQLAlchemy, in the same transaction."""

    def __init__(self, database: Database, connection: AsyncConnection, driver: Any) -> None:
        self.dialect = database.dialect
        self.connection = connection
        self._store = database.store
        self._driver = driver
        self._fetch = driver.execute_fetchall if database.is_sqlite else self._from_server
        self.ran = []

    async def _from_server(self, text: str, parameters: Sequence[Any]) -> Rows:
        rows: Rows = await self._driver.fetch(text, *parameters)
        return rows


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Snapshot]:
    """Open a transaction in which all that is read is of one moment, whatever others change.

    On a cluster, each server has a moment of its own.
    """
    async with database.engine.connect() as connection:
        if database.is_sqlite:
            await connection.exec_driver_sql("BEGIN")
        else:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            await connection.exec_driver_sql("SELECT 1")  # With its first statement, SQLAlchemy begins the transaction.
        yield Snapshot(database, connection, (await connection.get_raw_connection()).driver_connection)
