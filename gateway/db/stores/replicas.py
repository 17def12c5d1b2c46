"""Replicas of a PostgreSQL server: which of them may answer a read."""

import asyncio
import contextlib
import logging
import math
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, NoReturn

from gateway.db.stores.postgresql import PostgreSQL
from gateway.db.stores.store import Rows
from gateway.db.stores.watching import Look, again_and_again
from gateway.domain.errors import Unavailable
from gateway.domain.positions import Position, parse_position

NO_REPLICA = Position(2**64 - 1)
"""A position that no replica ever reaches."""

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.25
SECONDS_FOR_PRIMARY = 1.0
"""How long the primary may take for a read before a replica that has come so far meanwhile is asked too."""
# Of what the primary has on disk. A position between two writes is the same from either side.
_WRITTEN = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_flush_lsn()::text END"
# At least as far as the transaction that was committed before, and where that is on disk, not further than what is.
_COMMITTED = """SELECT CASE
  WHEN pg_is_in_recovery() THEN NULL
  WHEN current_setting('synchronous_commit') = 'off' THEN pg_current_wal_insert_lsn()::text
  ELSE pg_current_wal_flush_lsn()::text END"""
_REPLAYED = "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END"


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
        self.astray: Position | None = None
        """Where it was when it was further than the primary, whose log it does not follow then."""

    def admit(self, position: Position) -> None:
        if self.position is None:
            logger.info("The replica %s answers reads.", self.name)
        self.position, self.astray = position, None

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

    async def fetch(self, text: str, parameters: Sequence[Any], reached: Position) -> Rows:
        """Return the rows of a SELECT from a replica that has `reached` a position, or else from the primary.

        Raise Unavailable where neither answers.
        """
        self._watch()
        rows = await self._fetch(text, parameters, reached)
        if rows is not None:
            return rows
        fetching = asyncio.create_task(self._primary.fetch(text, parameters))
        fetching.add_done_callback(_retrieve)
        try:
            await asyncio.wait([fetching], timeout=SECONDS_FOR_PRIMARY)
            if fetching.done():
                if not isinstance(fetching.exception(), Unavailable):
                    return fetching.result()
                await self._look_at_all()
            # Meanwhile a replica may have come so far, or back.
            rows = await self._fetch(text, parameters, reached)
            return await fetching if rows is None else rows
        finally:
            fetching.cancel()

    async def _look_at_all(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_FOR_PRIMARY):
                await asyncio.gather(*map(self._look_at, self._replicas))

    def _watch(self) -> None:
        if not self._watching:
            looks: list[Look] = [self._look_at_primary]
            looks += [partial(self._look_at, replica) for replica in self._replicas]
            self._watching = [asyncio.create_task(again_and_again(look, SECONDS_BETWEEN_LOOKS)) for look in looks]

    async def _fetch(self, text: str, parameters: Sequence[Any], reached: Position) -> Rows | None:
        """Return the rows from a replica that has `reached` a position; None where none does or answers."""
        candidates = [each for each in self._replicas if each.position is not None and each.position >= reached]
        while candidates:
            self._turn += 1
            replica = candidates.pop(self._turn % len(candidates))
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
            position = await _position(self._primary, _COMMITTED)
        except Unavailable:
            position = None  # What has been committed has to be told all the same.
        return NO_REPLICA if position is None else position

    async def close(self) -> None:
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        self._watching = []
        for replica in self._replicas:
            await replica.store.close()

    async def _look_at_primary(self) -> None:
        before = [(each, each.position) for each in self._replicas]
        position = await _position(self._primary, _WRITTEN)
        if position is None:
            return
        for replica, reached in before:
            if reached is not None and reached > position:
                replica.astray = reached
                replica.leave_out("It does not follow the primary.")
        if self._seen and position < self._seen[-1].position:
            self._seen.clear()  # It is another primary, whose log began before that of the former one ended.
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
        if position is None:
            replica.leave_out("It is no replica.")
        elif replica.astray is not None and self._is_astray(replica.astray, position):
            replica.astray = position
        elif oldest and self._is_long_ago(oldest) and position < oldest.position:
            replica.leave_out(f"It is more than {self._max_lag_seconds:g} seconds behind.")
        else:
            replica.admit(position)

    def _is_astray(self, before: Position, position: Position) -> bool:
        """Tell whether a replica that was further than the primary does still not follow it."""
        return position == before or position > self._seen[-1].position

    def _is_long_ago(self, seen: _Seen) -> bool:
        return time.monotonic() - seen.at > self._max_lag_seconds


async def _position(store: PostgreSQL, query: str) -> Position | None:
    """Return the position that a server tells; None where it is not what the query is for. Raise Unavailable."""
    [(shown,)] = await store.fetch(query, ())
    return None if shown is None else parse_position(shown)


def _retrieve(task: asyncio.Task[Rows]) -> None:
    """Look at what nobody waits for any more, which asyncio would report otherwise."""
    if not task.cancelled():
        task.exception()
