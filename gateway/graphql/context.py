"""What the resolvers of one request share."""

from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import Any

from gateway.db.engine import Session
from gateway.domain.principal import Principal
from gateway.engine.calls import Calls
from gateway.graphql.limits import LimitExceeded

BatchFunction = Callable[..., Awaitable[Sequence[Any]]]
"""Resolves one field for all the parents of a level at once (DESIGN, section 10).

It takes the parents, the context, and the field's arguments by name. The results are in the order of the parents;
an exception among them fails that one parent's field.
"""


class Context:
    def __init__(self, principal: Principal, session: Session, max_nodes: int) -> None:
        """`max_nodes` is how many nodes the pages of the request may hold: nested pages multiply."""
        self.principal = principal
        self.session = session
        self._max_nodes = max_nodes
        self._nodes = 0

    @cached_property
    def calls(self) -> Calls:
        """Those that are shared by fields which are resolved one by one."""
        return Calls()

    def spend(self, nodes: int) -> None:
        """Raises LimitExceeded, without a number: how many pages are asked for together is the executor's affair."""
        self._nodes += nodes
        if self._nodes > self._max_nodes:
            raise LimitExceeded("the nodes of all pages", self._max_nodes, "more")
