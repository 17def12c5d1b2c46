"""Transactions of the embedded database, past SQLAlchemy's asyncio layer: each of one change or several.

A change takes a dozen statements, and for each the way to another thread and back takes longer than the statement does.
So a whole change runs on one thread in one go.
"""

import math
import sqlite3
import time
from collections.abc import Coroutine, Sequence
from typing import Any

from gateway.db.stores.faults import IN_DOUBT, NOTHING_CHANGED, Fault
from gateway.db.stores.sqlite_checkpoints import CheckpointsBeside
from gateway.db.stores.sqlite_errors import MOVED, primary_code, translated
from gateway.db.stores.sqlite_file import FileConnection, SQLiteFile
from gateway.db.stores.store import Options, Result, Rows, Work

OTHERS = "Other changes keep the database busy"
# What a savepoint goes back to; a file would need a folder for it, and more time.
_PRAGMAS = {"temp_store": "MEMORY"}
# Holds the pages of all indexes that a batch of devices changes, and brings those that many batches change, which are
# most of them, to their places in the file once for all.
_MUCH = {"cache_size": -64_000, "wal_autocheckpoint": 64_000}


class SQLiteTransaction:
    """A transaction that has begun, and ends with `commit` or with an exception that undoes it."""

    def __init__(self, connection: FileConnection) -> None:
        self._connection = connection

    @property
    def goes_on(self) -> bool:
        """Whether it has neither been committed nor undone."""
        return self._connection.is_open and self._connection.in_transaction

    def run(self, work: Work[Result]) -> Result:
        """Return what `work` returns; an exception undoes all of the transaction. Raise Fault and sqlite3.Error."""
        try:
            with translated(NOTHING_CHANGED):
                return _run_to_end(work(_Connection(self._connection)))
        except BaseException:
            self._undo()
            raise

    def run_beside_others(self, work: Work[Result]) -> Result:
        """Return what `work` returns; an exception undoes what `work` has done. Raise Fault and sqlite3.Error.

        With a fault, or where that cannot be done, all of the transaction is undone, as SQLite itself does with some.
        """
        try:
            with translated(NOTHING_CHANGED):
                self._connection.execute("SAVEPOINT change")
                result = _run_to_end(work(_Connection(self._connection)))
                self._connection.execute("RELEASE change")
        except BaseException as error:
            if isinstance(error, Fault) or not self._goes_back():
                self._undo()
            raise
        return result

    def commit(self) -> None:
        """Bring all that was done to the disk. Raise Fault, and sqlite3.Error, where that is undone, or in doubt."""
        try:
            _commit(self._connection)
        except BaseException:
            self._undo()
            raise
        if not self._connection.is_current():
            raise Fault(MOVED, IN_DOUBT)  # The next start may not find what was changed.

    def _goes_back(self) -> bool:
        """Undo what was done since the savepoint; return False where that cannot be."""
        try:
            self._connection.execute("ROLLBACK TO change")
            self._connection.execute("RELEASE change")
        except (sqlite3.Error, MemoryError):
            return False
        return True

    def _undo(self) -> None:
        try:
            if self.goes_on:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._connection.close()  # That undoes it as well.


class SQLiteTransactions:
    """Begins one transaction after the other, all on one connection, which one thread alone uses."""

    def __init__(self, file: SQLiteFile, options: Options) -> None:
        self._file = file
        self._timeout_seconds = options.timeout_seconds
        self._pragmas = _PRAGMAS | (_MUCH if options.changes_much else {})
        self._checkpoints = CheckpointsBeside(file) if options.changes_much else None
        self._connection: FileConnection | None = None
        self._lock_tenths = 0
        """How long the connection waits for a lock, in tenths of the timeout; 0 where that has not been set."""

    def begin(self, deadline: float) -> SQLiteTransaction:
        """Begin a transaction in the file that lies there now. Raise Fault, by the deadline, and sqlite3.Error."""
        while True:
            connection = self._open()
            with translated(NOTHING_CHANGED):
                self._wait_for_lock(connection, deadline - time.monotonic())
                # Now, and not at the first write, so that what is read before it cannot have changed by then.
                connection.execute("BEGIN IMMEDIATE")
            if connection.is_current():
                if self._checkpoints is not None:
                    self._checkpoints.go_on()
                return SQLiteTransaction(connection)
            self.leave()

    def close(self) -> None:
        self.leave()
        if self._checkpoints is not None:
            self._checkpoints.close()

    def leave(self) -> None:
        """Close the connection, which undoes what is not committed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def leave_moved(self) -> None:
        """Close the connection where its file is not there any more."""
        if self._connection is not None and not self._connection.is_current():
            self.leave()

    def _open(self) -> FileConnection:
        if self._connection is None or not self._connection.is_open:
            with translated(NOTHING_CHANGED):
                self._connection = self._file.connect()
                for name, value in self._pragmas.items():
                    self._connection.execute(f"PRAGMA {name} = {value}")
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
        # What tells that a change is whole is written last; else it may have been written before it could not be
        # brought to the disk.
        with translated(NOTHING_CHANGED if primary_code(error) == sqlite3.SQLITE_FULL else IN_DOUBT):
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
