"""Changes of the embedded database, past SQLAlchemy's asyncio layer.

A change takes a dozen statements, and for each the way to another thread and back takes longer than the statement does.
So a whole change runs on one thread in one go, and the others wait for their turn, as SQLite has it anyway.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.db.stores.store import Result, Rows, Work
from gateway.domain.errors import Unavailable

BUSY = "Another process keeps the database busy; nothing was changed, try again later."


class SQLiteChanges:
    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """`connect` opens the connection when it is first needed."""
        self._connect = connect
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-changes")

    async def change(self, work: Work[Result]) -> Result:
        """Return what `work` returns, whose writes are on disk then; an exception undoes them all.

        Raise Unavailable where another process keeps the database busy, and sqlite3.Error.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise Unavailable(BUSY) from error

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _run(self, work: Work[Result]) -> Result:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        # Now, and not at the first write, so that what is read before it cannot have changed by then.
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = _run_to_end(work(_Connection(connection)))
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result


class _Connection:
    """Never waits for anything."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch(self, text: str, parameters: Sequence[Any]) -> Rows:
        return self._connection.execute(text, parameters).fetchall()

    async def execute(self, text: str, parameters: Sequence[Any]) -> int:
        return self._connection.execute(text, parameters).rowcount


def _run_to_end(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Return what a coroutine returns that never waits. Raise RuntimeError where it does."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    coroutine.close()
    raise RuntimeError("A change awaited something else than its transaction, which no thread without a loop can.")
