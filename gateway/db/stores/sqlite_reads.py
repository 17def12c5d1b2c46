"""Reads from the embedded database, past SQLAlchemy's asyncio layer.

The way to another thread and back takes longer than most reads do. So a read runs at once, in the thread of the event
loop, but not for long: one that would hold up the others is stopped, and done on a thread of its own.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from cachetools import LRUCache

from gateway.db.stores.sqlite_errors import fault_of, primary_code, translated
from gateway.db.stores.sqlite_file import FileConnection
from gateway.db.stores.sqlite_long_reads import STEPS, LongReads, Rows

MOST_SECONDS_AT_ONCE = 0.005
# What is longer takes long to prepare, and sixteen times as much memory to stay prepared.
LONGEST_TEXT = 4_000
# A statement that has become as fast as this is not slow any more.
FORGOTTEN_SECONDS = MOST_SECONDS_AT_ONCE / 5

# Whether the file is still there takes longer than finding a row in it.
SECONDS_BETWEEN_LOOKS = 0.1

# Each takes about a hundred bytes.
REMEMBERED_SLOW_STATEMENTS = 10_000


class SQLiteReads:
    def __init__(self, connect: Callable[[], FileConnection], long_reads: LongReads) -> None:
        """`connect` opens a connection when it is first needed."""
        self._connect = connect
        self._long_reads = long_reads
        self._next_look = 0.0
        self._at_once: sqlite3.Cursor | None = None
        """The cursor of all short reads: each is fetched whole before the next."""
        self._in_transaction = False
        self._started = 0.0
        self._slow: LRUCache[int, float] = LRUCache(REMEMBERED_SLOW_STATEMENTS)
        """The recent duration in seconds of each statement that once took too long, by the hash of its text."""
        self._any_slow = False
        """Whether there are any, which the cache itself takes longer to tell than a read of one row may afford."""

    async def fetch(self, text: str, parameters: Sequence[Any]) -> Rows:
        """Return the rows of a SELECT.

        Raise Unavailable where the file cannot be read, or too many long reads wait, and sqlite3.Error.
        """
        at_once = self._at_once
        self._started = time.perf_counter()
        if at_once is None or self._started > self._next_look:
            at_once = await self._look()
            self._started = time.perf_counter()
        if len(text) > LONGEST_TEXT:
            return await self._fetch_on_thread(text, parameters)
        if self._any_slow and self._slow.get(hash(text), 0.0) > MOST_SECONDS_AT_ONCE:
            return await self._fetch_on_thread(text, parameters)
        try:
            if not self._in_transaction:
                self._begin(at_once)
            rows = at_once.execute(text, parameters).fetchall()
        except sqlite3.Error as error:
            if primary_code(error) not in {sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY}:
                await self._leave_if_failed(error)
                raise
            return await self._fetch_on_thread(text, parameters)
        seconds = time.perf_counter() - self._started
        if seconds > MOST_SECONDS_AT_ONCE or (self._any_slow and hash(text) in self._slow):
            self._took(text, seconds)
        return rows

    async def data_version(self) -> object:
        """Return what is another value once anybody has changed something. Raise Unavailable."""
        [row] = await self.fetch("PRAGMA data_version", ())
        return self._at_once, *row

    async def close(self) -> None:
        if self._at_once is not None:
            self._at_once.connection.close()
            self._at_once = None
        await self._long_reads.close()

    async def _look(self) -> sqlite3.Cursor:
        """Return the cursor of short reads, of a new connection where another file lies there by now. Raise Fault."""
        await self.leave_moved()
        if self._at_once is None:
            self._at_once = await self._open_at_once()
        self._next_look = time.perf_counter() + SECONDS_BETWEEN_LOOKS
        return self._at_once

    def look_again(self) -> None:
        """Look for another file at the next read, however short ago that was done."""
        self._next_look = 0.0

    async def leave_moved(self) -> None:
        """Close all connections where their file is not there any more."""
        if self._at_once is not None and not cast("FileConnection", self._at_once.connection).is_current():
            await self._leave()

    async def _leave(self) -> None:
        """Close all connections: at once those that nobody uses, and the others when they come back."""
        if self._at_once is not None:
            self._at_once.connection.close()
            self._at_once = None
        self._long_reads.leave()

    async def _leave_if_failed(self, error: sqlite3.Error) -> None:
        """Raise the Fault that an error tells of. What failed once may fail for ever; another connection may not."""
        if fault := fault_of(error):
            await self._leave()
            raise fault from error

    def _begin(self, at_once: sqlite3.Cursor) -> None:
        """Begin a transaction for all reads of one turn of the event loop: its lock takes longer than finding a row.

        It hides no change from those who learned of it: what tells them waits in the loop's queue, behind the end.
        """
        at_once.execute("BEGIN")
        self._in_transaction = True
        asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        self._in_transaction = False
        if self._at_once is None:
            return
        connection = self._at_once.connection
        try:
            connection.commit()  # Prepared anew each time, it never has steps enough to be stopped.
        except sqlite3.Error:
            # What is read in a transaction that does not end is never new. The next read opens another connection.
            self._at_once = None
            connection.close()
            raise

    async def _open_at_once(self) -> sqlite3.Cursor:
        # Opening may have to wait for another process.
        with translated():
            connection = await asyncio.to_thread(self._connect)
        if self._at_once is not None:  # Somebody else was faster.
            connection.close()
            return self._at_once
        connection.execute("PRAGMA busy_timeout = 0")
        connection.set_progress_handler(self._takes_too_long, STEPS)
        return connection.cursor()

    async def _fetch_on_thread(self, text: str, parameters: Sequence[Any]) -> Rows:
        try:
            rows, seconds = await self._long_reads.fetch(text, parameters)
        except sqlite3.Error as error:
            await self._leave_if_failed(error)
            raise
        self._took(text, seconds)
        return rows

    def _takes_too_long(self) -> bool:
        return time.perf_counter() - self._started > MOST_SECONDS_AT_ONCE

    def _took(self, text: str, seconds: float) -> None:
        """Remember how long a statement took. Once does not make it slow: what it read may not have been in memory.

        Not all that take long are stopped, since a search, or the count of a table, may be a single step.
        """
        recent = self._slow.get(hash(text), 0.0) * 0.75 + seconds * 0.25
        if recent < FORGOTTEN_SECONDS:
            self._slow.pop(hash(text), None)
        else:
            self._slow[hash(text)] = recent
        self._any_slow = bool(self._slow)
