"""What the resolvers of one request share."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from strawberry.dataloader import DataLoader

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    principal: Principal
    database: Database
    budget: Budget
    _loaders: dict[object, DataLoader[Any, Any]] = field(default_factory=dict)

    async def load(
        self,
        batch: BatchFunction,
        parent: object,
        arguments: Mapping[str, Any] = NO_ARGUMENTS,
        selection: object = None,
    ) -> Any:
        """One parent's result, out of one call for all the parents that ask in the same turn of the event loop.

        `selection` is the place in the document that asks: there, every parent has the same arguments.
        """
        # Without arguments, several places share a call.
        key = (batch, id(selection) if arguments else None)
        if key not in self._loaders:
            # Not cached: after a mutation, what was read before it must not come back.
            self._loaders[key] = DataLoader(partial(batch, context=self, **arguments), cache=False)
        return await self._loaders[key].load(parent)
