"""What the resolvers of one request share."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from gateway.db.engine import Session
from gateway.domain.principal import Principal
from gateway.engine.calls import Calls
from gateway.graphql.limits import LimitExceeded

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
        """Raises LimitExceeded, without a number: how many pages are asked for together is the executor's affair."""
        self.spent += nodes
        if self.spent > self.nodes:
            raise LimitExceeded("the nodes of all pages", self.nodes, "more")


class Context(NamedTuple):
    principal: Principal
    session: Session
    budget: Budget
    calls: Calls

    @classmethod
    def of_request(cls, principal: Principal, session: Session, max_nodes: int) -> Self:
        return cls(principal, session, Budget(max_nodes), Calls())
