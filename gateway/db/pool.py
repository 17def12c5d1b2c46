"""Connections of a PostgreSQL server that wait to be used.

asyncpg's own pool puts each through several tasks, timers and objects, which takes as long as a small statement.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

Connection = Any
"""asyncpg's, whose type is generic."""


class Pool:
    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int, timeout_seconds: float) -> None:
        """At most `size` connections, which are opened when they are first needed."""
        self._connect = connect
        self._size = size
        self._timeout_seconds = timeout_seconds
        # None stands for a connection that is not open, and at first is taken last.
        self._free: asyncio.LifoQueue[Connection | None] = asyncio.LifoQueue()
        self._put_unopened(size)
        self._ending: set[asyncio.Task[None]] = set()

    async def acquire(self) -> Connection:
        """For one task at a time, which has to release it. Raises TimeoutError, and what `connect` raises."""
        if self._free.empty():
            async with asyncio.timeout(self._timeout_seconds):
                connection = await self._free.get()
        else:
            connection = self._free.get_nowait()
        if connection is None or connection.is_closed():
            try:
                connection = await self._connect()
            except BaseException:
                self._put_unopened(1)
                raise
        return connection

    def release(self, connection: Connection, *, in_doubt: bool) -> None:
        """`in_doubt` says that a statement may still be running. Then others get a new connection."""
        if connection.is_closed():
            self._put_unopened(1)
        elif in_doubt or connection.is_in_transaction():
            ending = asyncio.create_task(self._end(connection))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        else:
            self._free.put_nowait(connection)

    def forget_free(self) -> None:
        """For when one was lost: others may have been lost with it, and not have noticed yet."""
        free = [self._free.get_nowait() for _ in range(self._free.qsize())]
        for connection in free:
            if connection is not None:
                connection.terminate()
        self._put_unopened(len(free))

    async def close(self) -> None:
        """Ends all connections, each as soon as it is free."""
        for _ in range(self._size):
            connection = await self._free.get()
            if connection is not None:
                await self._close(connection)
        self._put_unopened(self._size)

    async def _end(self, connection: Connection) -> None:
        try:
            await self._close(connection)
        finally:
            self._put_unopened(1)

    async def _close(self, connection: Connection) -> None:
        # Cancels what runs. Where that takes too long, the connection is cut.
        with contextlib.suppress(Exception):
            await connection.close(timeout=self._timeout_seconds)

    def _put_unopened(self, number: int) -> None:
        for _ in range(number):
            self._free.put_nowait(None)
