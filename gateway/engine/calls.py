"""Calls that are made once for all who need them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple


class _Call(NamedTuple):
    """One that will be made when nobody else can join it."""

    parents: list[Any]
    results: asyncio.Task[Sequence[Any]]


class Calls:
    """The calls of one request. Results are not kept: after a mutation, what was read before must not come back."""

    def __init__(self) -> None:
        self._waiting: dict[object, _Call] = {}

    async def together(
        self, key: object, parents: Sequence[Any], call: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
    ) -> Sequence[Any]:
        """The parents' results, out of one `call` for all who ask under a key in the same turn of the event loop."""
        joined = self._waiting.get(key)
        if joined is None:
            asked: list[Any] = []
            joined = self._waiting[key] = _Call(asked, asyncio.create_task(self._make(key, asked, call)))
        start = len(joined.parents)
        joined.parents.extend(parents)
        # One who no longer waits must not take the call away from the others.
        results = await asyncio.shield(joined.results)
        return results[start : start + len(parents)]

    async def _make(
        self, key: object, parents: list[Any], call: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
    ) -> Sequence[Any]:
        del self._waiting[key]
        return await call(parents)
