"""Replicas of a PostgreSQL server: which of them may answer a read."""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, NoReturn

from gateway.db.stores.postgresql import PostgreSQL
from gateway.db.stores.store import Rows
from gateway.domain.errors import Unavailable
from gateway.domain.positions import Position, parse_position

NO_REPLICA = Position(2**64 - 1)
"""A position that no replica ever reaches."""

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.25
# Of what the primary has on disk. A position between two writes is the same from either side.
_WRITTEN = "SELECT pg_current_wal_flush_lsn()::text"
# At least as far as the transaction that was committed before.
_COMMITTED = "SELECT pg_current_wal_insert_lsn()::text"
# NULL where the server is no replica.
_REPLAYED = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END"


Look = Callable[[], Awaitable[None]]


class _Seen(NamedTuple):
    """Where the primary was, and when."""

    position: Position
    at: float


class _Replica:
    def __init__(self, name: str, store: PostgreSQL) -> None:
        self.name = name
        self.store = store
        self.position: Position | None = None
        """The position that it has reached; None where it is left out."""

    def admit(self, position: Position) -> None:
        if self.position is None:
            logger.info("The replica %s answers reads.", self.name)
        self.position = position

    def leave_out(self, reason: str) -> None:
        if self.position is not None:
            logger.warning("The replica %s is left out: %s", self.name, reason)
        self.position = None


class ReplicaState(NamedTuple):
    name: str
    answers: bool
    """Whether it answers reads, and is not left out."""
    lag_seconds: float
    """How long ago the primary was first seen further than the replica has come; NaN where it is left out."""


class Replicas:
    """The replicas of a primary, which are looked after from the first read on."""

    def __init__(self, primary: PostgreSQL, stores: Sequence[tuple[str, PostgreSQL]], max_lag_seconds: float) -> None:
        """`stores` come with the names by which logs call them."""
        self._primary = primary
        self._replicas = [_Replica(name, store) for name, store in stores]
        self._max_lag_seconds = max_lag_seconds
        self._seen: deque[_Seen] = deque()
        self._turn = 0
        self._watching: list[asyncio.Task[NoReturn]] = []

    async def fetch(self, text: str, parameters: Sequence[Any], reached: Position) -> Rows | None:
        """Return the rows of a SELECT from a replica that has `reached` a position; None where none does or answers."""
        if not self._watching:
            looks: list[Look] = [self._look_at_primary]
            looks += [partial(self._look_at, replica) for replica in self._replicas]
            self._watching = [asyncio.create_task(_again_and_again(look)) for look in looks]
        candidates = [each for each in self._replicas if each.position is not None and each.position >= reached]
        if not candidates:
            return None
        self._turn += 1
        replica = candidates[self._turn % len(candidates)]
        try:
            return await replica.store.fetch(text, parameters)
        except Unavailable as error:
            replica.leave_out(str(error))
            return None

    def states(self) -> list[ReplicaState]:
        return [ReplicaState(each.name, each.position is not None, self._lag(each.position)) for each in self._replicas]

    def _lag(self, position: Position | None) -> float:
        if position is None:
            return math.nan
        first = next((seen for seen in self._seen if seen.position > position), None)
        return time.monotonic() - first.at if first else 0.0

    async def committed(self) -> Position:
        """Return a position that all that has been committed lies before."""
        try:
            return await _position(self._primary, _COMMITTED)
        except Unavailable:
            return NO_REPLICA  # What has been committed has to be told all the same.

    async def close(self) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        self._watching = []
        for replica in self._replicas:
            await replica.store.close()

    async def _look_at_primary(self) -> None:
        position = await _position(self._primary, _WRITTEN)
        self._seen.append(_Seen(position, time.monotonic()))
        while len(self._seen) > 1 and self._is_long_ago(self._seen[1]):
            self._seen.popleft()

    async def _look_at(self, replica: _Replica) -> None:
        try:
            position = await _position(replica.store, _REPLAYED)
        except Unavailable as error:
            replica.leave_out(str(error))
            return
        oldest = self._seen[0] if self._seen else None
        if oldest and self._is_long_ago(oldest) and position < oldest.position:
            replica.leave_out(f"It is more than {self._max_lag_seconds:g} seconds behind.")
        else:
            replica.admit(position)

    def _is_long_ago(self, seen: _Seen) -> bool:
        return time.monotonic() - seen.at > self._max_lag_seconds


async def _position(store: PostgreSQL, query: str) -> Position:
    """Return the position that a server tells. Raise Unavailable."""
    [(shown,)] = await store.fetch(query, ())
    if shown is None:
        raise Unavailable("It is no replica.")
    return parse_position(shown)


async def _again_and_again(look: Look) -> NoReturn:
    while True:
        try:
            await look()
        except Unavailable:
            pass  # The primary is away, and says so to those who need it.
        except Exception:
            logger.exception("A server could not be looked at.")
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
