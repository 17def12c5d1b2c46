"""The connection to the database."""

import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Executable, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.domain.instants import Instant, now
from gateway.domain.principal import Principal

# A writer that finds another process at work waits this long before it gives up.
BUSY_TIMEOUT_MS = 10_000


class Reader(Protocol):
    """What queries read from."""

    async def fetch(self, statement: Executable) -> Sequence[Any]:
        """The rows of a SELECT."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Transaction:
    """A change on its way into the database: whose it is, and the one instant that all of it is recorded with."""

    connection: AsyncConnection
    principal: Principal
    instant: Instant = field(default_factory=now)

    async def fetch(self, statement: Executable) -> Sequence[Any]:
        """The rows of a SELECT, or of a change that returns some."""
        return (await self.connection.execute(statement)).all()

    async def execute(self, statement: Executable, rows: Sequence[dict[str, Any]] | None = None) -> int:
        """How many rows the statement changed."""
        return (await self.connection.execute(statement, rows)).rowcount


class Database:
    """Reads run each on a connection of its own, so that resolvers may run side by side."""

    def __init__(self, url: str, *, pool_size: int = 2) -> None:
        self.url = url
        self.engine = _engine(url, pool_size)
        # SQLite has one writer at a time: those of this process queue for one connection, beside those of the readers.
        self._writer = _engine(url, 1) if self.is_sqlite else self.engine

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    async def fetch(self, statement: Executable) -> Sequence[Any]:
        """The rows of a SELECT."""
        async with self.engine.connect() as connection:
            return (await connection.execute(statement)).all()

    @asynccontextmanager
    async def transaction(self, principal: Principal) -> AsyncIterator[Transaction]:
        """Commits at the end of the block; an exception undoes it all."""
        async with self.writing() as connection:
            yield Transaction(connection=connection, principal=principal)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is nobody's change. Commits at the end of the block; an exception undoes it all."""
        async with self._writer.connect() as connection:
            if self.is_sqlite:
                # Now, and not at the first write, so that what is read before it cannot have changed by then.
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            await connection.commit()

    async def close(self) -> None:
        await self.engine.dispose()
        await self._writer.dispose()


def sqlite_file(url: str) -> str | None:
    """The path of the embedded database, or None where `url` names a server."""
    parsed = make_url(url)
    return parsed.database if parsed.get_backend_name() == "sqlite" else None


def _engine(url: str, pool_size: int) -> AsyncEngine:
    # hide_parameters: values such as IMEIs are personal data and stay out of error messages and logs.
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=0, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in (f"busy_timeout = {BUSY_TIMEOUT_MS}", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    _use_write_ahead_log(cursor)
    cursor.close()


def _use_write_ahead_log(cursor: DBAPICursor) -> None:
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
