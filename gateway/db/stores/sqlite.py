"""The embedded database: a file."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from sqlalchemy import event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gateway.db.stores.faults import Fault
from gateway.db.stores.sqlite_changes import SQLiteChanges
from gateway.db.stores.sqlite_disk import check_disk
from gateway.db.stores.sqlite_errors import EMPTY, primary_code, translated
from gateway.db.stores.sqlite_file import CACHED_STATEMENTS, LOG_SUFFIXES, FileConnection, FileMoved, SQLiteFile
from gateway.db.stores.sqlite_long_reads import LongReads
from gateway.db.stores.sqlite_reads import SQLiteReads
from gateway.db.stores.store import ENGINE, Load, Options, Result, Work
from gateway.domain.errors import Unavailable

# A task that finds another process at work waits this long before it gives up.
BUSY_SECONDS = 10.0
# So many run side by side, each on a thread of its own, where the options name no number.
LONG_READS = 2
# So often it is asked whether others have changed something, which takes some microseconds.
SECONDS_BETWEEN_LOOKS = 0.05
# Holds pages that were read; the 2 MB that SQLite has by default are less than the inner pages of the larger indexes.
CACHE_KIB = 16_000


class SQLite:
    is_distributed = False

    def __init__(self, file: str, options: Options) -> None:
        self._file = SQLiteFile(file, partial(_set_up_for_requests, options.timeout_seconds), options.timeout_seconds)
        self._long_reads = LongReads(partial(self._connect_for_reading, 0), options.pool_size or LONG_READS)
        self._reads = SQLiteReads(self._connect_for_reading, self._long_reads)
        self._changes = SQLiteChanges(self._file, options)
        self.fetch = self._reads.fetch
        self._version_seen: object = None

    async def find_out(self) -> bool:
        return False

    async def change(self, work: Work[Result]) -> Result:
        """Return what `work` returns, whose writes are on disk then. Raise Unavailable and sqlite3.Error."""
        try:
            return await self._changes.change(work)
        except FileMoved:
            await self._leave_moved()
            return await self._changes.change(work)
        finally:
            self._reads.look_again()  # What is read now is to be where the change is.

    async def news(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(Unavailable):  # Nobody can tell anything new of a file that is away.
                version = await self._reads.data_version()
                if version != self._version_seen:
                    self._version_seen = version
                    return
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    def load(self) -> Load:
        reads = self._long_reads
        return Load(reads.in_use, reads.size, reads.waiting, self._changes.waiting)

    @property
    def log_bytes(self) -> int:
        """The size of the file of the write-ahead log; 0 where there is none."""
        try:
            return Path(f"{Path(self._file.path).resolve()}{LOG_SUFFIXES[0]}").stat().st_size
        except OSError:
            return 0

    async def check(self) -> None:
        """Raise Unavailable where a change cannot be made, as far as can be told without making one."""
        try:
            await asyncio.to_thread(self._check)
        except FileMoved:
            await self._leave_moved()
            await asyncio.to_thread(self._check)

    async def close(self) -> None:
        await self._reads.close()
        await self._changes.close()
        await asyncio.to_thread(self._file.close)

    def _check(self) -> None:
        check_disk(Path(self._file.path))
        with translated():
            self._file.try_to_write(on_disk=self._changes.last_failed)
        self._changes.last_failed = False

    async def _leave_moved(self) -> None:
        await self._reads.leave_moved()
        await asyncio.to_thread(self._changes.leave_moved)

    def _connect_for_reading(self, cached_statements: int = CACHED_STATEMENTS) -> FileConnection:
        try:
            connection = self._file.connect(cached_statements)
        except FileMoved:
            self._changes.leave_moved()
            connection = self._file.connect(cached_statements)
        connection.execute("PRAGMA query_only = ON")
        return connection


def sqlite_engine(url: str) -> AsyncEngine:
    """Return an engine that opens the file where it is, and makes none."""
    parsed = make_url(url)
    file = Path(parsed.database or "").absolute()
    engine = create_async_engine(
        parsed.set(database=file.as_uri(), query={**parsed.query, "mode": "rw", "uri": "true"}), **ENGINE
    )
    event.listen(engine.sync_engine, "do_connect", _try_to_open)
    event.listen(engine.sync_engine, "connect", lambda connection, _: _set_up(connection, BUSY_SECONDS))
    return engine


def _try_to_open(_: object, __: object, arguments: Sequence[str], ___: object) -> None:
    """Raise sqlite3.Error where a file cannot be opened, past aiosqlite, which would leave a thread behind."""
    [uri] = arguments
    sqlite3.connect(uri, uri=True).close()


def sqlite_file(url: str) -> str | None:
    """Return the path of the embedded database, or None where `url` names a server."""
    return make_url(url).database if url.startswith("sqlite") else None


def _set_up_for_requests(timeout_seconds: float, connection: sqlite3.Connection) -> None:
    """Raise Fault where a file is not the gateway's, and leave it as it is."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchall():
        raise Fault(EMPTY)
    _set_up(connection, timeout_seconds)
    connection.execute("SELECT 1 FROM alembic_version").fetchall()


def _set_up(connection: DBAPIConnection | sqlite3.Connection, timeout_seconds: float) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {round(timeout_seconds * 1000)}",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"cache_size = -{CACHE_KIB}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    _use_write_ahead_log(cursor, timeout_seconds)
    cursor.close()


def _use_write_ahead_log(cursor: DBAPICursor | sqlite3.Cursor, timeout_seconds: float) -> None:
    """Wait for other processes that set up the same database: for this change of mode SQLite itself does not."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
