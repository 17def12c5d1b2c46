"""What a schema says of the cost of its fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Arguments = Mapping[str, Any]
"""What a document gives as arguments, as JSON has it: enum values are text. What it leaves out is not there."""


def nothing(_: Arguments) -> int:
    return 0


@dataclass(frozen=True, kw_only=True)
class FieldCost:
    """What a schema says of the cost of a field."""

    items: Callable[[Arguments], int] | None = None
    """How many items its list may have; or those lists of its object that are `ColumnSchema.paged`."""
    price: Callable[[Arguments], int] = nothing
    """What its resolver does, for all its parents together."""


FREE = FieldCost()
