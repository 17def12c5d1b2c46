"""Long reads of the embedded database, each on a thread of its own, while the event loop goes on."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from gateway.db.stores.turns import Places
from gateway.domain.errors import Unavailable

# Of SQLite's virtual machine, which makes some ten thousand in a millisecond, until it is asked whether to go on.
STEPS = 50_000
# One who comes later is told at once, rather than after the time that all of these take.
MOST_WAITING = 200
TOO_MANY = "Too many long reads wait for the database; try again later."

Rows = list[tuple[Any, ...]]


class LongReads:
    def __init__(self, connect: Callable[[], sqlite3.Connection], size: int) -> None:
        """`size` is how many run at the same time. `connect` opens connections when they are first needed."""
        self._connect = connect
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="sqlite-reads")
        self._places = Places(size)
        self.size = size
        self.in_use = 0
        self._readers: list[_Reader] = []
        self._free: list[_Reader] = []

    @property
    def waiting(self) -> int:
        """How many reads wait for one of those that run to end."""
        return self._places.waiting

    async def fetch(self, text: str, parameters: Sequence[Any]) -> tuple[Rows, float]:
        """Return the rows of a SELECT, and how many seconds it took once its turn had come.

        Raise Unavailable where too many wait already, and sqlite3.Error. A read that is cancelled is stopped.
        """
        reader = await self._take()
        reading = asyncio.get_running_loop().run_in_executor(self._threads, reader.fetch, text, parameters)
        reading.add_done_callback(partial(self._give_back, reader))
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            reader.stop()
            raise

    async def close(self) -> None:
        for reader in self._readers:
            reader.left = False  # It is closed here.
            reader.stop()
        await asyncio.to_thread(self._threads.shutdown)
        while self._readers:
            self._readers.pop().close()

    def leave(self) -> None:
        """Close all connections: at once those that nobody uses, and the others when they come back."""
        in_use = [reader for reader in self._readers if reader not in self._free]
        for reader in in_use:
            reader.left = True
        for reader in self._free:
            self._threads.submit(reader.close)
        self._readers, self._free = in_use, []

    async def _take(self) -> "_Reader":
        if self.waiting >= MOST_WAITING:
            raise Unavailable(TOO_MANY)
        await self._places.acquire()
        self.in_use += 1
        if not self._free:
            self._readers.append(_Reader(self._connect))
            self._free.append(self._readers[-1])
        reader = self._free.pop()
        reader.stopped = False
        return reader

    def _give_back(self, reader: "_Reader", reading: asyncio.Future[tuple[Rows, float]]) -> None:
        if reader.left:
            self._readers.remove(reader)
            self._threads.submit(reader.close)
        else:
            self._free.append(reader)
        self.in_use -= 1
        self._places.release()
        if not reading.cancelled():
            reading.exception()  # Looked at, also where nobody waits for it any more.


class _Reader:
    """A connection, which one thread at a time uses."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self.stopped = False
        """Whether nobody waits for the rows any more."""
        self.left = False
        """Whether nobody is to use the connection any more."""
        self._connect = connect
        self._connection: sqlite3.Connection | None = None

    def fetch(self, text: str, parameters: Sequence[Any]) -> tuple[Rows, float]:
        start = time.perf_counter()
        if self._connection is None:
            self._connection = self._connect()
            self._connection.set_progress_handler(lambda: self.stopped, STEPS)
        rows = self._connection.execute(text, parameters).fetchall()
        return rows, time.perf_counter() - start

    def stop(self) -> None:
        self.stopped = True
        if self._connection is not None:
            self._connection.interrupt()  # Also within a step that takes long.

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
