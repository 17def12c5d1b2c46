"""What the resolvers of one request share."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import FieldNode

from gateway.db.engine import Database
from gateway.domain.principal import Principal
from gateway.graphql.limits import refuse_beyond

BatchFunction = Callable[..., Awaitable[Sequence[Any]]]
"""Resolves one field for all the parents of a level at once (DESIGN, section 10).

It takes the parents, the context, and the field's arguments by name. The results are in the order of the parents;
an exception among them fails that one parent's field.
"""

NO_ARGUMENTS: Mapping[str, Any] = {}


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
    """A call of a batch function that will be made when nobody else can join it."""

    parents: list[Any]
    results: asyncio.Task[Sequence[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    principal: Principal
    database: Database
    budget: Budget
    _calls: dict[object, _Call] = field(default_factory=dict)

    async def load(
        self,
        batch: BatchFunction,
        parents: Sequence[Any],
        arguments: Mapping[str, Any] = NO_ARGUMENTS,
        node: FieldNode | None = None,
    ) -> Sequence[Any]:
        """The parents' results, out of one call for all that ask for parents in the same turn of the event loop.

        `node` is the place in the document that asks: there, all have the same arguments.
        """
        # Without arguments, several places share a call. Results are not kept: after a mutation, what was read before
        # it must not come back.
        key = (batch, id(node) if arguments else None)
        call = self._calls.get(key)
        if call is None:
            asked: list[Any] = []
            call = _Call(asked, asyncio.create_task(self._call(key, batch, asked, arguments)))
            self._calls[key] = call
        start = len(call.parents)
        call.parents.extend(parents)
        # One who no longer waits must not take the call away from the others.
        results = await asyncio.shield(call.results)
        return results[start : start + len(parents)]

    async def _call(
        self, key: object, batch: BatchFunction, parents: list[Any], arguments: Mapping[str, Any]
    ) -> Sequence[Any]:
        del self._calls[key]
        results = await batch(parents, self, **arguments)
        if len(results) != len(parents):
            raise ValueError(f"{batch.__qualname__} made {len(results)} results of {len(parents)} parents")
        return results
