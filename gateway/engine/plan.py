"""What is known of an operation before it is executed."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from gateway.engine.cost import Cost
from gateway.engine.operation import Operation
from gateway.engine.selection_set import SelectionSet


class Plan(NamedTuple):
    """What can be known of an operation before it is executed."""

    selection_set: SelectionSet | None
    """None where graphql-core executes it all."""
    size: Cost
    """How many objects and leaves there are in the response, at most."""
    price: Cost
    """What its resolvers do."""
    fields: int
    """How many fields are planned, those of each type that an object may have."""
    in_columns: bool
    """Whether all of them are executed in columns."""


Admitted = tuple[Operation, Plan, dict[str, Any]]
"""An operation that may be executed, its plan, and the values of the variables as their types make them."""

Admit = Callable[[int, int], Awaitable[None] | None]
"""Takes the size and the price of an operation that is about to be executed, and raises if it must not be.

What it returns is awaited first.
"""
