"""What a schema says of the cost of its fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Arguments = Mapping[str, Any]
"""What a document gives as arguments, as JSON has it: enum values are text. What it leaves out is not there."""


@dataclass(frozen=True)
class OfArguments:
    """A number that depends on arguments."""

    names: frozenset[str]
    """The arguments that it depends on, which are all that the function is given."""
    number: Callable[[Arguments], int]
    parent_names: frozenset[str] = frozenset()
    """Those arguments of the field above it, whose object has the field, that it depends on too.

    The function is given them with the field's own, so that none of them may be called as one of these.
    """


Number = int | OfArguments


@dataclass(frozen=True, kw_only=True)
class FieldCost:
    """What a schema says of the cost of a field."""

    items: Number | None = None
    """How many items its list may have; or those lists of its object that are `ColumnSchema.paged`."""
    page: Number | None = None
    """How many items those lists of each object of its list have that are `ColumnSchema.paged`."""
    mean: int | None = None
    """How many items its lists have on average, rounded up, where its parents are all objects of their type."""
    lists_all: bool = False
    """Whether its list is all objects of its type; or all that its parents have, where these are all of theirs."""
    price: Number = 0
    """What its resolver does, for all its parents together."""


FREE = FieldCost()
