"""The embedded database: a file."""

import sqlite3
import time
from functools import partial

from sqlalchemy import event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.db.stores.sqlite_changes import SQLiteChanges
from gateway.db.stores.sqlite_long_reads import LongReads
from gateway.db.stores.sqlite_reads import SQLiteReads
from gateway.db.stores.store import ENGINE, Options

# A writer that finds another process at work waits this long before it gives up.
BUSY_TIMEOUT_MS = 10_000
# So many run side by side, each on a thread of its own, where the options name no number.
LONG_READS = 2
# Each connection keeps so many prepared.
CACHED_STATEMENTS = 256
# Holds pages that were read; the 2 MB that SQLite has by default are less than the inner pages of the larger indexes.
CACHE_KIB = 16_000


class SQLite:
    def __init__(self, file: str, options: Options) -> None:
        self._file = file
        long_reads = LongReads(partial(self._connect_for_reading, 0), options.pool_size or LONG_READS)
        self._reads = SQLiteReads(self._connect_for_reading, long_reads)
        self._changes = SQLiteChanges(self._connect)
        self.fetch = self._reads.fetch
        self.change = self._changes.change

    async def close(self) -> None:
        await self._reads.close()
        await self._changes.close()

    def _connect(self, cached_statements: int = CACHED_STATEMENTS) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file, isolation_level=None, cached_statements=cached_statements, check_same_thread=False
        )
        _set_up(connection)
        return connection

    def _connect_for_reading(self, cached_statements: int = CACHED_STATEMENTS) -> sqlite3.Connection:
        connection = self._connect(cached_statements)
        connection.execute("PRAGMA query_only = ON")
        return connection


def sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url, **ENGINE)
    event.listen(engine.sync_engine, "connect", lambda connection, _: _set_up(connection))
    return engine


def sqlite_file(url: str) -> str | None:
    """Return the path of the embedded database, or None where `url` names a server."""
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
    """Wait for other processes that set up the same database: for this change of mode SQLite itself does not."""
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
