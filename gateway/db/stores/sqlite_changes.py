"""Changes of the embedded database, past SQLAlchemy's asyncio layer.

A change takes a dozen statements, and for each the way to another thread and back takes longer than the statement does.
So a whole change runs on one thread in one go, and the others wait for their turn, as SQLite has it anyway.
"""

import asyncio
import math
import sqlite3
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from gateway.db.stores.faults import IN_DOUBT, NOTHING_CHANGED, SLOW, Fault
from gateway.db.stores.sqlite_errors import BUSY, MOVED, fault_of, primary_code, translated
from gateway.db.stores.sqlite_file import FileConnection, SQLiteFile
from gateway.db.stores.store import Result, Rows, Work

# More are refused at once.
MOST_WAITING = 1_000
# A change that has begun in time has so many seconds to end.
SECONDS_TO_END = 5.0

TOO_MANY = "Too many changes wait for the database"
OTHERS = "Other changes keep the database busy"


class SQLiteChanges:
    def __init__(self, file: SQLiteFile, timeout_seconds: float) -> None:
        """A change begins within the timeout after it was asked for, however many wait with it, or not at all."""
        self._file = file
        self._timeout_seconds = timeout_seconds
        self._connection: FileConnection | None = None
        self._lock_tenths = 0
        """How long the connection waits for a lock, in tenths of the timeout; 0 where that has not been set."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-changes")
        self._waiting: dict[asyncio.Future[Any], float] = {}
        """Until when each change is waited for, in the order in which they were asked for."""
        self._timer: asyncio.TimerHandle | None = None
        self.last_failed = False
        """Whether the last change could not be made, by no fault of its own."""

    async def change(self, work: Work[Result]) -> Result:
        """Return what `work` returns, whose writes are on disk then; an exception undoes them all.

        Raise Unavailable where the database cannot be changed, and sqlite3.Error.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Fault(TOO_MANY, NOTHING_CHANGED)
        deadline = time.monotonic() + self._timeout_seconds
        made = self._thread.submit(self._run, work, deadline)
        answer = asyncio.wrap_future(made)
        self._waiting[answer] = deadline + SECONDS_TO_END
        if self._timer is None:
            self._give_up_late()
        try:
            return await answer
        except asyncio.CancelledError as error:
            if answer in self._waiting:
                raise  # The caller has gone.
            self.last_failed = True
            if made.cancelled():
                raise Fault(OTHERS, NOTHING_CHANGED) from error
            raise Fault(SLOW, IN_DOUBT) from error
        finally:
            self._waiting.pop(answer, None)

    @property
    def waiting(self) -> int:
        """How many changes have been asked for and not made yet."""
        return len(self._waiting)

    def leave_moved(self) -> None:
        """Close the connection where its file is not there any more, unless a change takes too long to wait for."""
        with suppress(TimeoutError):
            self._thread.submit(self._leave_moved).result(SECONDS_TO_END)

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
        self._leave()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up_late(self) -> None:
        """Give up those that are late. One timer is for all: to set one for each takes as long as its commit."""
        now = time.monotonic()
        while self._waiting:
            oldest, until = next(iter(self._waiting.items()))
            if until > now:
                self._timer = asyncio.get_running_loop().call_later(until - now, self._give_up_late)
                return
            del self._waiting[oldest]
            oldest.cancel()
        self._timer = None

    def _run(self, work: Work[Result], deadline: float) -> Result:
        try:
            result = self._change(work, deadline)
        except sqlite3.Error as error:
            if fault := fault_of(error, NOTHING_CHANGED):
                self._failed(fault)
                raise fault from error
            raise
        except Fault as fault:
            self._failed(fault)
            raise
        self.last_failed = False
        return result

    def _failed(self, fault: Fault) -> None:
        self.last_failed = True
        if fault.reason not in {BUSY, OTHERS}:
            self._leave()  # What has failed once may fail for ever; another connection may not.

    def _change(self, work: Work[Result], deadline: float) -> Result:
        connection = self._begun(deadline)
        try:
            result = _run_to_end(work(_Connection(connection)))
            _commit(connection)
        except BaseException:
            self._undo(connection)
            raise
        if not connection.is_current():
            raise Fault(MOVED, IN_DOUBT)  # The next start may not find what was changed.
        return result

    def _begun(self, deadline: float) -> FileConnection:
        """Return a connection to the file that lies there now, with a transaction."""
        while True:
            connection = self._connection or self._connect()
            self._wait_for_lock(connection, deadline - time.monotonic())
            # Now, and not at the first write, so that what is read before it cannot have changed by then.
            connection.execute("BEGIN IMMEDIATE")
            if connection.is_current():
                return connection
            self._leave()

    def _connect(self) -> FileConnection:
        self._connection = self._file.connect()
        self._lock_tenths = 0
        return self._connection

    def _wait_for_lock(self, connection: FileConnection, seconds: float) -> None:
        """Let a connection wait for a lock, to a tenth of the timeout: to set it takes longer than most statements."""
        if seconds <= 0:
            raise Fault(OTHERS, NOTHING_CHANGED)
        tenths = math.ceil(10 * seconds / self._timeout_seconds)
        if tenths != self._lock_tenths:
            connection.execute(f"PRAGMA busy_timeout = {round(tenths * self._timeout_seconds * 100)}")
            self._lock_tenths = tenths

    def _undo(self, connection: FileConnection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._leave()  # That undoes it as well.

    def _leave_moved(self) -> None:
        if self._connection is not None and not self._connection.is_current():
            self._leave()

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Connection:
    """Never waits for anything."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch(self, text: str, parameters: Sequence[Any]) -> Rows:
        return self._connection.execute(text, parameters).fetchall()

    async def execute(self, text: str, parameters: Sequence[Any]) -> int:
        return self._connection.execute(text, parameters).rowcount


def _commit(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if primary_code(error) == sqlite3.SQLITE_FULL:
            raise  # What tells that a change is whole is written last.
        with translated(IN_DOUBT):  # It may have been written before it could not be brought to the disk.
            raise


def _run_to_end(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Return what a coroutine returns that never waits. Raise RuntimeError where it does."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    coroutine.close()
    raise RuntimeError("A change awaited something else than its transaction, which no thread without a loop can.")
