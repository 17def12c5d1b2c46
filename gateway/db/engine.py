"""The connection to the database."""

import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy import Dialect, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from gateway.db.compiling import Row, Statement
from gateway.db.reading import SQLiteReads
from gateway.db.writing import SQLiteWrites
from gateway.domain.instants import Instant, now
from gateway.domain.principal import Principal

# A writer that finds another process at work waits this long before it gives up.
BUSY_TIMEOUT_MS = 10_000
# Kept prepared by each connection.
CACHED_STATEMENTS = 256
# Of pages that were read; the 2 MB that SQLite has by default are less than the inner pages of the larger indexes.
CACHE_KIB = 16_000

Result = TypeVar("Result")
NO_PARAMETERS: Mapping[str, Any] = {}


class Reader(Protocol):
    """What queries read from."""

    async def fetch(self, statement: Statement[Row], parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """The rows of a SELECT."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """A change on its way into the database: whose it is, and the one instant that all of it is recorded with."""

    connection: sqlite3.Connection
    dialect: Dialect
    principal: Principal
    instant: Instant = field(default_factory=now)

    async def fetch(self, statement: Statement[Row], parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """The rows of a SELECT."""
        return statement.rows(self._run(statement, parameters))

    async def execute(self, statement: Statement[Any], parameters: Mapping[str, Any] = NO_PARAMETERS) -> int:
        """How many rows the statement changed."""
        return self._run(statement, parameters).rowcount

    def _run(self, statement: Statement[Any], parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        compiled = statement.compiled(self.dialect)
        return self.connection.execute(compiled.text, compiled.parameters(parameters))


class Database:
    """Reads run each by itself, so that resolvers may run side by side; changes run in transactions."""

    def __init__(self, url: str, *, pool_size: int = 2) -> None:
        self.url = url
        # For tasks beside the requests, such as migrations.
        self.engine = create_async_engine(
            url,
            pool_size=1,
            max_overflow=0,
            # Values such as IMEIs are personal data and stay out of error messages and logs.
            hide_parameters=True,
        )
        self._dialect = self.engine.dialect
        self.is_sqlite = self._dialect.name == "sqlite"
        # Those of the embedded database run in this process, as a rule in one thread.
        self.reads_side_by_side = not self.is_sqlite
        """Whether several reads at the same time take less time than one after the other."""
        event.listen(self.engine.sync_engine, "connect", lambda connection, _: _set_up(connection))
        self._reads = SQLiteReads(self._connect_for_reading, pool_size)
        self._writes = SQLiteWrites(self._connect)

    async def fetch(self, statement: Statement[Row], parameters: Mapping[str, Any] = NO_PARAMETERS) -> list[Row]:
        """The rows of a SELECT. Raises sqlite3.Error."""
        compiled = statement.compiled(self._dialect)
        return statement.rows(await self._reads.fetch(compiled.text, compiled.parameters(parameters)))

    async def change(
        self, principal: Principal, use_case: Callable[[Transaction], Coroutine[Any, Any, Result]]
    ) -> Result:
        """What a use case returns, in a transaction of its own; an exception undoes it all."""
        return await self._writes.run(
            lambda connection: use_case(Transaction(connection=connection, dialect=self._dialect, principal=principal))
        )

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is nobody's change. Commits at the end of the block; an exception undoes it all."""
        async with self.engine.connect() as connection:
            if self.is_sqlite:
                # Now, and not at the first write, so that what is read before it cannot have changed by then.
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            await connection.commit()

    async def close(self) -> None:
        await self._reads.close()
        await self._writes.close()
        await self.engine.dispose()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            sqlite_file(self.url) or "",
            isolation_level=None,
            cached_statements=CACHED_STATEMENTS,
            check_same_thread=False,
        )
        _set_up(connection)
        return connection

    def _connect_for_reading(self) -> sqlite3.Connection:
        connection = self._connect()
        connection.execute("PRAGMA query_only = ON")
        return connection


def sqlite_file(url: str) -> str | None:
    """The path of the embedded database, or None where `url` names a server."""
    parsed = make_url(url)
    return parsed.database if parsed.get_backend_name() == "sqlite" else None


def _set_up(connection: DBAPIConnection | sqlite3.Connection) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"cache_size = -{CACHE_KIB}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    _use_write_ahead_log(cursor)
    cursor.close()


def _use_write_ahead_log(cursor: DBAPICursor | sqlite3.Cursor) -> None:
    """Waits for other processes that set up the same database: for this change of mode SQLite itself does not."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
