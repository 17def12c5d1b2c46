"""What a PostgreSQL server tells those who listen to it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from gateway.domain.errors import Unavailable

CHANNEL = "gateway_events"
"""Where who has given positions to events says so, without a word of which."""

logger = logging.getLogger(__name__)


class Listener:
    """One connection that listens, and is opened anew where it has ended."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect = connect
        self._connection: Any = None
        self._heard = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return once something has been said since the last time, or after so many seconds at the latest."""
        try:
            async with asyncio.timeout(seconds):
                if self._connection is None or self._connection.is_closed():
                    await self._listen()
                await self._heard.wait()
        except TimeoutError:
            pass
        except (OSError, Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            logger.debug("The database cannot be listened to: %r", error)
            await asyncio.sleep(seconds)
        self._heard.clear()

    def leave(self) -> None:
        """Listen to the server that is the primary by now."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _listen(self) -> None:
        connection = await self._connect()
        try:
            connection.add_termination_listener(self._hear)
            await connection.add_listener(CHANNEL, self._hear)
        except BaseException:
            connection.terminate()
            raise
        self._connection = connection
        self._heard.set()  # What was said before nobody has heard.

    def _hear(self, *_: object) -> None:
        self._heard.set()
