"""What the resolvers of one request share."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.db.engine import Database
from gateway.domain.principal import Principal
from gateway.graphql.limits import refuse_beyond

BatchFunction = Callable[..., Awaitable[Sequence[Any]]]
"""Resolves one field for all the parents of a level at once (DESIGN, section 10).

It takes the parents, the context, and the field's arguments by name. The results are in the order of the parents;
an exception among them fails that one parent's field.
"""


@dataclass(slots=True)
class Budget:
    """What the pages of one request may still hold: nested pages multiply."""

    nodes: int
    spent: int = 0

    def spend(self, nodes: int) -> None:
        """Raises LimitExceeded."""
        self.spent += nodes
        refuse_beyond("the nodes of all pages", self.nodes, self.spent)


@dataclass(frozen=True, slots=True)
class _Call:
    """One that will be made when nobody else can join it."""

    parents: list[Any]
    results: asyncio.Task[Sequence[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    principal: Principal
    database: Database
    budget: Budget
    _calls: dict[object, _Call] = field(default_factory=dict)

    async def together(
        self, key: object, parents: Sequence[Any], call: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
    ) -> Sequence[Any]:
        """The parents' results, out of one `call` for all who ask under a key in the same turn of the event loop.

        Results are not kept: after a mutation, what was read before it must not come back.
        """
        joined = self._calls.get(key)
        if joined is None:
            asked: list[Any] = []
            joined = self._calls[key] = _Call(asked, asyncio.create_task(self._call(key, asked, call)))
        start = len(joined.parents)
        joined.parents.extend(parents)
        # One who no longer waits must not take the call away from the others.
        results = await asyncio.shield(joined.results)
        return results[start : start + len(parents)]

    async def _call(
        self, key: object, parents: list[Any], call: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
    ) -> Sequence[Any]:
        del self._calls[key]
        return await call(parents)
