"""Reads from the embedded database: straight on aiosqlite's connections, past SQLAlchemy's asyncio layer."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import aiosqlite

# Of prepared statements, kept by each connection.
CACHED_STATEMENTS = 256

Rows = list[tuple[Any, ...]]


class _Read(NamedTuple):
    text: str
    parameters: Sequence[Any]
    rows: asyncio.Future[Rows]


class _Connection(aiosqlite.Connection):
    async def fetch(self, reads: Sequence[_Read]) -> list[Rows | sqlite3.Error]:
        """What each read finds, or how it fails, in one visit to the connection's thread."""
        outcomes: list[Rows | sqlite3.Error] = await self._execute(  # type: ignore[no-untyped-call]  # as it is there
            _fetch, self._conn, reads
        )
        return outcomes


def _fetch(connection: sqlite3.Connection, reads: Sequence[_Read]) -> list[Rows | sqlite3.Error]:
    outcomes: list[Rows | sqlite3.Error] = []
    for read in reads:
        try:
            outcomes.append(connection.execute(read.text, read.parameters).fetchall())
        except sqlite3.Error as error:
            outcomes.append(error)
    return outcomes


class SQLiteReads:
    """Reads that are asked for in the same turn of the event loop go to a connection's thread and back together.

    The way there costs more than most SELECTs do. Each connection is opened when it is first needed.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], size: int) -> None:
        self._connect = connect
        self._asked: list[_Read] = []
        self._visits: set[asyncio.Task[None]] = set()
        self._open: list[_Connection] = []
        # None stands for a connection that is not open yet, and is taken last.
        self._idle: asyncio.LifoQueue[_Connection | None] = asyncio.LifoQueue()
        for _ in range(size):
            self._idle.put_nowait(None)

    def fetch(self, text: str, parameters: Sequence[Any]) -> asyncio.Future[Rows]:
        """Raises sqlite3.Error."""
        loop = asyncio.get_running_loop()
        if not self._asked:
            loop.call_soon(self._visit)
        read = _Read(text, parameters, loop.create_future())
        self._asked.append(read)
        return read.rows

    async def close(self) -> None:
        while self._open:
            await self._open.pop().close()

    def _visit(self) -> None:
        asked, self._asked = self._asked, []
        task = asyncio.create_task(self._answer(asked))
        self._visits.add(task)
        task.add_done_callback(self._visits.discard)

    async def _answer(self, reads: Sequence[_Read]) -> None:
        connection = await self._idle.get()
        outcomes: Sequence[Rows | Exception]
        try:
            connection = connection or await self._opened()
            outcomes = await connection.fetch(reads)
        except Exception as error:  # noqa: BLE001  # those who wait hear of it
            outcomes = [error] * len(reads)
        finally:
            self._idle.put_nowait(connection)
        for read, outcome in zip(reads, outcomes, strict=True):
            if read.rows.done():
                continue  # Nobody waits for it any longer.
            if isinstance(outcome, Exception):
                read.rows.set_exception(outcome)
            else:
                read.rows.set_result(outcome)

    async def _opened(self) -> _Connection:
        connection = _Connection(self._connect, iter_chunk_size=1)
        # A process that ends without closing the database must not wait for it.
        connection._thread.daemon = True  # noqa: SLF001  # aiosqlite has no public way
        await connection
        self._open.append(connection)
        return connection
