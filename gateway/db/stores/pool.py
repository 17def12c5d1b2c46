"""Connections of a PostgreSQL server that wait to be used.

asyncpg's own pool puts each through several tasks, timers and objects, which takes as long as a small statement.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

from gateway.db.stores.store import Load
from gateway.db.stores.turns import Places

Connection = Any
"""A connection of asyncpg, whose type is generic."""

# What lies between the gateway and the server may forget a connection that nobody uses, without a word.
MOST_SECONDS_UNUSED = 300


class _Free(NamedTuple):
    connection: Connection
    since: float


class Pool:
    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int, timeout_seconds: float) -> None:
        """Hold at most `size` connections, which `connect` opens when they are first needed."""
        self._connect = connect
        self._size = size
        self._timeout_seconds = timeout_seconds
        self._places = Places(size)
        self._free: list[_Free] = []
        self._taken: dict[Connection, float] = {}
        """Those that are in use, and since when."""
        self._unwanted: set[Connection] = set()
        """Those that are taken and end when they come back."""
        self._ending: set[asyncio.Task[None]] = set()
        self._in_place: set[asyncio.Task[None]] = set()
        """Those that keep a place until they have ended."""

    async def acquire(self) -> Connection:
        """Return a connection for one task, which has to release it. Raise TimeoutError, and what `connect` raises."""
        connection = await self._acquire()
        self._taken[connection] = time.monotonic()
        return connection

    def load(self) -> Load:
        return Load(len(self._taken), self._size, self._places.waiting)

    async def _acquire(self) -> Connection:
        if not self._places.locked() and (connection := self._take_free()):
            await self._places.acquire()  # There is one, so this does not wait.
            return connection
        async with asyncio.timeout(self._timeout_seconds):
            await self._places.acquire()
            return self._take_free() or await self._open()

    async def _open(self) -> Connection:
        """Open a connection. Who waits for it no more leaves it to the pool, which keeps its place and ends it.

        For asyncpg, to be cancelled while it connects is an error that nobody looks at, and that is logged.
        """
        opening = asyncio.ensure_future(self._connect())
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._keep_place(asyncio.create_task(self._end_opened(opening)))
            raise
        except BaseException:
            self._places.release()
            raise

    def release(self, connection: Connection, *, in_doubt: bool) -> None:
        """Take a connection back. Where a statement may still be running (`in_doubt`), nobody gets it any more."""
        self._taken.pop(connection, None)
        is_unwanted = connection in self._unwanted
        self._unwanted.discard(connection)
        if not connection.is_closed():
            if in_doubt or is_unwanted or connection.is_in_transaction():
                self._keep_place(self._end(connection))
                return
            self._free.append(_Free(connection, time.monotonic()))
        self._places.release()

    def forget_free(self) -> None:
        """Drop the free connections when one was lost: others may be lost with it, and not have noticed yet."""
        while self._free:
            self._free.pop().connection.terminate()

    def forget(self) -> None:
        """Drop all connections when the server is not what it was: those that are taken once they come back."""
        self.forget_free()
        self._unwanted.update(self._taken)

    def is_in_use_for(self, seconds: float) -> bool:
        """Tell whether a connection has been taken for so long."""
        return any(self._taken_for(seconds))

    def cut_unwanted(self, seconds: float) -> None:
        """End those unwanted connections at once that have been taken for so long: they may never come back."""
        for connection in self._unwanted.intersection(self._taken_for(seconds)):
            connection.terminate()

    def _taken_for(self, seconds: float) -> Iterator[Connection]:
        until = time.monotonic() - seconds
        return (connection for connection, since in self._taken.items() if since <= until)

    def leave(self, seconds: float) -> None:
        """Drop all connections when another server is to be used, and wait for none that may never come back."""
        self.forget()
        self.cut_unwanted(seconds)
        for ending in tuple(self._in_place):
            self._give_place(ending)

    async def close(self) -> None:
        """End all connections, once nobody uses them."""
        taken = 0
        try:
            for _ in range(self._size):
                await self._places.acquire()
                taken += 1
            free, self._free = self._free, []
            await asyncio.gather(*(self._close(each.connection) for each in free), *self._ending)
        finally:
            for _ in range(taken):
                self._places.release()

    def _take_free(self) -> Connection | None:
        """Return the free connection that was used last."""
        while self._free:
            connection, since = self._free.pop()
            if connection.is_closed():
                continue
            if time.monotonic() - since <= MOST_SECONDS_UNUSED:
                return connection
            self._end(connection)
        return None

    def _keep_place(self, ending: asyncio.Task[None]) -> None:
        self._in_place.add(ending)
        ending.add_done_callback(self._give_place)

    def _give_place(self, ending: asyncio.Task[None]) -> None:
        if ending in self._in_place:
            self._in_place.remove(ending)
            self._places.release()

    def _end(self, connection: Connection) -> asyncio.Task[None]:
        ending = asyncio.create_task(self._close(connection))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        return ending

    async def _end_opened(self, opening: asyncio.Future[Connection]) -> None:
        with contextlib.suppress(Exception):
            await self._close(await opening)

    async def _close(self, connection: Connection) -> None:
        # Cancels what runs. Where that takes too long, the connection is cut.
        with contextlib.suppress(Exception):
            await connection.close(timeout=self._timeout_seconds)
