"""The embedded database: a file."""

import sqlite3
import time
from collections.abc import Callable, Coroutine
from typing import Any

from sqlalchemy import event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.db.reading import SQLiteReads
from gateway.db.store import ENGINE, Connection, Options, Result
from gateway.db.writing import SQLiteWrites
from gateway.domain.errors import Unavailable

# A writer that finds another process at work waits this long before it gives up.
BUSY_TIMEOUT_MS = 10_000
BUSY = "Another process keeps the database busy; nothing was changed, try again later."
# Side by side, each on a thread of its own, where the options name no number.
LONG_READS = 2
# Kept prepared by each connection.
CACHED_STATEMENTS = 256
# Of pages that were read; the 2 MB that SQLite has by default are less than the inner pages of the larger indexes.
CACHE_KIB = 16_000


class SQLite:
    def __init__(self, file: str, options: Options) -> None:
        self._file = file
        self._reads = SQLiteReads(self._connect_for_reading, options.pool_size or LONG_READS)
        self.fetch = self._reads.fetch
        self._writes = SQLiteWrites(self._connect)

    async def change(self, work: Callable[[Connection], Coroutine[Any, Any, Result]]) -> Result:
        try:
            return await self._writes.run(work)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise Unavailable(BUSY) from error

    async def close(self) -> None:
        await self._reads.close()
        await self._writes.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file, isolation_level=None, cached_statements=CACHED_STATEMENTS, check_same_thread=False
        )
        _set_up(connection)
        return connection

    def _connect_for_reading(self) -> sqlite3.Connection:
        connection = self._connect()
        connection.execute("PRAGMA query_only = ON")
        return connection


def sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url, **ENGINE)
    event.listen(engine.sync_engine, "connect", lambda connection, _: _set_up(connection))
    return engine


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
