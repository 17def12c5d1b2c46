"""Where it is counted what principals have spent: storages of the library `limits`, in memory or in Redis or Valkey."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from cachetools import TTLCache
from limits.aio.storage import RedisStorage, Storage
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# About 400 bytes each, so 8 MB. Beyond them, the counters that were used longest ago are forgotten.
MOST_COUNTERS = 20_000
CONNECTIONS = 20
# So long a request waits for a shared storage at most, and so long nobody asks it after that.
SECONDS_TO_WAIT = 0.5
SECONDS_AWAY = 5.0


class Memory(Storage):
    """Counts in this process.

    The library's own storage looks at all of its counters whenever one of them changes, and keeps any number of them.
    """

    STORAGE_SCHEME = None

    def __init__(self, seconds: int, counters: int = MOST_COUNTERS) -> None:
        """A counter lasts so many seconds after its last change."""
        super().__init__()
        self._counters: TTLCache[str, int] = TTLCache(counters, seconds)

    @property
    def base_exceptions(self) -> type[Exception]:
        return KeyError

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:  # noqa: ARG002  # all last as long
        count = self._counters[key] = self._counters.get(key, 0) + amount
        return count

    async def get(self, key: str) -> int:
        return self._counters.get(key, 0)

    async def get_expiry(self, key: str) -> float:  # noqa: ARG002  # all last as long
        return time.time() + float(self._counters.ttl)

    async def check(self) -> bool:
        return True

    async def reset(self) -> int:
        count = len(self._counters)
        self._counters.clear()
        return count

    async def clear(self, key: str) -> None:
        self._counters.pop(key, None)


class Counters:
    """Counts in memory, or in a shared storage; while that one is away, in memory again."""

    def __init__(self, seconds: int, url: str | None = None) -> None:
        self._seconds = seconds
        self._memory = Memory(seconds)
        self._pool = None if url is None else _pool(url)
        self._shared = None if self._pool is None else _shared(self._pool)
        self._away_until = 0.0
        self._is_away = False

    async def add(self, key: str, amount: int) -> int:
        """Add to a counter and return it. Less than nothing is nothing."""
        count = await self._ask(lambda storage: storage.incr(key, self._seconds, amount))
        if count < 0:
            return await self._ask(lambda storage: storage.incr(key, self._seconds, -count))
        return count

    async def get(self, key: str) -> int:
        return await self._ask(lambda storage: storage.get(key))

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def _ask(self, ask: Callable[[Storage], Awaitable[int]]) -> int:
        if self._shared is None or time.monotonic() < self._away_until:
            return await ask(self._memory)
        if self._is_away:
            self._away_until = time.monotonic() + SECONDS_AWAY  # One request finds out whether it is back.
        try:
            async with asyncio.timeout(SECONDS_TO_WAIT):
                count = await ask(self._shared)
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + SECONDS_AWAY
            if not self._is_away:
                self._is_away = True
                logger.warning("The storage of rate limits is away, so each process counts for itself: %r", error)
            return await ask(self._memory)
        if self._is_away:
            self._is_away, self._away_until = False, 0.0
            logger.warning("The storage of rate limits is back.")
        return count


def _pool(url: str) -> BlockingConnectionPool:
    """Return connections to a server of Redis, or of Valkey, which speaks the same protocol."""
    return BlockingConnectionPool.from_url(
        url.replace("valkey", "redis", 1) if url.startswith("valkey") else url,
        max_connections=CONNECTIONS,
        timeout=SECONDS_TO_WAIT,
        socket_timeout=SECONDS_TO_WAIT,
        socket_connect_timeout=SECONDS_TO_WAIT,
        retry=Retry(NoBackoff(), 0),
    )


def _shared(pool: BlockingConnectionPool) -> Storage:
    options: Any = {"connection_pool": pool}  # It is documented, and not among the types.
    return RedisStorage("async+redis://", implementation="redispy", **options)
