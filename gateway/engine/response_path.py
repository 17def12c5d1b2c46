"""Where the values of a column lie in the response (GraphQL specification, section 7.1.4, "Path")."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import NamedTuple, Protocol

from graphql import FieldNode
from graphql.pyutils import Path


class PathStep(NamedTuple):
    """A step from a value to one inside it."""

    key: str | int
    """The response name of a field, or the index of an item."""
    rank: int
    """The place among fields of one selection set, in their order, or of the item in its list."""
    nullable: bool
    type_name: str | None = None
    """The name of the object type that has the field; None for an item."""


class ColumnPaths(Protocol):
    """The paths of the values of one column, by their index in the column."""

    @property
    def nodes(self) -> list[FieldNode]:
        """The field nodes that ask for the values."""

    @property
    def turn(self) -> int:
        """The number of resolvers that were awaited, one after another, before the values were there."""

    def steps(self, index: int) -> list[PathStep]:
        """Return the steps from the root of the response to a value."""


@dataclass(slots=True)
class _Root:
    nodes: list[FieldNode] = field(default_factory=list)
    turn: int = 0

    def steps(self, index: int) -> list[PathStep]:  # noqa: ARG002  # there is one only
        return []


ROOT = _Root()
"""The path of `data`."""


@dataclass(slots=True)
class FieldPaths:
    """The paths of one field of each of a column of objects."""

    objects: ColumnPaths
    step: PathStep
    nodes: list[FieldNode]
    turn: int

    def steps(self, index: int) -> list[PathStep]:
        return [*self.objects.steps(index), self.step]


@dataclass(slots=True)
class _PathsInside:
    """Paths to what is there as soon as the values that hold it, for the same nodes."""

    values: ColumnPaths

    @property
    def nodes(self) -> list[FieldNode]:
        return self.values.nodes

    @property
    def turn(self) -> int:
        return self.values.turn


@dataclass(slots=True)
class ItemPaths(_PathsInside):
    """The paths of the items of a column of lists, one list after the other."""

    lengths: Sequence[int]
    nullable: bool

    def steps(self, index: int) -> list[PathStep]:
        ends = list(accumulate(self.lengths))
        list_index = bisect_right(ends, index)
        item = index - (ends[list_index] - self.lengths[list_index])
        return [*self.values.steps(list_index), PathStep(item, item, self.nullable)]


@dataclass(slots=True)
class PickedPaths(_PathsInside):
    """The paths of some values of a column."""

    indexes: Sequence[int]

    def steps(self, index: int) -> list[PathStep]:
        return self.values.steps(self.indexes[index])


def path_of(steps: Sequence[PathStep]) -> Path:
    """Return a path that is not empty as graphql-core has it."""
    first, *rest = steps
    path = Path(None, first.key, first.type_name)
    for step in rest:
        path = path.add_key(step.key, step.type_name)
    return path
